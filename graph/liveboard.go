package graph

import (
	"context"
	"slices"
	"sync"
	"time"

	"github.com/livedesk/livedesk/db"
	"github.com/livedesk/livedesk/model"
)

// livePace is how often the numbers of an account are counted at most.
const livePace = time.Second

// boards are the accounts whose live numbers somebody watches in this process.
type boards struct {
	mu   sync.Mutex
	open map[int64]*board
}

// board counts the live numbers of one account when something has happened, for all who watch it.
type board struct {
	account int64
	ready   chan struct{} // closed when the first numbers are there, or fault is
	fault   error
	ended   chan struct{} // closed when it counts no more
	end     context.CancelFunc
	dirty   chan struct{}
	held    int // guarded by the boards' mu

	mu  sync.Mutex
	now *standing
}

// standing is what was counted once. Its number is greater than those of all before.
type standing struct {
	live     *model.Live
	number   uint64
	replaced chan struct{} // closed when there are newer numbers
}

// hold returns the account's board, and makes it if nobody watches yet. Release it in the end.
func (s *boards) hold(ctx context.Context, r *Resolver, account int64) (*board, error) {
	s.mu.Lock()
	b := s.open[account]
	if b == nil {
		b = &board{account: account, ready: make(chan struct{}), ended: make(chan struct{}), dirty: make(chan struct{}, 1)}
		if s.open == nil {
			s.open = map[int64]*board{}
		}
		s.open[account] = b
		var run context.Context
		run, b.end = context.WithCancel(context.WithoutCancel(ctx))
		go s.run(run, r, b)
	}
	b.held++
	s.mu.Unlock()
	select {
	case <-b.ready:
	case <-ctx.Done():
		s.release(b)
		return nil, ctx.Err()
	}
	if b.fault != nil {
		s.release(b)
		return nil, b.fault
	}
	return b, nil
}

func (s *boards) release(b *board) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if b.held--; b.held == 0 {
		s.drop(b)
		b.end()
	}
}

func (s *boards) drop(b *board) {
	if s.open[b.account] == b {
		delete(s.open, b.account)
	}
}

// run counts until nobody watches, or until it cannot follow what happens: those who watch then come again.
func (s *boards) run(ctx context.Context, r *Resolver, b *board) {
	defer close(b.ended)
	defer func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.drop(b)
	}()
	w, err := r.Feed.Follow(ctx, b.account)
	if err == nil {
		defer r.Feed.Unfollow(w)
		err = b.count(ctx, r.DB)
	}
	b.fault = err
	close(b.ready)
	if err != nil {
		return
	}
	pace := time.NewTimer(livePace)
	defer pace.Stop()
	for b.wait(ctx, w) {
		if !b.rest(ctx, w, pace.C) {
			return
		}
		pace.Reset(livePace)
		if err := b.count(ctx, r.DB); err != nil && ctx.Err() == nil {
			r.Log.ErrorContext(ctx, "count live numbers", "error", err)
			b.again()
		}
	}
}

// wait is until something happens; false when there is nothing more to wait for.
func (b *board) wait(ctx context.Context, w *db.Follower) bool {
	for {
		select {
		case <-ctx.Done():
			return false
		case <-b.dirty:
			return true
		case batch, ok := <-w.C:
			if !ok || slices.ContainsFunc(batch.Events, moves) {
				return ok
			}
		}
	}
}

// rest is until numbers may be counted again. What happens meanwhile is among them.
func (b *board) rest(ctx context.Context, w *db.Follower, until <-chan time.Time) bool {
	for {
		select {
		case <-ctx.Done():
			return false
		case <-until:
			return true
		case _, ok := <-w.C:
			if !ok {
				return false
			}
		}
	}
}

// moves tells whether the event may change a number.
func moves(e *model.Event) bool {
	return e.Kind != model.MessageChanged && e.Kind != model.SessionEnded
}

func (b *board) count(ctx context.Context, d *db.DB) error {
	l, err := d.Live(ctx, b.account)
	if err != nil {
		return err
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	next := &standing{live: l, number: uint64(time.Now().UnixMicro()), replaced: make(chan struct{})}
	if b.now != nil {
		next.number = max(next.number, b.now.number+1)
		close(b.now.replaced)
	}
	b.now = next
	return nil
}

// again has the numbers counted though nothing happened.
func (b *board) again() {
	select {
	case b.dirty <- struct{}{}:
	default:
	}
}

func (b *board) read() *standing {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.now
}
