package desk

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"github.com/livedesk/livedesk/db"
	"github.com/livedesk/livedesk/model"
)

// The bounds of what the desk does by itself. What is beyond them is found by CatchUp.
const (
	reactors   = 6      // channels that are worked on at once, in one process
	maxErrands = 10_000 // of one channel
	reactTime  = 15 * time.Second
	leftBatch  = 1000
)

// lane is a channel on which conversations are placed one after the other: they wait for one lock, so that more at once
// would only hold connections.
type lane struct {
	account int64
	channel model.ID
}

// errands are what is to be done on a lane.
type errands struct {
	conversations []model.ID
	queue         bool // somebody may be free for those who wait
}

// reactions is what the desk does by itself, after commits and outside of requests.
type reactions struct {
	mu    *sync.Mutex
	lanes map[lane]*errands // those with a goroutine
	slots chan struct{}
	work  *tasks
}

func newReactions() reactions {
	return reactions{mu: &sync.Mutex{}, lanes: map[lane]*errands{}, slots: make(chan struct{}, reactors), work: newTasks()}
}

// soon has the desk react to the conversation. It never blocks.
func (d *Desk) soon(account int64, channel, conversation model.ID) {
	d.add(lane{account, channel}, func(e *errands) {
		if len(e.conversations) < maxErrands {
			e.conversations = append(e.conversations, conversation)
		}
	})
}

// drain has the queues of the channels served, and placed what was released there. It never blocks.
func (d *Desk) drain(account int64, channels ...model.ID) {
	for _, channel := range channels {
		d.add(lane{account, channel}, func(e *errands) { e.queue = true })
	}
}

func (d *Desk) add(l lane, put func(*errands)) {
	d.reactions.mu.Lock()
	defer d.reactions.mu.Unlock()
	e, working := d.reactions.lanes[l]
	if !working {
		e = &errands{}
		d.reactions.lanes[l] = e
		d.reactions.work.Go(func() { d.run(l) })
	}
	put(e)
}

// take returns the next errands of the lane, and false when there are none: then its goroutine ends.
func (r *reactions) take(l lane) (errands, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	e := *r.lanes[l]
	if len(e.conversations) == 0 && !e.queue {
		delete(r.lanes, l)
		return e, false
	}
	*r.lanes[l] = errands{}
	return e, true
}

func (d *Desk) run(l lane) {
	d.reactions.slots <- struct{}{}
	defer func() { <-d.reactions.slots }()
	for {
		e, more := d.reactions.take(l)
		if !more {
			return
		}
		if e.queue {
			d.try("serve the queue of a channel", l, func(ctx context.Context) error { return d.drainNow(ctx, l.account, l.channel) })
		}
		for some := range slices.Chunk(e.conversations, maxTogether) {
			d.try("react to conversations", l, func(ctx context.Context) error { return d.React(ctx, l.account, l.channel, some...) })
		}
	}
}

// try does one thing, which CatchUp finds again when it failed.
func (d *Desk) try(what string, l lane, do func(context.Context) error) {
	ctx, cancel := context.WithTimeout(context.Background(), reactTime)
	defer cancel()
	if err := do(ctx); err != nil {
		d.log.WarnContext(ctx, "failed to "+what, "account", l.account, "channel", l.channel, "error", err)
	}
}

// React does what the desk does by itself about conversations of the channel: it says what is to be said to what the
// customer wrote, and has new and reopened ones placed. What was done is not done again.
func (d *Desk) React(ctx context.Context, account int64, channel model.ID, conversations ...model.ID) error {
	var all []error
	for _, id := range conversations {
		all = append(all, d.hear(ctx, account, id))
	}
	return errors.Join(append(all, d.Place(ctx, account, channel, conversations...))...)
}

// hear reacts to what the customer wrote since the desk last did, and notes that. Nothing is said twice: it is decided
// and noted under the conversation's lock.
func (d *Desk) hear(ctx context.Context, account int64, conversation model.ID) error {
	behind, err := d.db.Unheard(ctx, account, conversation)
	if err != nil || !behind {
		return err
	}
	return d.commit(ctx, account, func(s *db.Store) error {
		h, err := s.LockHeard(ctx, account, conversation)
		if err != nil || h.Handled >= h.Newest {
			return err
		}
		if h.Answers {
			err = d.takeAnswers(ctx, s, account, conversation, h.Handled)
		}
		if err == nil && h.Others {
			err = d.greet(ctx, s, account, conversation, h.Handled)
		}
		if err != nil {
			return err
		}
		return s.SetHandled(ctx, account, conversation, h.Newest)
	})
}

// drainNow serves the channel's queue and places what is to be placed there.
func (d *Desk) drainNow(ctx context.Context, account int64, channel model.ID) error {
	if err := d.serve(ctx, account, channel); err != nil {
		return err
	}
	for {
		ids, err := d.db.Unplaced(ctx, account, channel, leftBatch)
		if err != nil || len(ids) == 0 {
			return err
		}
		if err := d.Place(ctx, account, channel, ids...); err != nil {
			return err
		}
	}
}

// freed looks whether somebody waits on the channels of an agent who may be free now.
func (d *Desk) freed(account int64, agent model.ID) {
	d.visit("look who waits for an agent", func(ctx context.Context) ([]model.ID, error) { return d.db.WaitedOn(ctx, account, agent) }, account)
}

// moved looks after all of an agent's channels: they may be free now, or were taken off conversations.
func (d *Desk) moved(account int64, agent model.ID) {
	d.visit("look after the channels of an agent", func(ctx context.Context) ([]model.ID, error) { return d.db.Unsettled(ctx, account, agent) }, account)
}

// Arrived tells the desk that an agent has connected.
func (d *Desk) Arrived(account int64, agent model.ID) { d.freed(account, agent) }

// Redecide places those who wait on a channel that now decides by something else, after NextAutomation has committed.
func (d *Desk) Redecide(account int64, channel model.ID) { d.drain(account, channel) }

func (d *Desk) visit(what string, find func(context.Context) ([]model.ID, error), account int64) {
	d.reactions.work.Go(func() {
		d.reactions.slots <- struct{}{}
		defer func() { <-d.reactions.slots }()
		d.try(what, lane{account: account}, func(ctx context.Context) error {
			channels, err := find(ctx)
			d.drain(account, channels...)
			return err
		})
	})
}

// CatchUp does what a process that died, or a failure, has left undone.
func (d *Desk) CatchUp(ctx context.Context) error {
	orphaned := d.HandOverOrphans(ctx)
	left, err := d.db.LeftOver(ctx, leftBatch)
	for _, l := range left {
		if l.Conversation == "" {
			d.drain(l.Account, l.Channel)
		} else {
			d.soon(l.Account, l.Channel, l.Conversation)
		}
	}
	return errors.Join(orphaned, err)
}
