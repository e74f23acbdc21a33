package transport_test

import (
	"context"
	"errors"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/99designs/gqlgen/graphql"
	"github.com/livedesk/livedesk/graph/transport"
	"github.com/livedesk/livedesk/graph/transport/internal/testschema"
	"github.com/vektah/gqlparser/v2/gqlerror"
)

func TestOneTailForAll(t *testing.T) {
	t.Parallel()
	j := newJournal(5)
	d := newDesk(t, j.events, &transport.WebSocket{})
	a, _ := d.join(t, "x")
	b, _ := d.join(t, "x")
	c, _ := d.join(t, "y")
	a.send(follows("a", 5))
	b.send(follows("b", 3))
	b.expect(event("b", 4, "x"), event("b", 5, "x"))
	c.send(follows("c", 4))
	c.expect(event("c", 5, "y"))
	await(t, "all are caught up", func() bool { return j.preludes.Load() == 3 })
	j.publish()
	a.expect(event("a", 6, "x"))
	b.expect(event("b", 6, "x"))
	c.expect(event("c", 6, "y"))
	if tails, groups := j.tails.Load(), d.Counters.Groups.Load(); tails != 2 || groups != 2 {
		t.Errorf("%d tails and %d groups, want 2: one for each scope", tails, groups)
	}

	// The tail outlives the one that came first, and ends with the last one.
	a.send(`{"id":"a","type":"complete"}`)
	_ = c.conn.Close()
	await(t, "the group of y is gone", func() bool { return d.Counters.Groups.Load() == 1 })
	j.publish()
	b.expect(event("b", 7, "x"))
	b.send(`{"id":"b","type":"complete"}`)
	await(t, "the last tail is gone", func() bool { return d.Counters.Groups.Load() == 0 })
	a.send(follows("a", 6))
	a.expect(event("a", 7, "x"))
	if tails := j.tails.Load(); tails != 3 {
		t.Errorf("%d tails, want 3", tails)
	}
}

// What Share refuses runs for its subscriber alone and has no Stream.
func TestNotShared(t *testing.T) {
	t.Parallel()
	j := newJournal(5)
	ws := &transport.WebSocket{}
	d := newDesk(t, j.events, ws)
	ws.Share = func(context.Context, *graphql.OperationContext) (string, bool) { return "", false }
	p, _ := d.join(t, "x")
	p.send(follows("1", 4))
	p.expect(event("1", 5, "x"))
	j.publish()
	p.expect(event("1", 6, "x"))
	if groups := d.Counters.Groups.Load(); groups != 0 {
		t.Errorf("%d groups", groups)
	}
}

// script is a resolver pair that a test drives step by step.
type script struct {
	tail    func(ctx context.Context, s *transport.Stream, out chan<- *testschema.Event)
	prelude func(ctx context.Context, s *transport.Stream, out chan<- *testschema.Event)
	refuse  func(s *transport.Stream) error
}

func (c script) events(ctx context.Context, _ string, _ *int) (<-chan *testschema.Event, error) {
	s := transport.StreamFrom(ctx)
	if c.refuse != nil {
		if err := c.refuse(s); err != nil {
			return nil, err
		}
	}
	run := c.tail
	if s.Prelude() {
		run = c.prelude
	}
	out := make(chan *testschema.Event)
	go func() {
		defer close(out)
		run(ctx, s, out)
	}()
	return out, nil
}

func idleTail(ctx context.Context, s *transport.Stream, _ chan<- *testschema.Event) {
	s.Started(1)
	<-ctx.Done()
}

func caughtUp(_ context.Context, s *transport.Stream, _ chan<- *testschema.Event) { s.CaughtUp(1) }

// counted is a prelude with nothing to send; whoever runs it has joined the group.
func counted(members *atomic.Int64) func(context.Context, *transport.Stream, chan<- *testschema.Event) {
	return func(_ context.Context, s *transport.Stream, _ chan<- *testschema.Event) {
		members.Add(1)
		s.CaughtUp(1)
	}
}

