package bench

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/livedesk/livedesk/db"
	"github.com/livedesk/livedesk/model"
)

// reader follows an account's events, and fails when one is missing, comes twice or out of order.
type reader struct {
	db      *db.DB
	account int64
	feed    *db.Feed
	follow  *db.Follower
	done    chan struct{}

	mu      sync.Mutex
	at      int64 // number of the last event
	events  int   // since the slice began
	arrived map[model.ID]time.Time
	fault   error
	moved   chan struct{} // one token: something came
}

func newReader(ctx context.Context, d *db.DB, account int64) (*reader, error) {
	r := &reader{db: d, account: account, feed: db.NewFeed(d, slog.New(slog.DiscardHandler)), done: make(chan struct{}),
		arrived: map[model.ID]time.Time{}, moved: make(chan struct{}, 1)}
	r.feed.SetAlone(true) // as a server finds that is the only one
	if err := r.feed.Start(ctx); err != nil {
		return nil, err
	}
	var err error
	if r.follow, err = r.feed.Follow(ctx, account); err != nil {
		r.feed.Stop(ctx)
		return nil, err
	}
	r.at = r.follow.Start
	go r.read()
	return r, nil
}

func (r *reader) close() {
	r.feed.Unfollow(r.follow)
	<-r.done
	r.feed.Stop(context.Background())
}

func (r *reader) read() {
	defer close(r.done)
	for batch := range r.follow.C {
		r.take(batch.Events, time.Now())
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.fault = errors.Join(r.fault, errors.New("the follower was cut off"))
}

func (r *reader) take(events []*model.Event, now time.Time) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, e := range events {
		if e.Seq != r.at+1 && r.fault == nil {
			r.fault = fmt.Errorf("event %d came after event %d", e.Seq, r.at)
		}
		r.at = e.Seq
		r.events++
		if e.MessageID != "" {
			r.arrived[e.MessageID] = now
		}
	}
	select {
	case r.moved <- struct{}{}:
	default:
	}
}

// finish waits until everything that is committed was delivered, and returns when the event of each message came, and
// how many events there were since the last time.
func (r *reader) finish(ctx context.Context) (map[model.ID]time.Time, int, error) {
	late := time.After(20 * time.Second)
	for {
		reached, err := r.reached(ctx)
		if err != nil {
			return nil, 0, err
		}
		if reached {
			break
		}
		select {
		case <-r.moved:
		case <-time.After(100 * time.Millisecond): // what came last may have come before this looked
		case <-late:
			return nil, 0, errors.New("events that were committed are not delivered after 20 seconds")
		}
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	arrived, events := r.arrived, r.events
	r.arrived, r.events = map[model.ID]time.Time{}, 0
	return arrived, events, r.fault
}

// reached tells whether the outbox is empty and the reader where the log ends.
func (r *reader) reached(ctx context.Context) (bool, error) {
	var left bool
	var last int64
	err := r.db.Pool().QueryRow(ctx, `SELECT EXISTS (SELECT 1 FROM event_outbox WHERE account_id = $1), last_seq FROM account_feed WHERE account_id = $1`, r.account).Scan(&left, &last)
	if err != nil {
		return false, fmt.Errorf("read where the log ends: %w", err)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	return !left && r.at >= last || r.fault != nil, nil
}
