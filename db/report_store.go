package db

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/livedesk/livedesk/model"
)

// How facts are stored.
const (
	settleTime   = 5 * time.Minute // until what carries an earlier time has been committed, by whatever clock
	storeStretch = 24 * time.Hour  // stored at once, at most
	storeMost    = 10_000          // conversations that are read for it
	staleBatch   = 96              // slots made anew at once
)

// ReportAccounts are the accounts whose facts may be stored further than they are, and as of when: a clock that is ahead
// of the database's must not have a slot stored that is not over.
func (s *Store) ReportAccounts(ctx context.Context, now time.Time) (accounts []int64, asOf time.Time, err error) {
	if err := s.hot.QueryRow(ctx, `SELECT least($1, now())`, now).Scan(&asOf); err != nil {
		return nil, now, fmt.Errorf("read the clock: %w", err)
	}
	accounts, err = s.reportAccounts(ctx, asOf)
	return accounts, asOf, err
}

func (s *Store) reportAccounts(ctx context.Context, now time.Time) ([]int64, error) {
	rows, err := s.hot.Query(ctx, `INSERT INTO report_progress (account_id, stored_until) SELECT a.id, 'epoch' FROM accounts a
		WHERE NOT EXISTS (SELECT 1 FROM report_progress p WHERE p.account_id = a.id) ON CONFLICT DO NOTHING RETURNING account_id`)
	if err != nil {
		return nil, fmt.Errorf("look for accounts without facts: %w", err)
	}
	rows.Close()
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("look for accounts without facts: %w", err)
	}
	rows, err = s.hot.Query(ctx, `SELECT p.account_id FROM report_progress p WHERE p.stored_until + $2::interval <= $1
		OR EXISTS (SELECT 1 FROM report_stale x WHERE x.account_id = p.account_id) ORDER BY 1`, now, settleTime+model.SlotLength)
	if err != nil {
		return nil, fmt.Errorf("look for facts to be stored: %w", err)
	}
	list, err := pgx.CollectRows(rows, pgx.RowTo[int64])
	if err != nil {
		return nil, fmt.Errorf("look for facts to be stored: %w", err)
	}
	return list, nil
}

// StoreFacts stores some more of an account's facts, and tells whether there are others. Slots are stored that are over:
// nothing can come into them any more, since every transaction has ended that began before. Another process that is at
// it is left alone.
func (d *DB) StoreFacts(ctx context.Context, account int64, now time.Time) (more bool, err error) {
	err = d.Tx(ctx, func(s *Store) error {
		more = false
		var until time.Time
		var oldest *time.Time
		err := s.hot.QueryRow(ctx, `SELECT stored_until FROM report_progress WHERE account_id = $1 FOR UPDATE SKIP LOCKED`, account).Scan(&until)
		if errors.Is(err, pgx.ErrNoRows) {
			return nil
		} else if err != nil {
			return fmt.Errorf("read how far facts are stored: %w", err)
		}
		err = s.hot.QueryRow(ctx, `SELECT min(xact_start) FROM pg_stat_activity WHERE datname = current_database()
			AND backend_type = 'client backend' AND backend_xid IS NOT NULL AND pid <> pg_backend_pid()`).Scan(&oldest)
		if err != nil {
			return fmt.Errorf("look for what is under way: %w", err)
		}
		if oldest != nil {
			now = earlier(now, *oldest)
		}
		upTo := model.SlotOf(now.Add(-settleTime))
		again, err := s.storeStale(ctx, account, until)
		if err != nil {
			return err
		}
		more, err = s.storeNext(ctx, account, until.UTC(), upTo)
		more = more || again
		return err
	})
	return more, err
}

