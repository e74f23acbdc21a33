package graph

import (
	"context"
	"errors"

	"github.com/livedesk/livedesk/graph/exec"
	"github.com/livedesk/livedesk/graph/transport"
	"github.com/livedesk/livedesk/model"
)

// LiveNumbers is how things stand now.
func (r *queryResolver) LiveNumbers(ctx context.Context) (*exec.LiveNumbers, error) {
	v, err := model.ViewerFrom(ctx)
	if err != nil {
		return nil, err
	}
	if v, err = r.DB.Sight(ctx, v); err != nil {
		return nil, err
	}
	l, err := r.DB.Live(ctx, v.Account)
	if err != nil {
		return nil, err
	}
	return liveNumbers(l.For(v)), nil
}

func liveNumbers(w *model.LiveView) *exec.LiveNumbers {
	n := &exec.LiveNumbers{At: w.At, Total: &w.Total, Channels: []*exec.LiveChannel{}, Teams: []*exec.LiveTeam{}, Agents: []*exec.LiveAgent{}}
	for _, c := range w.Channels {
		n.Channels = append(n.Channels, &exec.LiveChannel{Channel: c, Counts: w.ByChannel[c.ID]})
	}
	for _, t := range w.Teams {
		n.Teams = append(n.Teams, &exec.LiveTeam{Team: t, Counts: w.ByTeam[t.ID]})
	}
	for _, a := range w.Agents {
		n.Agents = append(n.Agents, &exec.LiveAgent{Agent: a, Load: a.Load})
	}
	return n
}

// LiveNumbers streams how things stand: to each subscriber once when they join, and then to all of a scope at once. What
// is sent was counted once for the account; no subscriber costs a query.
func (r *subscriptionResolver) LiveNumbers(ctx context.Context) (<-chan *exec.LiveNumbers, error) {
	v, err := model.ViewerFrom(ctx)
	if err != nil {
		return nil, err
	}
	stream := transport.StreamFrom(ctx)
	if stream == nil {
		return nil, errors.New("a subscription came without a stream to share")
	}
	b, err := r.boards.hold(ctx, r.Resolver, v.Account)
	if err != nil {
		return notStarted[exec.LiveNumbers](ctx, r.Resolver, err)
	}
	out, now, follow := newOut[exec.LiveNumbers](), b.read(), liveTail
	if stream.Prelude() {
		follow = livePrelude
	} else {
		stream.Started(now.number)
	}
	go func() {
		defer close(out)
		defer r.boards.release(b)
		follow(ctx, b, now, v, stream, out)
	}()
	return out, nil
}

// livePrelude sends the numbers as they are. Whose rights have changed since is sent the same ones again, cut otherwise:
// those have a position already, so they are counted anew, for all.
func livePrelude(ctx context.Context, b *board, now *standing, v *model.Viewer, stream *transport.Stream, out chan<- *exec.LiveNumbers) {
	if sent, ok := stream.Resume(); ok && sent >= now.number {
		b.again()
		stream.CaughtUp(sent)
		return
	}
	stream.At(now.number)
	if sendLive(ctx, now, v, out) {
		stream.CaughtUp(now.number)
	}
}

// liveTail sends the numbers each time that they were counted.
func liveTail(ctx context.Context, b *board, last *standing, v *model.Viewer, stream *transport.Stream, out chan<- *exec.LiveNumbers) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-b.ended:
			stream.Fail(comeBack)
			return
		case <-last.replaced:
		}
		last = b.read()
		stream.At(last.number)
		if !sendLive(ctx, last, v, out) {
			return
		}
	}
}

func sendLive(ctx context.Context, s *standing, v *model.Viewer, out chan<- *exec.LiveNumbers) bool {
	select {
	case out <- liveNumbers(s.live.For(v)):
		return true
	case <-ctx.Done():
		return false
	}
}