// The prelude delivers 4 to 6 while the tail, which started at 2, has sent 3 to 7: each position arrives once, in order.
func TestPreludeAndTailOverlap(t *testing.T) {
	t.Parallel()
	tailSent := make(chan struct{})
	d := newDesk(t, script{
		tail: func(ctx context.Context, s *transport.Stream, out chan<- *testschema.Event) {
			s.Started(2)
			send(ctx, s, out, 2, 7)
			close(tailSent)
			<-ctx.Done()
		},
		prelude: func(ctx context.Context, s *transport.Stream, out chan<- *testschema.Event) {
			<-tailSent
			send(ctx, s, out, 3, 6)
			s.CaughtUp(6)
		},
	}.events, &transport.WebSocket{})
	p, _ := d.join(t, "")
	p.send(follows("1", 3))
	p.expect(event("1", 4, ""), event("1", 5, ""), event("1", 6, ""), event("1", 7, ""))
}

// A prelude may not start before the tail has: what came between would be lost.
func TestPreludeWaitsForTheTail(t *testing.T) {
	t.Parallel()
	begin, early := make(chan struct{}), make(chan bool, 1)
	d := newDesk(t, script{
		tail: func(ctx context.Context, s *transport.Stream, _ chan<- *testschema.Event) {
			<-begin
			s.Started(1)
			<-ctx.Done()
		},
		prelude: func(_ context.Context, s *transport.Stream, _ chan<- *testschema.Event) {
			select {
			case <-begin:
				early <- false
			default:
				early <- true
			}
			s.CaughtUp(1)
		},
	}.events, &transport.WebSocket{})
	p, _ := d.join(t, "")
	p.send(follows("1", 1), `{"type":"ping"}`)
	p.expect(`{"type":"pong"}`)
	close(begin)
	if <-early {
		t.Error("the prelude ran before the tail had started")
	}
}

func TestTailContext(t *testing.T) {
	t.Parallel()
	type seen struct {
		scope  string
		socket *transport.Socket
	}
	tail := make(chan seen, 1)
	d := newDesk(t, script{
		tail: func(ctx context.Context, s *transport.Stream, out chan<- *testschema.Event) {
			tail <- seen{scopeOf(ctx), transport.SocketFrom(ctx)}
			idleTail(ctx, s, out)
		},
		prelude: caughtUp,
	}.events, &transport.WebSocket{})
	p, _ := d.join(t, "x")
	p.send(follows("1", 1))
	if got := <-tail; got.scope != "x" || got.socket != nil {
		t.Errorf("got scope %q and socket %p, want the scope and no socket", got.scope, got.socket)
	}
}

