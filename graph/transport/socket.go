package transport

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"runtime/debug"
	"sync"
	"time"

	"github.com/99designs/gqlgen/graphql"
	"github.com/gorilla/websocket"
)

// Socket is one open connection. An application finds it with SocketFrom in Init, keeps it, and closes or regroups it
// when what its user may see changes. Its methods may be called from any goroutine.
//
// Locks are taken in the order groups.mu, group.mu, Socket.mu, Stream.mu; nothing of the application is called under any of them.
type Socket struct {
	ws      *WebSocket
	exec    graphql.GraphExecutor
	conn    *websocket.Conn // read by one goroutine; never written through
	netConn net.Conn
	headers http.Header
	base    context.Context // ends with the socket
	cancel  context.CancelCauseFunc

	mu         sync.Mutex
	state      state
	ctx        context.Context       // of operations: base, until Init returns another
	operations map[string]*operation // by id; none once closing
	running    int                   // goroutines of operations, those of completed ones included
	generation int                   // counts Regroup
	out        queue
	timer      *time.Timer // the init time-out, then pings
	unwatch    func() bool // stops watching ctx

	writes sync.WaitGroup // the flusher
	tasks  sync.WaitGroup // everything else but the reader; only added to under mu and before closing
}

type state int

const (
	connected    state = iota // no connection_init yet
	initialising              // Init runs
	ready                     // acknowledged
	closing                   // nothing more is accepted or queued; the close frame, if any, is queued
)

// closeGrace is how long the peer may take to answer our close frame. Reading until then keeps the kernel from
// resetting the connection, which would take the close frame from the client.
const closeGrace = 3 * time.Second

type socketKey struct{}

// SocketFrom finds the socket that an operation came on. It is nil for HTTP and in shared executions.
func SocketFrom(ctx context.Context) *Socket {
	s, _ := ctx.Value(socketKey{}).(*Socket)
	return s
}

func newSocket(ws *WebSocket, conn *websocket.Conn, r *http.Request, exec graphql.GraphExecutor) *Socket {
	s := &Socket{ws: ws, exec: exec, conn: conn, netConn: conn.NetConn(), headers: r.Header, operations: map[string]*operation{}}
	// The request's context ends when its handler returns; its values stay of use.
	base, cancel := context.WithCancelCause(context.WithoutCancel(r.Context()))
	s.base, s.cancel = context.WithValue(base, socketKey{}, s), cancel
	s.ctx = s.base
	s.out.direct.init(s.netConn)
	conn.SetPingHandler(func(payload string) error { s.answerPing([]byte(payload)); return nil })
	conn.SetPongHandler(func(string) error { s.isHeard(); return nil })
	conn.SetCloseHandler(func(code int, _ string) error { s.answerClose(code); return nil })
	s.mu.Lock()
	defer s.mu.Unlock()
	s.timer = time.AfterFunc(ws.InitTimeout, s.tick)
	return s
}

// Context is the context of the socket's operations: the one that Init returned, or SetContext set. It ends with the
// socket.
func (s *Socket) Context() context.Context {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.ctx
}

// SetContext gives later operations, and those that Regroup runs again, another context. It must be derived from
// Context(), and its end does not close the socket. Before Init has returned it has no effect: Regroup, which belongs
// to it, closes the socket then.
func (s *Socket) SetContext(ctx context.Context) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.ctx = ctx
}

// Close sends what is queued, then a close frame with the code (1000 to 4999) and the reason, which is cut at 123
// bytes. It does not wait.
func (s *Socket) Close(code int, reason string) { s.close(CloseError{code, reason}) }

// tick closes a socket that nobody initialised, and pings the others. Browsers answer websocket pings by themselves,
// so clients need no code for it.
func (s *Socket) tick() {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch s.state {
	case closing:
	case ready:
		s.push(websocket.PingMessage, nil, nil, nil)
		s.timer.Reset(s.ws.PingInterval)
	default:
		s.shut(CloseError{CloseInitTimeout, "Connection initialisation timeout"})
	}
}

// initialise runs Init beside the reader, so that a second connection_init, a subscribe that comes too early or the
// end of the connection is noticed meanwhile.
func (s *Socket) initialise(payload json.RawMessage) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.state != connected {
		s.shut(CloseError{CloseTwoInits, "Too many initialisation requests"})
		return
	}
	s.state = initialising
	s.tasks.Add(1)
	go func() {
		defer s.tasks.Done()
		ctx, err := s.callInit(payload)
		if err != nil {
			s.close(closeErrorOf(err, closeForbidden))
			return
		}
		s.acknowledge(ctx)
	}()
}

func (s *Socket) callInit(payload json.RawMessage) (ctx context.Context, err error) {
	if s.ws.Init == nil {
		return s.base, nil
	}
	defer func() {
		if cause := recover(); cause != nil {
			// The value may hold what the client sent; the stack says where it was.
			slog.ErrorContext(s.base, "websocket init panicked", "type", fmt.Sprintf("%T", cause), "stack", string(debug.Stack()))
			err = closeInternal
		}
	}()
	return s.ws.Init(s.base, payload)
}

func (s *Socket) acknowledge(ctx context.Context) {
	if ctx == nil {
		ctx = s.base
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.state == closing {
		return
	}
	s.state, s.ctx = ready, ctx
	s.unwatch = context.AfterFunc(ctx, func() { s.close(closeErrorOf(context.Cause(ctx), closeForbidden)) })
	s.pushText(ackMessage)
	s.timer.Reset(s.ws.PingInterval)
}
