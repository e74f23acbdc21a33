package db

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/livedesk/livedesk/model"
)

// verifyStretch is how much time is compared at once.
const verifyStretch = 24 * time.Hour

// FactsVerified is what VerifyReports found.
type FactsVerified struct {
	Slots, Facts int
	Wrong        []string // slots whose facts are not what changes and messages say, with their account
}

// VerifyReports makes every stored fact anew from changes and messages and compares. It only reads, a day at a time.
func (d *DB) VerifyReports(ctx context.Context) (*FactsVerified, error) {
	rows, err := d.hot.Query(ctx, `SELECT account_id FROM report_progress ORDER BY 1`)
	if err != nil {
		return nil, fmt.Errorf("look for stored facts: %w", err)
	}
	accounts, err := pgx.CollectRows(rows, pgx.RowTo[int64])
	if err != nil {
		return nil, fmt.Errorf("look for stored facts: %w", err)
	}
	found := &FactsVerified{}
	for _, account := range accounts {
		if err := d.verifyAccount(ctx, account, found); err != nil {
			return nil, err
		}
	}
	return found, nil
}

func (d *DB) verifyAccount(ctx context.Context, account int64, found *FactsVerified) error {
	for from := (time.Time{}); ; {
		var next *time.Time
		err := d.snapshot(ctx, func(s *Store) error {
			until, err := s.storedUntil(ctx, account)
			if err != nil {
				return err
			}
			err = s.hot.QueryRow(ctx, `SELECT min(x) FROM (VALUES ((SELECT min(slot) FROM report_slots WHERE account_id = $1 AND slot >= $2)),
				((SELECT min(created_at) FROM messages WHERE account_id = $1 AND created_at >= $2 AND created_at < $3)),
				((SELECT min(at) FROM conversation_changes WHERE account_id = $1 AND at >= $2 AND at < $3))) v(x)`, account, from, until).Scan(&next)
			if err != nil || next == nil {
				return err
			}
			from = model.SlotOf(*next)
			return s.verifyFacts(ctx, account, from, earlier(from.Add(verifyStretch), until), found)
		})
		if err != nil {
			return fmt.Errorf("verify the facts of account %d: %w", account, err)
		}
		if next == nil {
			return nil
		}
		from = from.Add(verifyStretch)
	}
}

func (s *Store) verifyFacts(ctx context.Context, account int64, from, to time.Time, found *FactsVerified) error {
	stored, anew := factSets{}, factSets{}
	stale, err := s.staleSlots(ctx, account, from, to)
	if err != nil {
		return err
	}
	if err := s.readStored(ctx, account, from, to, stale, &factReader{sets: stored}); err != nil {
		return err
	}
	if _, err := s.readLive(ctx, account, from, to, &factReader{sets: anew}); err != nil {
		return err
	}
	for _, slot := range stale {
		delete(anew, slot.UnixMilli())
	}
	found.Slots += len(stored)
	for slot, facts := range stored {
		found.Facts += len(facts)
		if !facts.equal(anew[slot]) {
			found.Wrong = append(found.Wrong, wrongSlot(account, slot, len(facts), len(anew[slot])))
		}
	}
	for slot, facts := range anew {
		if stored[slot] == nil {
			found.Wrong = append(found.Wrong, wrongSlot(account, slot, 0, len(facts)))
		}
	}
	return nil
}

func wrongSlot(account, slot int64, stored, anew int) string {
	return fmt.Sprintf("account %d slot %s: %d facts stored, %d made anew", account, time.UnixMilli(slot).UTC().Format(time.RFC3339), stored, anew)
}

// factSets are the facts of slots.
type factSets map[int64]factSet

type factSet map[factOf]int

type factOf struct {
	conversation model.Key
	fact         model.Fact
}

func (f factSet) equal(other factSet) bool {
	if len(f) != len(other) {
		return false
	}
	for fact, n := range f {
		if other[fact] != n {
			return false
		}
	}
	return true
}

// factReader collects what it is told.
type factReader struct {
	sets    factSets
	set     factSet
	credits []model.Credit
}

// Begin is part of model.FactVisitor.
func (r *factReader) Begin(slot int64, credits []model.Credit) {
	if r.sets[slot] == nil {
		r.sets[slot] = factSet{}
	}
	r.set, r.credits = r.sets[slot], credits
}

// Fact is part of model.FactVisitor.
func (r *factReader) Fact(conversation model.Key, kind model.FactKind, at int64, credit int, wall, business int64) {
	r.set[factOf{conversation, model.Fact{Kind: kind, At: at, Credit: r.credits[credit], Wall: wall, Business: business}}]++
}
