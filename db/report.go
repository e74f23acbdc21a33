package db

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"

	"github.com/livedesk/livedesk/model"
)

// liveStretch is how much time without stored facts is read at once, to begin with.
const liveStretch = 6 * time.Hour

// ConversationReport counts what the filter asks for.
func (d *DB) ConversationReport(ctx context.Context, account int64, f model.ReportFilter) (*model.Tally, error) {
	t, _, err := d.OpenReport(ctx, account, f, true, nil)
	return t, err
}

// OpenReport counts what the filter asks for, if the numbers are wanted, and finds the conversations behind figures, nil
// being any figure: all in one pass over the facts and in one snapshot.
func (d *DB) OpenReport(ctx context.Context, account int64, f model.ReportFilter, numbers bool, figures []*model.ReportFigure) (t *model.Tally, found []*model.Finder, err error) {
	f = f.Whole()
	return t, found, d.look(ctx, func(s *Store) error {
		labelled, err := s.labelled(ctx, account, f.LabelIDs)
		if err != nil {
			return err
		}
		var all visitors
		if numbers {
			t = model.NewTally(f, labelled)
			all = append(all, t)
		}
		for _, figure := range figures {
			finder := model.NewFinder(f, figure, labelled)
			found, all = append(found, finder), append(all, finder)
		}
		return s.readFacts(ctx, account, f.From, f.To, all)
	})
}

// visitors are told the same.
type visitors []model.FactVisitor

// Begin is part of model.FactVisitor.
func (v visitors) Begin(slot int64, credits []model.Credit) {
	for _, one := range v {
		one.Begin(slot, credits)
	}
}

// Fact is part of model.FactVisitor.
func (v visitors) Fact(conversation model.Key, kind model.FactKind, at int64, credit int, wall, business int64) {
	for _, one := range v {
		one.Fact(conversation, kind, at, credit, wall, business)
	}
}

// ReportConversations returns a page of the conversations that were found behind a figure. The newest comes first.
func (s *Store) ReportConversations(ctx context.Context, account int64, found *model.Finder, p model.Page) (*model.Slice[*model.Conversation], error) {
	w, err := newWindow(p, foundOrder)
	if err != nil {
		return nil, err
	}
	return s.foundPage(ctx, account, w, found.Newest())
}

// passes bounds how many reports one process makes at a time: each holds what it counts in memory.
type passes chan struct{}

const maxPasses = 2

// look runs fn on one snapshot of the database, when its turn comes.
func (d *DB) look(ctx context.Context, fn func(*Store) error) error {
	select {
	case d.passes <- struct{}{}:
		defer func() { <-d.passes }()
	case <-ctx.Done():
		return ctx.Err()
	}
	return d.snapshot(ctx, fn)
}

// snapshot runs fn on one snapshot of the database.
func (d *DB) snapshot(ctx context.Context, fn func(*Store) error) error {
	tx, err := d.pool.BeginTx(ctx, pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly})
	if err != nil {
		return fmt.Errorf("begin: %w", err)
	}
	defer tx.Rollback(context.WithoutCancel(ctx))
	return fn(&Store{hot: tx})
}

// labelled are the conversations that one of the labels is on; nil when none is asked for.
func (s *Store) labelled(ctx context.Context, account int64, labels []model.ID) (map[model.Key]bool, error) {
	if len(labels) == 0 {
		return nil, nil
	}
	rows, err := s.hot.Query(ctx, `SELECT conversation_id FROM conversation_labels WHERE account_id = $1 AND label_id = ANY ($2::uuid[])`, account, texts(labels))
	if err != nil {
		return nil, fmt.Errorf("look for labels: %w", err)
	}
	defer rows.Close()
	found := map[model.Key]bool{}
	for rows.Next() {
		var id model.Key
		if err := rows.Scan((*[16]byte)(&id)); err != nil {
			return nil, fmt.Errorf("look for labels: %w", err)
		}
		found[id] = true
	}
	return found, rows.Err()
}

