package transport

import (
	"context"

	"github.com/vektah/gqlparser/v2/gqlerror"
)

// operation is one subscribe message until its complete or error. It speaks only while it is the one that its socket
// knows under its id, so that a completed one cannot speak for a later one with the same id.
type operation struct {
	socket  *Socket
	id      string
	head    []byte // of its next messages
	request request

	// Guarded by Socket.mu.
	cancel     context.CancelFunc // ends its own execution
	generation int                // of its socket when its goroutine started
	shared     bool               // it has been a member
	member     *member            // its place in a group; nil when it runs alone, or has no place yet
	last       mark               // of the last event that it was sent as a member
}

// CodeTooMany is extensions.code of an operation beyond WebSocket.Operations.
const CodeTooMany = "RATE_LIMITED"

// subscribe starts an operation. One too many is refused with an error message instead of a close, so that the others
// on the socket, which are in order, go on.
func (s *Socket) subscribe(m message) {
	req, err := decodeRequest(m.Payload)
	if err != nil {
		s.close(badMessage(err.Error()))
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.state != ready:
		s.shut(CloseError{CloseNotInit, "Unauthorized"})
	case s.operations[m.ID] != nil:
		s.shut(CloseError{CloseDuplicate, "Subscriber with this id already exists"})
	case len(req.query) > s.ws.DocumentLimit:
		s.refuse(m.ID, &gqlerror.Error{Message: documentTooLong(s.ws.DocumentLimit)})
	case len(s.operations) >= s.ws.Operations || s.running >= 2*s.ws.Operations:
		s.refuse(m.ID, &gqlerror.Error{Message: "too many operations on this socket", Extensions: map[string]any{"code": CodeTooMany}})
	default:
		op := &operation{socket: s, id: m.ID, head: nextHead(m.ID), request: req}
		s.operations[m.ID] = op
		s.ws.Counters.Operations.Add(1)
		s.start(op)
	}
}

// refuse answers an operation that does not start. The caller holds mu.
func (s *Socket) refuse(id string, err *gqlerror.Error) {
	s.pushText(errorMessage(id, encodeErrors(gqlerror.List{err})))
}

// start gives an operation a goroutine and a context of its own. The caller holds mu and the socket is not closing.
func (s *Socket) start(op *operation) {
	ctx, cancel := context.WithCancel(s.ctx)
	op.cancel, op.generation = cancel, s.generation
	s.running++
	s.tasks.Add(1)
	go func() {
		defer s.rest(cancel)
		op.run(ctx)
	}()
}

func (s *Socket) rest(cancel context.CancelFunc) {
	cancel()
	s.mu.Lock()
	s.running--
	s.mu.Unlock()
	s.tasks.Done()
}

// complete ends the operation without an answer, as the protocol has it. An unknown id is one that has ended by itself.
func (s *Socket) complete(id string) {
	s.mu.Lock()
	op, left := s.operations[id], (*member)(nil)
	if op != nil {
		left = s.remove(op)
	}
	s.mu.Unlock()
	if op != nil {
		op.cancel()
		left.leave()
	}
}

// remove takes an operation from its socket and returns its member, if it is one, which must leave its group once mu
// is released. The caller holds mu.
func (s *Socket) remove(op *operation) *member {
	m := op.member
	op.member = nil
	delete(s.operations, op.id)
	s.ws.Counters.Operations.Add(-1)
	return m
}