// How a shared subscription ends, as its subscriber sees it.
func TestSharedEndings(t *testing.T) {
	t.Parallel()
	refusal := func(prelude bool) func(*transport.Stream) error {
		return func(s *transport.Stream) error {
			if s.Prelude() == prelude {
				return errors.New("the cursor is too old")
			}
			return nil
		}
	}
	failing := func(err error) func(context.Context, *transport.Stream, chan<- *testschema.Event) {
		return func(_ context.Context, s *transport.Stream, _ chan<- *testschema.Event) {
			s.Started(1)
			s.Fail(err)
		}
	}
	nothing := func(context.Context, *transport.Stream, chan<- *testschema.Event) {}
	const (
		complete = `{"id":"1","type":"complete"}`
		refused  = `{"id":"1","type":"error","payload":[{"message":"the cursor is too old","path":["events"],"locations":[{"line":1,"column":26}]}]}`
		failed   = `{"id":"1","type":"error","payload":[{"message":"the feed is broken"}]}`
		misused  = `{"id":"1","type":"error","payload":[{"message":"a shared subscription sent an event before Started or without At"}]}`
		panicked = `{"id":"1","type":"error","payload":[{"message":"internal system error","path":["events"]}]}`
	)
	broken, resume := errors.New("the feed is broken"), transport.CloseError{Code: transport.CloseResume, Reason: "Resume"}
	unsaid := func(ctx context.Context, s *transport.Stream, out chan<- *testschema.Event) {
		s.Started(1)
		out <- &testschema.Event{Position: 2}
	}
	cases := []struct {
		name   string
		script script
		want   string // "" for a close with 1013
	}{
		{"prelude refused", script{tail: idleTail, prelude: caughtUp, refuse: refusal(true)}, refused},
		{"prelude fails", script{tail: idleTail, prelude: failing(broken)}, failed},
		{"prelude closes", script{tail: idleTail, prelude: failing(resume)}, ""},
		{"prelude ends without CaughtUp", script{tail: idleTail, prelude: nothing}, complete},
		{"prelude sends without At", script{tail: idleTail, prelude: unsaid}, misused},
		{"prelude stays behind the tail", script{tail: func(ctx context.Context, s *transport.Stream, _ chan<- *testschema.Event) {
			s.Started(2)
			<-ctx.Done()
		}, prelude: caughtUp}, ""},
		{"tail refused", script{tail: idleTail, prelude: caughtUp, refuse: refusal(false)}, refused},
		{"tail fails", script{tail: failing(broken), prelude: caughtUp}, failed},
		{"tail closes", script{tail: failing(resume), prelude: caughtUp}, ""},
		{"tail ends", script{tail: failing(nil), prelude: caughtUp}, complete},
		{"tail ends before Started", script{tail: nothing, prelude: caughtUp}, complete},
		{"tail sends without At", script{tail: unsaid, prelude: caughtUp}, misused},
		{"tail sends before Started", script{tail: func(_ context.Context, s *transport.Stream, out chan<- *testschema.Event) {
			s.At(2)
			out <- &testschema.Event{Position: 2}
		}, prelude: caughtUp}, misused},
		{"tail panics", script{tail: idleTail, prelude: caughtUp, refuse: func(s *transport.Stream) error {
			if !s.Prelude() {
				panic("secret")
			}
			return nil
		}}, panicked},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			d := newDesk(t, c.script.events, &transport.WebSocket{})
			p, _ := d.join(t, "")
			p.send(follows("1", 1))
			if c.want == "" {
				p.expectClose(1013, "Resume")
			} else {
				p.expect(c.want)
				p.send(`{"type":"ping"}`)
				p.expect(`{"type":"pong"}`)
			}
			await(t, "the group is gone", func() bool { return d.Counters.Groups.Load() == 0 && d.Counters.Operations.Load() == 0 })
		})
	}
}

// A prelude that hangs while the tail goes on must not keep more than the queue may hold.
func TestHeldResponsesAreBounded(t *testing.T) {
	t.Parallel()
	d := newDesk(t, script{
		tail: func(ctx context.Context, s *transport.Stream, out chan<- *testschema.Event) {
			s.Started(1)
			send(ctx, s, out, 1, 1000)
			<-ctx.Done()
		},
		prelude: func(ctx context.Context, _ *transport.Stream, _ chan<- *testschema.Event) { <-ctx.Done() },
	}.events, &transport.WebSocket{QueueLimit: 10_000})
	p, _ := d.join(t, "")
	p.send(follows("1", 1))
	p.expectClose(1013, "Too slow, resume")
	if got := d.Counters.SlowCloses.Load(); got != 1 {
		t.Errorf("%d slow closes", got)
	}
}

// A frame that the kernel has taken in part is ended before the close frame, also when the queue overflows at once.
func TestABegunFrameIsEnded(t *testing.T) {
	t.Parallel()
	const large = 16 << 20 // more than the kernel holds for a socket
	d := newDesk(t, script{
		tail: func(ctx context.Context, s *transport.Stream, out chan<- *testschema.Event) {
			s.Started(1)
			for i, length := range []int{large, 200_000, 200_000} {
				s.At(uint64(i + 2))
				select {
				case out <- &testschema.Event{Position: i + 2, Scope: strings.Repeat("x", length)}:
				case <-ctx.Done():
				}
			}
		},
		prelude: caughtUp,
	}.events, &transport.WebSocket{WriteTimeout: patience, QueueLimit: 100_000})
	p, _ := d.join(t, "")
	p.send(follows("1", 1))
	await(t, "the queue overflows", func() bool { return d.Counters.SlowCloses.Load() == 1 })
	if first := p.receive(); !strings.HasSuffix(first, "}}}}") || len(first) < large {
		t.Errorf("%d bytes of the frame came, and end with %q", len(first), first[max(0, len(first)-20):])
	}
	p.expectClose(1013, "Too slow, resume")
}

