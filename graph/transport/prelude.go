package transport

import (
	"context"

	"github.com/99designs/gqlgen/graphql"
	"github.com/gorilla/websocket"
)

// catchUp waits for the tail to start, runs the prelude, and joins the two. If ctx ends, m was cut off: by complete, by
// Regroup or by the end of the socket.
func (m *member) catchUp(ctx context.Context, op *graphql.OperationContext) {
	select {
	case <-m.group.begun:
	case <-ctx.Done():
		return
	}
	start, started := m.group.startedAt()
	if !started {
		m.goLive(ctx, 0) // what it holds is the end
		return
	}
	reached, end := m.runPrelude(ctx, op)
	switch {
	case ctx.Err() != nil:
	case end != nil:
		m.end(*end)
	case reached < max(start, m.since):
		// The prelude read less far than the tail had, against the contract of Stream: better to resume than to miss.
		m.end(ending{close: closeGap})
	default:
		m.goLive(ctx, reached)
	}
}

// startedAt is the group's position now, and false when the tail ended before it started.
func (g *group) startedAt() (uint64, bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.start, g.started
}

// runPrelude returns how far it came, or how it ended the operation.
func (m *member) runPrelude(ctx context.Context, op *graphql.OperationContext) (reached uint64, end *ending) {
	exec, stream := m.op.socket.exec, &Stream{prelude: true, resume: m.resume()}
	next, inner := exec.DispatchOperation(withStream(ctx, stream), op)
	for {
		response := next(inner)
		if response == nil {
			break
		}
		if isRefused(response) {
			return 0, &ending{errors: response.Errors}
		}
		position, ok := stream.next()
		if !ok {
			e := endingOf(inner, exec, op, errNoPosition)
			return 0, &e
		}
		if !m.send(ctx, position, response) {
			return 0, &ending{}
		}
	}
	upTo, failure := stream.outcome()
	if failure != nil || !upTo.ok {
		e := endingOf(inner, exec, op, failure)
		return 0, &e
	}
	return upTo.position, nil
}

func (m *member) resume() mark {
	m.op.socket.mu.Lock()
	defer m.op.socket.mu.Unlock()
	return m.op.last
}

// send queues one response of the prelude, and waits for room like any execution with one subscriber. It is false when
// m was cut off.
func (m *member) send(ctx context.Context, position uint64, response *graphql.Response) bool {
	b := buffers.Get().(*buffer)
	defer b.release()
	b.bytes = appendResponse(b.bytes, response)
	op, s := m.op, m.op.socket
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.waitForRoom(ctx, len(op.head)+len(b.bytes)+1) || op.member != m {
		return false
	}
	if op.last.ok && position <= op.last.position {
		return true
	}
	op.last = mark{position, true}
	s.push(websocket.TextMessage, op.head, b.bytes, closingBrace)
	return true
}

// goLive passes on what was held and is later than the prelude; when nothing is held any more the group delivers
// directly. Both happen under Socket.mu, so nothing comes between.
func (m *member) goLive(ctx context.Context, reached uint64) {
	op, s := m.op, m.op.socket
	s.mu.Lock()
	defer s.mu.Unlock()
	m.floor = max(reached, op.last.position)
	for len(m.held) > 0 {
		if !s.waitForRoom(ctx, len(op.head)+len(m.held[0].payload)+1) || op.member != m {
			return
		}
		it := m.held[0]
		m.held, m.heldBytes = m.held[1:], m.heldBytes-len(it.payload)
		m.pass(it)
		if op.member != m {
			return
		}
	}
	m.held, m.live = nil, true
}
