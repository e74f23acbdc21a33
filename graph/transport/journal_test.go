package transport_test

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/99designs/gqlgen/graphql"
	"github.com/livedesk/livedesk/graph/transport"
	"github.com/livedesk/livedesk/graph/transport/internal/testschema"
)

// journal is a log of numbered events with the two resolvers of a shared subscription, as an application has them.
type journal struct {
	tails, preludes atomic.Int64 // executions so far

	mu      sync.Mutex
	head    uint64
	changed chan struct{}
}

func newJournal(head uint64) *journal { return &journal{head: head, changed: make(chan struct{})} }

// publish adds one event.
func (j *journal) publish() {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.head++
	close(j.changed)
	j.changed = make(chan struct{})
}

func (j *journal) state() (head uint64, changed <-chan struct{}) {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.head, j.changed
}

type scopeKey struct{}

func withScope(ctx context.Context, scope string) context.Context {
	return context.WithValue(ctx, scopeKey{}, scope)
}

func scopeOf(ctx context.Context) string {
	scope, _ := ctx.Value(scopeKey{}).(string)
	return scope
}

// byScope shares subscriptions of the same scope.
func byScope(ctx context.Context, op *graphql.OperationContext) (string, bool) {
	key, err := transport.ShareKey(op, scopeOf(ctx), "after")
	return key, err == nil
}

func (j *journal) events(ctx context.Context, _ string, after *int) (<-chan *testschema.Event, error) {
	stream := transport.StreamFrom(ctx)
	if stream != nil && !stream.Prelude() {
		return j.tail(ctx, stream), nil
	}
	from := uint64(0)
	if after != nil {
		from = uint64(*after)
	}
	if position, ok := stream.Resume(); ok {
		from = position
	}
	if stream == nil {
		return j.follow(ctx, nil, from), nil
	}
	return j.prelude(ctx, stream, from), nil
}

func (j *journal) tail(ctx context.Context, stream *transport.Stream) <-chan *testschema.Event {
	j.tails.Add(1)
	head, _ := j.state()
	stream.Started(head)
	return j.follow(ctx, stream, head)
}

// follow sends everything later than from, for as long as ctx lives.
func (j *journal) follow(ctx context.Context, stream *transport.Stream, from uint64) <-chan *testschema.Event {
	events := make(chan *testschema.Event, rand.IntN(3))
	go func() {
		defer close(events)
		for {
			head, changed := j.state()
			if !send(ctx, stream, events, from, head) {
				return
			}
			from = head
			select {
			case <-changed:
			case <-ctx.Done():
				return
			}
		}
	}()
	return events
}

func (j *journal) prelude(ctx context.Context, stream *transport.Stream, from uint64) <-chan *testschema.Event {
	j.preludes.Add(1)
	events := make(chan *testschema.Event, rand.IntN(3))
	go func() {
		defer close(events)
		head, _ := j.state()
		if send(ctx, stream, events, from, head) {
			stream.CaughtUp(head)
		}
	}()
	return events
}

func send(ctx context.Context, stream *transport.Stream, events chan<- *testschema.Event, from, to uint64) bool {
	for position := from + 1; position <= to; position++ {
		stream.At(position)
		select {
		case events <- &testschema.Event{Position: int(position), Scope: scopeOf(ctx)}:
		case <-ctx.Done():
			return false
		}
	}
	return true
}

// follows is the subscription that the tests share.
func follows(id string, after uint64) string {
	return fmt.Sprintf(`{"id":%q,"type":"subscribe","payload":{"query":"subscription($after:Int){events(room:\"a\",after:$after){position scope}}","variables":{"after":%d}}}`, id, after)
}

func event(id string, position uint64, scope string) string {
	return fmt.Sprintf(`{"id":%q,"type":"next","payload":{"data":{"events":{"position":%d,"scope":%q}}}}`, id, position, scope)
}

// desk is a WebSocket whose sockets hand themselves over, in the order of their init.
type desk struct {
	*transport.WebSocket
	url     string
	sockets chan *transport.Socket
}

func newDesk(t testing.TB, events func(context.Context, string, *int) (<-chan *testschema.Event, error), ws *transport.WebSocket) *desk {
	t.Helper()
	d := &desk{WebSocket: ws, sockets: make(chan *transport.Socket, 1)}
	ws.Share = byScope
	ws.Init = func(ctx context.Context, payload json.RawMessage) (context.Context, error) {
		var form struct{ Scope string }
		if payload != nil {
			if err := json.Unmarshal(payload, &form); err != nil {
				return nil, err
			}
		}
		select {
		case d.sockets <- transport.SocketFrom(ctx):
		default: // nobody asks for it
		}
		return withScope(ctx, form.Scope), nil
	}
	d.url = serve(t, ws, &testschema.Root{OnEvents: events})
	return d
}

// join connects one client of a scope.
func (d *desk) join(t testing.TB, scope string) (*peer, *transport.Socket) {
	t.Helper()
	p := dial(t, d.url, "graphql-transport-ws")
	p.send(fmt.Sprintf(`{"type":"connection_init","payload":{"scope":%q}}`, scope))
	s := <-d.sockets
	p.expect(ackMessage)
	return p, s
}
