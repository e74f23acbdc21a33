package transport

import (
	"context"

	"github.com/99designs/gqlgen/graphql"
	"github.com/gorilla/websocket"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"
)

var closingBrace = []byte{'}'}

// run validates the operation and executes it, alone or as a member of a group.
func (op *operation) run(ctx context.Context) {
	var opCtx *graphql.OperationContext
	exec := op.socket.exec
	defer func() {
		if cause := recover(); cause != nil {
			op.fail(presentPanic(ctx, exec, opCtx, cause))
		}
	}()
	ctx = graphql.StartOperationTrace(ctx)
	opCtx, errs := exec.CreateOperationContext(ctx, op.request.params(op.socket.headers, graphql.Now()))
	if len(errs) > 0 {
		op.fail(exec.DispatchError(graphql.WithOperationContext(ctx, opCtx), errs).Errors)
		return
	}
	if key, ok := op.key(ctx, opCtx); ok {
		op.share(ctx, key, opCtx)
		return
	}
	next, inner := exec.DispatchOperation(ctx, opCtx)
	op.stream(ctx, opCtx.Operation.Operation, func() *graphql.Response { return next(inner) })
}

// key asks the application which group the operation belongs to. One that was shared before stays a member: only so
// does its resolver know where to resume.
func (op *operation) key(ctx context.Context, opCtx *graphql.OperationContext) (groupKey, bool) {
	if op.socket.ws.Share == nil || opCtx.Operation.Operation != ast.Subscription {
		return groupKey{}, false
	}
	// The document of the query cache is equal and there already; a copy per subscription would be kept for its life.
	op.request.query = opCtx.Operation.Position.Src.Input
	key := groupKey{document: op.request.query, operationName: opCtx.OperationName}
	shared, ok := op.socket.ws.Share(ctx, opCtx)
	switch {
	case ok:
		key.key = shared
	case op.shared:
		key.alone = op
	}
	return key, ok || op.shared
}

// stream sends the responses one by one. A query ends after its one response. When ctx has ended, so has the operation
// or its socket, and complete would say that all went well.
func (op *operation) stream(ctx context.Context, kind ast.Operation, next func() *graphql.Response) {
	for {
		response := next()
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
	if ctx.Err() == nil {
		op.end(completeMessage(op.id))
	}
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
	if s.operations[op.id] == op {
		s.remove(op)
		s.pushText(last)
	}
}
