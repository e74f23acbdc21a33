package transport_test

import (
	"context"
	"encoding/json"
	"errors"
	"testing"

	"github.com/99designs/gqlgen/graphql"
	"github.com/livedesk/livedesk/graph/transport"
	"github.com/livedesk/livedesk/graph/transport/internal/testschema"
)

func TestRegroupMovesToAnotherTail(t *testing.T) {
	t.Parallel()
	j := newJournal(5)
	d := newDesk(t, j.events, &transport.WebSocket{})
	moved, s := d.join(t, "x")
	stays, _ := d.join(t, "x")
	for _, p := range []*peer{moved, stays} {
		p.send(follows("1", 4), follows("2", 5))
		p.expect(event("1", 5, "x"))
	}
	await(t, "all are caught up", func() bool { return j.preludes.Load() == 4 })
	s.SetContext(withScope(s.Context(), "y"))
	s.Regroup()
	j.publish()
	stays.expectAll(event("1", 6, "x"), event("2", 6, "x"))
	moved.expectAll(event("1", 6, "y"), event("2", 6, "y"))
	await(t, "there are two groups", func() bool { return d.Counters.Groups.Load() == 2 })
}

// expectAll is expect for messages of different operations, which come in any order.
func (p *peer) expectAll(messages ...string) {
	p.t.Helper()
	missing := map[string]bool{}
	for _, m := range messages {
		missing[m] = true
	}
	for range messages {
		got := p.receive()
		if !missing[got] {
			p.t.Fatalf("got %s, want one of %v", got, missing)
		}
		delete(missing, got)
	}
}

// The second prelude resumes after the last event that was sent, not after the argument of the operation.
func TestRegroupResumes(t *testing.T) {
	t.Parallel()
	type resumed struct {
		position uint64
		ok       bool
	}
	resumes := make(chan resumed, 1)
	d := newDesk(t, script{
		tail: idleTail,
		prelude: func(ctx context.Context, s *transport.Stream, out chan<- *testschema.Event) {
			position, ok := s.Resume()
			resumes <- resumed{position, ok}
			if !ok {
				send(ctx, s, out, 2, 4)
			}
			s.CaughtUp(9)
		},
	}.events, &transport.WebSocket{})
	p, s := d.join(t, "")
	p.send(follows("1", 2))
	p.expect(event("1", 3, ""), event("1", 4, ""))
	if got := <-resumes; got.ok {
		t.Errorf("the first prelude resumed at %d", got.position)
	}
	s.Regroup()
	if got := <-resumes; got != (resumed{4, true}) {
		t.Errorf("resumed at %+v, want 4", got)
	}
}

// A regroup while the prelude runs ends that prelude, and what it still sends is not heard.
func TestRegroupDuringPrelude(t *testing.T) {
	t.Parallel()
	cancelled := make(chan struct{})
	d := newDesk(t, script{
		tail: idleTail,
		prelude: func(ctx context.Context, s *transport.Stream, out chan<- *testschema.Event) {
			if position, ok := s.Resume(); ok {
				send(ctx, s, out, position, 5)
				s.CaughtUp(5)
				return
			}
			send(ctx, s, out, 2, 3)
			<-ctx.Done()
			close(cancelled)
		},
	}.events, &transport.WebSocket{})
	p, s := d.join(t, "")
	p.send(follows("1", 2))
	p.expect(event("1", 3, ""))
	s.Regroup()
	<-cancelled
	p.expect(event("1", 4, ""), event("1", 5, ""))
}

// A subscription that may no longer be shared goes on by itself: only as a member does it know where to resume.
func TestRegroupAlone(t *testing.T) {
	t.Parallel()
	j := newJournal(5)
	ws := &transport.WebSocket{}
	d := newDesk(t, j.events, ws)
	ws.Share = func(ctx context.Context, op *graphql.OperationContext) (string, bool) {
		key, _ := byScope(ctx, op)
		return key, scopeOf(ctx) == "x"
	}
	first, a := d.join(t, "x")
	second, b := d.join(t, "x")
	for _, p := range []*peer{first, second} {
		p.send(follows("1", 4))
		p.expect(event("1", 5, "x"))
	}
	for _, s := range []*transport.Socket{a, b} {
		s.SetContext(withScope(s.Context(), "y"))
		s.Regroup()
	}
	j.publish()
	first.expect(event("1", 6, "y"))
	second.expect(event("1", 6, "y"))
	await(t, "each has its own group", func() bool { return d.Counters.Groups.Load() == 2 })
}

// Whoever loses the right to a subscription gets the error in place of further events.
func TestRegroupRefused(t *testing.T) {
	t.Parallel()
	j := newJournal(1)
	lost := newDesk(t, func(ctx context.Context, room string, after *int) (<-chan *testschema.Event, error) {
		if scopeOf(ctx) == "none" {
			return nil, errors.New("forbidden")
		}
		return j.events(ctx, room, after)
	}, &transport.WebSocket{})
	p, s := lost.join(t, "x")
	p.send(follows("1", 0))
	p.expect(event("1", 1, "x"))
	s.SetContext(withScope(s.Context(), "none"))
	s.Regroup()
	p.expect(`{"id":"1","type":"error","payload":[{"message":"forbidden","path":["events"],"locations":[{"line":1,"column":26}]}]}`)
	await(t, "all groups are gone", func() bool { return lost.Counters.Groups.Load() == 0 })
}

// Queries and subscriptions that are not shared go on as they are.
func TestRegroupLeavesOthersAlone(t *testing.T) {
	t.Parallel()
	answer := make(chan struct{})
	sockets := make(chan *transport.Socket, 1)
	ws := &transport.WebSocket{}
	url := serve(t, ws, &testschema.Root{OnWaits: func(ctx context.Context) (string, error) {
		sockets <- transport.SocketFrom(ctx)
		select {
		case <-answer:
			return "answered", nil
		case <-ctx.Done():
			return "", ctx.Err()
		}
	}})
	p := connect(t, url)
	p.send(subscribe("1", "{waits}"))
	(<-sockets).Regroup()
	close(answer)
	p.expect(`{"id":"1","type":"next","payload":{"data":{"waits":"answered"}}}`, `{"id":"1","type":"complete"}`)
}

// Init may have read what the user may see just before it changed; nothing is lost when the client has to come back.
func TestRegroupDuringInit(t *testing.T) {
	t.Parallel()
	sockets := make(chan *transport.Socket, 1)
	url := serve(t, &transport.WebSocket{Init: func(ctx context.Context, _ json.RawMessage) (context.Context, error) {
		sockets <- transport.SocketFrom(ctx)
		<-ctx.Done()
		return ctx, nil
	}}, &testschema.Root{})
	p := dial(t, url, "graphql-transport-ws")
	p.send(initMessage)
	(<-sockets).Regroup()
	p.expectClose(1013, "Resume")
}
