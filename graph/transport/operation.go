package transport

import (
	"context"
	"time"

	"github.com/99designs/gqlgen/graphql"
	"github.com/gorilla/websocket"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"
)

// operation is one subscribe message until its complete or error. It speaks only while it is the one that its socket
// knows under its id, so that a completed one cannot speak for a later one with the same id.
type operation struct {
	socket  *Socket
	id      string
	head    []byte // of its next messages
	request request
	cancel  context.CancelFunc // ends its own execution; guarded by Socket.mu
}

var closingBrace = []byte{'}'}

// CodeTooMany is extensions.code of an operation beyond WebSocket.Operations.
const CodeTooMany = "RATE_LIMITED"

// subscribe starts an operation. One too many is refused with an error message instead of a close, so that the others
// on the socket, which are in order, go on.
func (s *Socket) subscribe(m message) {
	start := graphql.Now()
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
		s.start(op, func(ctx context.Context) { op.run(ctx, start) })
	}
}

// refuse answers an operation that does not start. The caller holds mu.
func (s *Socket) refuse(id string, err *gqlerror.Error) {
	s.pushText(errorMessage(id, encodeErrors(gqlerror.List{err})))
}

// start gives an operation a goroutine and a context of its own. The caller holds mu and the socket is not closing.
func (s *Socket) start(op *operation, run func(context.Context)) {
	ctx, cancel := context.WithCancel(s.ctx)
	op.cancel = cancel
	s.running++
	s.tasks.Add(1)
	go func() {
		defer s.rest(cancel)
		run(ctx)
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
	op := s.operations[id]
	delete(s.operations, id)
	s.mu.Unlock()
	if op != nil {
		op.stop()
	}
}

// stop releases what an operation holds after it was taken from its socket.
func (op *operation) stop() {
	op.socket.ws.Counters.Operations.Add(-1)
	op.cancel()
}

func (op *operation) run(ctx context.Context, start time.Time) {
	var opCtx *graphql.OperationContext
	defer func() {
		if cause := recover(); cause != nil {
			op.fail(op.present(ctx, opCtx, cause))
		}
	}()
	ctx = graphql.StartOperationTrace(ctx)
	exec := op.socket.exec
	opCtx, errs := exec.CreateOperationContext(ctx, op.request.params(op.socket.headers, start))
	if len(errs) > 0 {
		op.fail(exec.DispatchError(graphql.WithOperationContext(ctx, opCtx), errs).Errors)
		return
	}
	next, ctx := exec.DispatchOperation(ctx, opCtx)
	op.stream(ctx, opCtx.Operation.Operation, next)
}

// stream sends the responses one by one. A query ends after its one response.
func (op *operation) stream(ctx context.Context, kind ast.Operation, next graphql.ResponseHandler) {
	for {
		response := next(ctx)
		if response == nil {
			break
		}
		if isRefused(response) {
			op.fail(response.Errors)
			return
		}
		if !op.send(ctx, response) || kind != ast.Subscription {
			break
		}
	}
	op.end(completeMessage(op.id))
}

// send queues one next message, or tells that the operation has ended. It waits while the queue is half full: this
// execution has no other subscriber, so a slow client may hold it up. The other half is for those that cannot wait.
func (op *operation) send(ctx context.Context, response *graphql.Response) bool {
	b := buffers.Get().(*buffer)
	defer b.release()
	b.bytes = appendResponse(b.bytes, response)
	s := op.socket
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.waitForRoom(ctx, len(op.head)+len(b.bytes)+1) || s.operations[op.id] != op {
		return false
	}
	s.push(websocket.TextMessage, op.head, b.bytes, closingBrace)
	return true
}

// fail ends the operation with an error message, after which the protocol allows no complete.
func (op *operation) fail(errs gqlerror.List) { op.end(errorMessage(op.id, encodeErrors(errs))) }

func (op *operation) end(last []byte) {
	s := op.socket
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.operations[op.id] != op {
		return
	}
	delete(s.operations, op.id)
	s.ws.Counters.Operations.Add(-1)
	s.pushText(last)
}

// present turns a panic into errors for the client, through the recover function and the presenter of the application.
func (op *operation) present(ctx context.Context, opCtx *graphql.OperationContext, cause any) gqlerror.List {
	recovered := graphql.DefaultRecover
	if opCtx != nil && opCtx.RecoverFunc != nil {
		recovered, ctx = opCtx.RecoverFunc, graphql.WithOperationContext(ctx, opCtx)
	}
	err := gqlerror.WrapIfUnwrapped(recovered(ctx, cause))
	return op.socket.exec.DispatchError(ctx, gqlerror.List{err}).Errors
}
