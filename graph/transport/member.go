package transport

import (
	"context"

	"github.com/99designs/gqlgen/graphql"
	"github.com/gorilla/websocket"
)

// member is one stay of an operation in a group; after a regroup the operation has another. It is heard only while it
// is its operation's member, which Socket.mu guards: that is how Regroup and complete cut it off at once, whatever its
// group and its prelude are doing.
type member struct {
	op    *operation
	group *group // nil until it joins; guarded by Socket.mu, does not change after it was cut off

	// Guarded by group.mu.
	slot int
	left bool

	since uint64 // the group's position when it joined; only its own goroutine looks

	// Guarded by Socket.mu.
	live      bool // the prelude has ended and nothing is held
	held      []item
	heldBytes int
	floor     uint64 // tail responses up to here are known to the subscriber
}

// share runs an operation as a member of a group. It returns when the prelude has ended; from then on the operation
// has no goroutine.
func (op *operation) share(ctx context.Context, key groupKey, opCtx *graphql.OperationContext) {
	m := &member{op: op}
	if !op.adopt(m) {
		return
	}
	defer func() {
		if cause := recover(); cause != nil {
			m.end(ending{errors: presentPanic(ctx, op.socket.exec, opCtx, cause)})
		}
	}()
	if m.join(op.socket.ws.enter(ctx, key, op.socket.exec, opCtx)) {
		m.catchUp(ctx, opCtx)
	}
}

// adopt makes m the member of its operation. If the socket was regrouped since the operation's goroutine started, its
// context and key may be old: it starts over.
func (op *operation) adopt(m *member) bool {
	s := op.socket
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.operations[op.id] != op:
		return false
	case op.generation != s.generation:
		s.start(op)
		return false
	}
	op.member, op.shared = m, true
	return true
}

// join is false when m was cut off meanwhile. It may find that the tail has just ended, and holds that end like any
// other item. If m does not become one of the group's members, its use of the group is given back.
func (m *member) join(g *group) bool {
	if !m.enter(g) {
		g.release(1)
		return false
	}
	if g.ended(m) {
		g.release(1)
	}
	return true
}

// ended adds m, or gives it the tail's ending. When m has left in between, leave has given back its use.
func (g *group) ended(m *member) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	switch {
	case m.left:
	case g.ending != nil:
		m.left = true
		m.take(item{ending: g.ending})
		return true
	default:
		m.slot, m.since = len(g.members), g.position
		g.members = append(g.members, m)
	}
	return false
}

func (m *member) enter(g *group) bool {
	m.op.socket.mu.Lock()
	defer m.op.socket.mu.Unlock()
	if m.op.member != m {
		return false
	}
	m.group = g
	return true
}

// leave takes m out of its group. Whoever cut m off calls it, with no lock held; nil and a second call do nothing.
func (m *member) leave() {
	if m == nil || m.group == nil {
		return
	}
	if m.group.drop(m) {
		m.group.release(1)
	}
}

func (g *group) drop(m *member) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	if m.left {
		return false
	}
	m.left = true
	if m.slot < len(g.members) && g.members[m.slot] == m { // not when it leaves before it was added
		last := len(g.members) - 1
		g.members[m.slot] = g.members[last]
		g.members[m.slot].slot = m.slot
		g.members[last] = nil
		g.members = g.members[:last]
	}
	return true
}

// take gives m an item of the tail. The caller holds group.mu.
func (m *member) take(it item) {
	s := m.op.socket
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case m.op.member != m: // cut off, or its socket is closing
	case m.live:
		m.pass(it)
	default:
		m.hold(it)
	}
}

// hold keeps what the tail sends while the prelude runs. Payloads are shared with the other members, but a prelude that
// does not end must not keep them for ever.
func (m *member) hold(it item) {
	m.held = append(m.held, it)
	if m.heldBytes += len(it.payload); m.heldBytes > m.op.socket.ws.QueueLimit {
		m.op.socket.ws.Counters.SlowCloses.Add(1)
		m.op.socket.shut(closeSlow)
	}
}

// pass queues an item unless the prelude has covered it. The caller holds Socket.mu.
func (m *member) pass(it item) {
	if it.ending != nil {
		m.conclude(*it.ending)
		return
	}
	if it.position <= m.floor {
		return
	}
	m.floor, m.op.last = it.position, mark{it.position, true}
	m.op.socket.push(websocket.TextMessage, m.op.head, it.payload, closingBrace)
}

// conclude ends the operation. The caller holds Socket.mu and sees to it that m leaves its group.
func (m *member) conclude(end ending) {
	s := m.op.socket
	if end.close.Code != 0 {
		s.shut(end.close)
		return
	}
	s.remove(m.op)
	if end.errors != nil {
		s.pushText(errorMessage(m.op.id, encodeErrors(end.errors)))
		return
	}
	s.pushText(completeMessage(m.op.id))
}

// end concludes the operation from its own goroutine, if m was not cut off.
func (m *member) end(end ending) {
	s := m.op.socket
	s.mu.Lock()
	if m.op.member == m {
		m.conclude(end)
	}
	s.mu.Unlock()
	m.leave()
}