// readFacts tells the visitor the facts of every slot that has some of the time: those that are stored, and those that
// are made now.
func (s *Store) readFacts(ctx context.Context, account int64, from, to time.Time, v model.FactVisitor) error {
	from = model.SlotOf(from)
	until, err := s.storedUntil(ctx, account)
	if err != nil {
		return err
	}
	stale, err := s.staleSlots(ctx, account, from, earlier(to, until))
	if err != nil {
		return err
	}
	if err := s.readStored(ctx, account, from, earlier(to, until), stale, v); err != nil {
		return err
	}
	for _, slot := range stale {
		if _, err := s.readLive(ctx, account, slot, slot.Add(model.SlotLength), v); err != nil {
			return err
		}
	}
	if until.After(from) {
		from = until
	}
	return s.readRest(ctx, account, from, to, v)
}

// readRest makes facts, of more time at once where little happens.
func (s *Store) readRest(ctx context.Context, account int64, from, to time.Time, v model.FactVisitor) error {
	for stretch := liveStretch; from.Before(to); {
		n, err := s.readLive(ctx, account, from, earlier(from.Add(stretch), to), v)
		if err != nil {
			return err
		}
		from = from.Add(stretch)
		switch {
		case n < storyBatch/2:
			stretch *= 2
		case n > storyBatch*2:
			stretch = max(model.SlotLength, (stretch / 2).Truncate(model.SlotLength))
		}
	}
	return nil
}

func earlier(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}

// storedUntil is up to when the account's facts are stored.
func (s *Store) storedUntil(ctx context.Context, account int64) (until time.Time, err error) {
	err = s.hot.QueryRow(ctx, `SELECT coalesce((SELECT stored_until FROM report_progress WHERE account_id = $1), 'epoch')`, account).Scan(&until)
	if err != nil {
		return until, fmt.Errorf("read how far facts are stored: %w", err)
	}
	return until.UTC(), nil
}

func (s *Store) staleSlots(ctx context.Context, account int64, from, to time.Time) ([]time.Time, error) {
	rows, err := s.hot.Query(ctx, `SELECT DISTINCT slot FROM report_stale WHERE account_id = $1 AND slot >= $2 AND slot < $3`, account, from, to)
	if err != nil {
		return nil, fmt.Errorf("look for stale facts: %w", err)
	}
	list, err := pgx.CollectRows(rows, pgx.RowTo[time.Time])
	if err != nil {
		return nil, fmt.Errorf("look for stale facts: %w", err)
	}
	return list, nil
}

// readStored tells what is stored, but for stale slots.
func (s *Store) readStored(ctx context.Context, account int64, from, to time.Time, stale []time.Time, v model.FactVisitor) error {
	rows, err := s.hot.Query(ctx, `SELECT r.slot, r.facts FROM report_slots r WHERE r.account_id = $1 AND r.slot >= $2 AND r.slot < $3
		AND r.slot <> ALL (coalesce($4::timestamptz[], '{}')) ORDER BY r.slot`, account, from, to, stale)
	if err != nil {
		return fmt.Errorf("read facts: %w", err)
	}
	defer rows.Close()
	var slot time.Time
	var facts pgtype.DriverBytes
	for rows.Next() {
		if err := rows.Scan(&slot, &facts); err != nil {
			return fmt.Errorf("read facts: %w", err)
		}
		if err := model.ReadPack(slot, facts, v); err != nil {
			return fmt.Errorf("slot %s: %w", slot, err)
		}
	}
	return rows.Err()
}

// readLive makes the facts of a stretch of time, and tells of how many conversations.
func (s *Store) readLive(ctx context.Context, account int64, from, to time.Time, v model.FactVisitor) (conversations int, err error) {
	packs, n, err := s.packFacts(ctx, account, from, to)
	if err != nil {
		return 0, err
	}
	return n, packs.Slots(func(slot time.Time, facts []byte) error { return model.ReadPack(slot, facts, v) })
}