// storeNext stores the next stretch that something happened in.
func (s *Store) storeNext(ctx context.Context, account int64, until, upTo time.Time) (more bool, err error) {
	if !until.Before(upTo) {
		return false, nil
	}
	var next *time.Time
	err = s.hot.QueryRow(ctx, `SELECT least((SELECT created_at FROM messages WHERE account_id = $1 AND created_at >= $2 ORDER BY created_at LIMIT 1),
		(SELECT at FROM conversation_changes WHERE account_id = $1 AND at >= $2 ORDER BY at LIMIT 1))`, account, until).Scan(&next)
	if err != nil {
		return false, fmt.Errorf("look for what happened next: %w", err)
	}
	if next == nil || !next.Before(upTo) {
		return false, s.setStored(ctx, account, upTo)
	}
	from := model.SlotOf(*next)
	to, err := s.stretch(ctx, account, from, upTo)
	if err != nil {
		return false, err
	}
	if err := s.storeSlots(ctx, account, from, to); err != nil {
		return false, err
	}
	return to.Before(upTo), s.setStored(ctx, account, to)
}

// stretch is up to when facts are stored at once: of not too many conversations, but a whole slot.
func (s *Store) stretch(ctx context.Context, account int64, from, upTo time.Time) (time.Time, error) {
	for length := storeStretch; ; length /= 2 {
		to := earlier(model.SlotOf(from.Add(length)), upTo)
		if !to.After(from.Add(model.SlotLength)) {
			return from.Add(model.SlotLength), nil
		}
		var messages int
		err := s.hot.QueryRow(ctx, `SELECT count(*) FROM (SELECT 1 FROM messages WHERE account_id = $1 AND created_at >= $2 AND created_at < $3 LIMIT $4) m`,
			account, from, to, storeMost+1).Scan(&messages)
		if err != nil {
			return to, fmt.Errorf("count what happened: %w", err)
		}
		if messages <= storeMost {
			return to, nil
		}
	}
}

// storeSlots stores the facts of whole slots, in place of what was stored of them.
func (s *Store) storeSlots(ctx context.Context, account int64, from, to time.Time) error {
	packs, _, err := s.packFacts(ctx, account, from, to)
	if err != nil {
		return err
	}
	var slots []time.Time
	var bodies [][]byte
	_ = packs.Slots(func(slot time.Time, facts []byte) error {
		slots, bodies = append(slots, slot), append(bodies, facts)
		return nil
	})
	if _, err := s.hot.Exec(ctx, `DELETE FROM report_slots WHERE account_id = $1 AND slot >= $2 AND slot < $3`, account, from, to); err != nil {
		return fmt.Errorf("remove stored facts: %w", err)
	}
	_, err = s.hot.Exec(ctx, `INSERT INTO report_slots (account_id, slot, facts) SELECT $1, x.slot, x.facts FROM unnest($2::timestamptz[], $3::bytea[]) x(slot, facts)`, account, slots, bodies)
	if err != nil {
		return fmt.Errorf("store facts: %w", err)
	}
	return nil
}

func (s *Store) setStored(ctx context.Context, account int64, until time.Time) error {
	if _, err := s.hot.Exec(ctx, `UPDATE report_progress SET stored_until = $2 WHERE account_id = $1`, account, until); err != nil {
		return fmt.Errorf("note how far facts are stored: %w", err)
	}
	return nil
}

// storeStale makes some stale slots anew. The marks are read first: one that is set meanwhile stays.
func (s *Store) storeStale(ctx context.Context, account int64, until time.Time) (more bool, err error) {
	type mark struct {
		id   int64
		slot time.Time
	}
	marks, err := rowsOf(ctx, s, `SELECT id, slot FROM report_stale WHERE account_id = $1 ORDER BY id LIMIT $2`, []any{account, staleBatch},
		func(m *mark) []any { return []any{&m.id, &m.slot} })
	if err != nil {
		return false, fmt.Errorf("look for stale facts: %w", err)
	}
	done, ids := map[time.Time]bool{}, []int64{}
	for _, m := range marks {
		ids = append(ids, m.id)
		if done[m.slot] || !m.slot.Before(until) {
			continue
		}
		done[m.slot] = true
		if err := s.storeSlots(ctx, account, m.slot.UTC(), m.slot.Add(model.SlotLength)); err != nil {
			return false, err
		}
	}
	if _, err := s.hot.Exec(ctx, `DELETE FROM report_stale WHERE account_id = $1 AND id = ANY ($2)`, account, ids); err != nil {
		return false, fmt.Errorf("remove marks of stale facts: %w", err)
	}
	return len(marks) == staleBatch, nil
}
