package graph

import (
	"context"
	"errors"
	"slices"

	"github.com/livedesk/livedesk/db"
	"github.com/livedesk/livedesk/graph/transport"
	"github.com/livedesk/livedesk/model"
)

// A subscription is executed twice: for each subscriber a prelude, which sends what this one missed, read from the
// log; and for all who see the same one tail, which sends what comes. The transport joins the two by position, which
// is the event's number.

// replayPage is how many events of the log a prelude reads at a time.
const replayPage = 500

// payload makes what is sent for an event; nil sends nothing. Without an event it makes the first payload, which only
// says where now is.
type payload[T any] func(cursor string, e *model.Event, b *db.Batch) *T

func follow[T any](ctx context.Context, r *Resolver, after *string, make payload[T]) (<-chan *T, error) {
	v, err := model.ViewerFrom(ctx)
	if err != nil {
		return nil, err
	}
	stream := transport.StreamFrom(ctx)
	if stream == nil {
		return nil, errors.New("a subscription came without a stream to share")
	}
	f := &follower[T]{r: r, v: v, stream: stream, make: make, out: newOut[T]()}
	if stream.Prelude() {
		err = f.prelude(ctx, after)
	} else {
		err = f.tail(ctx)
	}
	if err != nil {
		return notStarted[T](ctx, r, err)
	}
	return f.out, nil
}

// notStarted is the stream of a subscription that err keeps from starting: a refusal is an error of the operation.
func notStarted[T any](ctx context.Context, r *Resolver, err error) (<-chan *T, error) {
	if model.CodeOf(err) != "" {
		return nil, err
	}
	r.sendAway(ctx, err)
	none := make(chan *T)
	close(none)
	return none, nil
}

// sendAway closes the sockets of a stream for a fault of the desk. An error would end the subscription for good; the
// fault passes, and nothing is lost when the client comes back with its cursor.
func (r *Resolver) sendAway(ctx context.Context, err error) {
	if ctx.Err() == nil {
		r.Log.ErrorContext(ctx, "follow events", "error", err)
	}
	transport.StreamFrom(ctx).Fail(comeBack)
}

var comeBack = transport.CloseError{Code: transport.CloseResume, Reason: "Resume"}

type follower[T any] struct {
	r      *Resolver
	v      *model.Viewer
	stream *transport.Stream
	make   payload[T]
	out    chan *T
}

func newOut[T any]() chan *T { return make(chan *T) }

// tail sends every event from now on that all subscribers of the scope see. What is addressed to one agent alone is
// left to preludes: an agent whose rights change is given a new one.
func (f *follower[T]) tail(ctx context.Context) error {
	w, err := f.r.Feed.Follow(ctx, f.v.Account)
	if err != nil {
		return err
	}
	f.stream.Started(uint64(w.Start))
	go func() {
		defer close(f.out)
		defer f.r.Feed.Unfollow(w)
		for {
			select {
			case <-ctx.Done():
				return
			case b, ok := <-w.C:
				if !ok {
					f.stream.Fail(comeBack)
					return
				}
				if !f.send(ctx, gather(b, w.C)) {
					return
				}
			}
		}
	}()
	return nil
}

// gather adds what has come meanwhile, so that one who is behind reads it all at once and catches up.
func gather(b *db.Batch, more <-chan *db.Batch) *db.Batch {
	for len(b.Events) < replayPage {
		select {
		case next, ok := <-more:
			if !ok { // the next receive finds that, too
				return b
			}
			b = &db.Batch{Events: slices.Concat(b.Events, next.Events)}
		default:
			return b
		}
	}
	return b
}

// prelude sends what came after the cursor, or after the event that the subscriber was sent last, up to where this
// process has delivered. That is as far as any tail is, and no farther than the viewer's rights are known: they take
// effect by the delivery of an event. Beyond it a removal could be passed over by rights that it ends.
func (f *follower[T]) prelude(ctx context.Context, after *string) error {
	first, last, err := f.r.DB.LogBounds(ctx, f.v.Account)
	if err != nil {
		return err
	}
	from, upTo := last, f.r.Feed.At(f.v.Account)
	resumed, ok := f.stream.Resume()
	switch {
	case ok:
		from = max(int64(resumed), first-1) // what is no longer kept was not for this subscriber
	case after != nil:
		if from, err = f.position(*after, first, last); err != nil {
			return err
		}
	}
	go func() {
		defer close(f.out)
		if after == nil && !ok {
			f.stream.At(uint64(last))
			if !f.push(ctx, f.make(f.cursor(last), nil, nil)) {
				return
			}
		}
		f.replay(ctx, from, upTo)
	}()
	return nil
}

// position checks a client's cursor against what is kept of the log.
func (f *follower[T]) position(after string, first, last int64) (int64, error) {
	c, err := model.ParseCursor(after)
	if err != nil {
		return 0, err
	}
	if c.Account != f.v.Account || c.Epoch != f.r.Feed.Epoch() || c.Seq+1 < first || c.Seq > last {
		return 0, tooOld
	}
	return c.Seq, nil
}

var tooOld = model.Refuse(model.ResyncRequired, "Events after this cursor are no longer kept. Query the state anew and subscribe without after.", "after")

// replay sends the events after from, up to upTo.
func (f *follower[T]) replay(ctx context.Context, from, upTo int64) {
	for from < upTo {
		events, err := f.r.DB.Events(ctx, f.v.Account, from, int(min(replayPage, upTo-from)))
		if err != nil {
			f.r.sendAway(ctx, err)
			return
		}
		if len(events) == 0 || events[0].Seq != from+1 { // dropped meanwhile
			f.stream.Fail(tooOld)
			return
		}
		if !f.send(ctx, &db.Batch{Events: f.seen(events)}) {
			return
		}
		from = events[len(events)-1].Seq
	}
	f.stream.CaughtUp(uint64(max(from, upTo)))
}

// send is false when the stream has ended. What nobody here sees is not read.
func (f *follower[T]) send(ctx context.Context, b *db.Batch) bool {
	events := f.seen(b.Events)
	if len(events) == 0 {
		return ctx.Err() == nil
	}
	if err := b.Load(ctx, f.r.DB.Store); err != nil {
		f.r.sendAway(ctx, err)
		return false
	}
	for _, e := range events {
		p := f.make(f.cursor(e.Seq), e, b)
		if p == nil {
			continue
		}
		f.stream.At(uint64(e.Seq))
		if !f.push(ctx, p) {
			return false
		}
	}
	return true
}

func (f *follower[T]) push(ctx context.Context, p *T) bool {
	select {
	case f.out <- p:
		return true
	case <-ctx.Done():
		return false
	}
}

// seen are those of the events that are for the viewer.
func (f *follower[T]) seen(events []*model.Event) []*model.Event {
	var list []*model.Event
	for _, e := range events {
		if f.sees(e) {
			list = append(list, e)
		}
	}
	return list
}

// sees tells whether the event is for the viewer, with the rights that they have now.
func (f *follower[T]) sees(e *model.Event) bool {
	switch e.Kind {
	case model.RightsChanged, model.SessionEnded:
		return false
	case model.AgentChanged:
		return true
	case model.ConversationAdded, model.ConversationRemoved:
		if e.AgentID != "" {
			mine := f.stream.Prelude() && e.AgentID == f.v.Agent
			return mine && f.v.Sees(e.ChannelID) == (e.Kind == model.ConversationAdded)
		}
	}
	return f.v.Sees(e.ChannelID)
}

func (f *follower[T]) cursor(seq int64) string {
	return model.Cursor{Account: f.v.Account, Epoch: f.r.Feed.Epoch(), Seq: seq}.String()
}