// One member does not read: it is closed with 1013 when its queue is full, and the other one misses nothing.
func TestStalledMember(t *testing.T) {
	t.Parallel()
	tick := make(chan uint64)
	defer close(tick)
	var members atomic.Int64
	d := newDesk(t, script{
		tail: func(_ context.Context, s *transport.Stream, out chan<- *testschema.Event) {
			s.Started(1)
			for i := range tick {
				s.At(i)
				out <- &testschema.Event{Position: int(i), Scope: strings.Repeat("x", 10_000)}
			}
		},
		prelude: counted(&members),
	}.events, &transport.WebSocket{WriteTimeout: patience})
	stalled, _ := d.join(t, "")
	reading, _ := d.join(t, "")
	for _, p := range []*peer{stalled, reading} {
		p.send(follows("1", 1))
	}
	await(t, "both are members", func() bool { return members.Load() == 2 })
	next := uint64(2)
	publish := func() {
		tick <- next
		reading.expect(event("1", next, strings.Repeat("x", 10_000)))
		next++
	}
	for d.Counters.SlowCloses.Load() == 0 {
		publish()
	}
	stalled.expectClose(1013, "Too slow, resume")
	publish()
	if got := d.Counters.SlowCloses.Load(); got != 1 {
		t.Errorf("%d slow closes, want 1", got)
	}
}

// A panic in the application's Share ends that operation only, and says nothing of its cause.
func TestSharePanics(t *testing.T) {
	t.Parallel()
	ws := &transport.WebSocket{}
	d := newDesk(t, newJournal(0).events, ws)
	ws.Share = func(context.Context, *graphql.OperationContext) (string, bool) { panic("secret") }
	p, _ := d.join(t, "")
	p.send(follows("1", 0))
	p.expect(`{"id":"1","type":"error","payload":[{"message":"internal system error"}]}`)
	p.send(subscribe("1", "{ping}"))
	p.expect(`{"id":"1","type":"next","payload":{"data":{"ping":"pong"}}}`)
}

func TestShareKey(t *testing.T) {
	t.Parallel()
	const (
		once       = "query($v:String!,$w:String!){echo(text:$v) find(by:{name:$w})}"
		twice      = "query($v:String!,$w:String!){echo(text:$v) find(by:{name:$w}) other:echo(text:$v)}"
		inFragment = "query($v:String!,$w:String!){echo(text:$v) ...F} fragment F on Query{find(by:{any:[{name:$v},{name:$w}]})}"
		inDefault  = "query($v:String=\"a\",$w:String!){echo(text:\"a\") find(by:{name:$w}) b:echo(text:$v)}"
	)
	same := func(query string, v, w, scope string) bool {
		return shareKey(t, query, "a", "b", "s") == shareKey(t, query, v, w, scope)
	}
	cases := []struct {
		name   string
		shared bool
	}{
		{"another position", same(once, "x", "b", "s")},
		{"another variable", !same(once, "a", "x", "s")},
		{"another scope", !same(once, "a", "b", "x")},
		{"used twice", !same(twice, "x", "b", "s")},
		{"used in a fragment", !same(inFragment, "x", "b", "s")},
		{"used elsewhere only", same(inDefault, "a", "b", "s")},
	}
	for _, c := range cases {
		if !c.shared {
			t.Errorf("%s: wrong key", c.name)
		}
	}
}

// shareKey is the key of a query whose root argument text says where to resume.
func shareKey(t *testing.T, query, v, w, scope string) string {
	t.Helper()
	reader := &keyReader{scope: scope}
	h := newHandler(&testschema.Root{}, transport.HTTP{})
	h.Use(reader)
	if got := post(t, h, query, map[string]any{"v": v, "w": w}); strings.Contains(got, `"errors"`) {
		t.Fatalf("%s: %s", query, got)
	}
	return reader.key
}

type keyReader struct{ scope, key string }

func (*keyReader) ExtensionName() string                   { return "keyReader" }
func (*keyReader) Validate(graphql.ExecutableSchema) error { return nil }

func (r *keyReader) MutateOperationContext(_ context.Context, op *graphql.OperationContext) *gqlerror.Error {
	key, err := transport.ShareKey(op, r.scope, "text")
	r.key = key
	return gqlerror.WrapIfUnwrapped(err)
}
