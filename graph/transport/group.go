package transport

import (
	"context"
	"runtime"
	"sync"

	"github.com/99designs/gqlgen/graphql"
)

// groups finds the shared execution of each key. mu is held for a map access only, never during a delivery.
type groups struct {
	mu    sync.Mutex
	byKey map[groupKey]*group
}

// groupKey is what makes two subscriptions the same. alone sets one apart that may no longer be shared after a regroup.
type groupKey struct {
	document, operationName, key string
	alone                        *operation
}

// group is one running tail and those it is delivered to.
//
// Ordering, on which "no gap, no duplicate" rests: a member is added to members before its prelude starts, and its
// prelude starts after begun. deliver holds mu from noting the position to the last member, and adding a member takes
// mu. So each response either was delivered before the member joined, and then its position is at most member.since,
// which the prelude must reach; or is delivered to the member, which holds it until its prelude has ended.
type group struct {
	ws     *WebSocket
	exec   graphql.GraphExecutor
	key    groupKey
	cancel context.CancelFunc // ends the tail
	begun  chan struct{}      // closed by Stream.Started, or when the tail has ended without it

	users int // members that have not left, and joins under way; guarded by groups.mu

	mu       sync.Mutex
	started  bool
	start    uint64 // where the tail started
	position uint64 // the same, then that of the last response delivered
	members  []*member
	ending   *ending // how the tail ended
}

// item is one response of a tail, shared by all members, or its end.
type item struct {
	position uint64
	payload  []byte
	ending   *ending
}

// enter finds or starts the tail of a key and counts the caller as a user, who must release it. The tail's context has
// the values of the operation that came first, but neither its end nor its socket.
func (ws *WebSocket) enter(ctx context.Context, key groupKey, exec graphql.GraphExecutor, op *graphql.OperationContext) *group {
	ws.groups.mu.Lock()
	defer ws.groups.mu.Unlock()
	if g := ws.groups.byKey[key]; g != nil {
		g.users++
		return g
	}
	ctx = context.WithValue(context.WithoutCancel(ctx), socketKey{}, (*Socket)(nil))
	ctx, cancel := context.WithCancel(ctx)
	g := &group{ws: ws, exec: exec, key: key, cancel: cancel, begun: make(chan struct{}), users: 1}
	ws.groups.byKey[key] = g
	ws.Counters.Groups.Add(1)
	ws.work.Add(1)
	go g.run(ctx, fork(op))
	return g
}

// release gives up users. The last one ends the tail; a subscriber that comes now gets a new one.
func (g *group) release(users int) {
	groups := &g.ws.groups
	groups.mu.Lock()
	defer groups.mu.Unlock()
	if g.users -= users; g.users == 0 {
		groups.remove(g)
		g.cancel()
	}
}

func (gs *groups) remove(g *group) {
	if gs.byKey[g.key] == g {
		delete(gs.byKey, g.key)
	}
}

// fork makes an operation context for a second execution of the same operation. What gqlgen writes into one while it
// executes must not be shared, and the headers are those of one subscriber.
func fork(op *graphql.OperationContext) *graphql.OperationContext {
	return &graphql.OperationContext{
		RawQuery:               op.RawQuery,
		Variables:              op.Variables,
		OperationName:          op.OperationName,
		Doc:                    op.Doc,
		Extensions:             op.Extensions,
		Operation:              op.Operation,
		DisableIntrospection:   op.DisableIntrospection,
		RecoverFunc:            op.RecoverFunc,
		ResolverMiddleware:     op.ResolverMiddleware,
		RootResolverMiddleware: op.RootResolverMiddleware,
		Stats:                  graphql.Stats{OperationStart: op.Stats.OperationStart},
	}
}

func (g *group) run(ctx context.Context, op *graphql.OperationContext) {
	defer g.ws.work.Done()
	defer g.ws.Counters.Groups.Add(-1)
	defer g.cancel()
	g.end(g.deliverAll(ctx, op))
}

// deliverAll runs the tail and returns how it ended.
func (g *group) deliverAll(ctx context.Context, op *graphql.OperationContext) (end ending) {
	defer func() {
		if cause := recover(); cause != nil {
			end = ending{errors: presentPanic(ctx, g.exec, op, cause)}
		}
	}()
	stream := &Stream{begin: g.begin}
	next, ctx := g.exec.DispatchOperation(withStream(ctx, stream), op)
	for {
		response := next(ctx)
		if response == nil {
			_, failure := stream.outcome()
			return endingOf(ctx, g.exec, op, failure)
		}
		if isRefused(response) {
			return ending{errors: response.Errors}
		}
		position, ok := stream.next()
		payload := appendResponse(make([]byte, 0, len(response.Data)+64), response)
		if !ok || !g.deliver(item{position: position, payload: payload}) {
			return endingOf(ctx, g.exec, op, errNoPosition)
		}
	}
}

// begin opens the group to its members' preludes.
func (g *group) begin(position uint64) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if !g.started && g.ending == nil {
		g.started, g.start, g.position = true, position, position
		close(g.begun)
	}
}

// deliver is false before begin: members would not know what they missed.
func (g *group) deliver(it item) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	if !g.started {
		return false
	}
	g.position = it.position
	each(g.members, func(m *member) { m.take(it) })
	return true
}

// apart is from how many members on it pays to let another processor take a share of them.
const apart = 32

// each does something for every member, on as many processors as there are, and returns when all is done.
func each(members []*member, do func(*member)) {
	share := max(apart, (len(members)+runtime.GOMAXPROCS(0)-1)/runtime.GOMAXPROCS(0))
	var others sync.WaitGroup
	for len(members) > share {
		theirs := members[:share]
		members = members[share:]
		others.Go(func() {
			for _, m := range theirs {
				do(m)
			}
		})
	}
	for _, m := range members {
		do(m)
	}
	others.Wait()
}

// end tells the members that the tail is over. Later subscribers get a new one.
func (g *group) end(end ending) {
	g.ws.groups.mu.Lock()
	g.ws.groups.remove(g)
	g.ws.groups.mu.Unlock()
	g.mu.Lock()
	g.ending = &end
	last := g.members
	g.members = nil
	for _, m := range last {
		m.left = true
		m.take(item{ending: &end})
	}
	if !g.started {
		close(g.begun)
	}
	g.mu.Unlock()
	g.release(len(last))
}
