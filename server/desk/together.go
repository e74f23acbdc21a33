package desk

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"sync"

	"github.com/livedesk/livedesk/db"
	"github.com/livedesk/livedesk/model"
)

// maxTogether is how many decisions share a transaction at most. The locks of their channels are held as long as that.
const maxTogether = 32

// maxMisses is how often decisions are made again because an agent could no longer take a conversation. That takes a
// second process, or a person, that gave them another one between two statements.
const maxMisses = 10

// ask is a conversation that waits for its decision.
type ask struct {
	channel, conversation model.ID
	first                 bool // it comes before those who wait on the channel
	result                placed
	err                   error
	done                  chan struct{}
}

// meetings have conversations of an account that are to be placed at the same time decided about together: while one
// transaction is under way what comes waits, and then shares the locks, the reading and the commit of the next. That
// costs a quarter of what each alone does. At rest a conversation is placed at once and alone.
type meetings struct {
	mu      sync.Mutex
	waiting map[int64][]*ask // of the accounts that have a goroutine
}

// place decides about conversations of the channel, in this order. What fails leaves an empty result, and the error.
func (d *Desk) place(ctx context.Context, account int64, channel model.ID, conversations []model.ID, first bool) ([]placed, error) {
	asks := make([]*ask, len(conversations))
	for i, id := range conversations {
		asks[i] = &ask{channel: channel, conversation: id, first: first, done: make(chan struct{})}
	}
	d.meet(account, asks)
	results, errs := make([]placed, len(asks)), make([]error, len(asks))
	for i, a := range asks {
		select {
		case <-a.done:
			results[i], errs[i] = a.result, a.err
		case <-ctx.Done():
			return results, ctx.Err() // it is placed all the same
		}
	}
	return results, errors.Join(errs...)
}

func (d *Desk) meet(account int64, asks []*ask) {
	d.meetings.mu.Lock()
	defer d.meetings.mu.Unlock()
	waiting, sitting := d.meetings.waiting[account]
	d.meetings.waiting[account] = append(waiting, asks...)
	if !sitting {
		d.reactions.work.Go(func() { d.sit(account) })
	}
}

// sit decides about what waits in the account until nothing does.
func (d *Desk) sit(account int64) {
	for asks := d.meetings.take(account); len(asks) > 0; asks = d.meetings.take(account) {
		d.together(account, asks)
		runtime.Gosched() // whoever has an answer now may ask again, and comes along
	}
}

// take returns the next who share a transaction, and nobody when the account's goroutine is to end.
func (m *meetings) take(account int64) []*ask {
	m.mu.Lock()
	defer m.mu.Unlock()
	waiting := m.waiting[account]
	if len(waiting) == 0 {
		delete(m.waiting, account)
		return nil
	}
	n := min(len(waiting), maxTogether)
	m.waiting[account] = waiting[n:]
	return waiting[:n:n]
}

// together decides about all. When that fails each goes alone, so that only what is wrong fails.
func (d *Desk) together(account int64, asks []*ask) {
	results, err := d.settleAll(account, asks)
	if err != nil && !db.Unreachable(err) && len(asks) > 1 {
		for _, a := range asks {
			d.together(account, []*ask{a})
		}
		return
	}
	for i, a := range asks {
		if a.err = err; err == nil {
			a.result = results[i]
		}
		close(a.done)
	}
}

// settleAll makes the decisions again as long as an agent was given something else meanwhile.
func (d *Desk) settleAll(account int64, asks []*ask) ([]placed, error) {
	ctx, cancel := context.WithTimeout(context.Background(), reactTime)
	defer cancel()
	for range maxMisses {
		var r *decider
		err := d.db.Tx(ctx, func(s *db.Store) error {
			r = &decider{Desk: d, s: s, account: account, asks: asks, read: map[model.ID]*db.Automation{}}
			return r.decide(ctx)
		})
		if errors.Is(err, db.ErrMissed) {
			continue
		}
		if err != nil {
			return nil, err
		}
		d.rules.put(r.read)
		if len(r.save) > 0 {
			d.told(account)
		}
		return r.results, nil
	}
	return nil, fmt.Errorf("place conversation %s: somebody else was quicker %d times", asks[0].conversation, maxMisses)
}
