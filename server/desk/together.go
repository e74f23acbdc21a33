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

// The bounds of what is decided together.
const (
	maxTogether = 32 // decisions in one transaction: the locks of their channels are held as long as that
	tables      = 2  // transactions at once, of one account and in one process, on different channels
)

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

// meetings have conversations of an account that are to be placed at the same time decided about together: while
// transactions are under way what comes waits, and then shares the locks, the reading and the commit of the next. That
// costs a quarter of what each alone does. At rest a conversation is placed at once and alone.
type meetings struct {
	mu sync.Mutex
	of map[int64]*meeting // accounts where something is decided
}

// meeting is what an account decides.
type meeting struct {
	waiting []*ask
	busy    map[model.ID]bool // channels that are decided about
	tables  int
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
	m := d.meetings.of[account]
	if m == nil {
		m = &meeting{busy: map[model.ID]bool{}}
		d.meetings.of[account] = m
	}
	m.waiting = append(m.waiting, asks...)
	if m.tables < tables {
		m.tables++
		d.reactions.work.Go(func() { d.sit(account, m) })
	}
}

// sit decides about what waits until there is nothing that may be decided here.
func (d *Desk) sit(account int64, m *meeting) {
	for asks := d.next(account, m, nil); len(asks) > 0; asks = d.next(account, m, asks) {
		d.together(account, asks)
		runtime.Gosched() // whoever has an answer now may ask again, and comes along
	}
}

// next returns who share the next transaction, and nobody when the table is to go. Those of the one before are done.
func (d *Desk) next(account int64, m *meeting, done []*ask) []*ask {
	d.meetings.mu.Lock()
	defer d.meetings.mu.Unlock()
	for _, a := range done {
		delete(m.busy, a.channel)
	}
	asks := m.take()
	if len(asks) > 0 {
		return asks
	}
	if m.tables--; m.tables == 0 {
		delete(d.meetings.of, account)
	}
	return nil
}

// take returns the first who wait and whose channels no other table has. Those of a channel keep their order.
func (m *meeting) take() (asks []*ask) {
	mine, left := map[model.ID]bool{}, []*ask(nil)
	for _, a := range m.waiting {
		if len(asks) == maxTogether || m.busy[a.channel] && !mine[a.channel] {
			left = append(left, a)
			continue
		}
		m.busy[a.channel], mine[a.channel] = true, true
		asks = append(asks, a)
	}
	m.waiting = left
	return asks
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
