package transport

import (
	"cmp"
	"context"
	"encoding/json"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/99designs/gqlgen/graphql"
	"github.com/gorilla/websocket"
)

const subprotocol = "graphql-transport-ws"

// WebSocket serves queries, mutations and subscriptions over graphql-transport-ws. Set the fields before the first
// request and use it by pointer; zero fields have the defaults that are named. It holds every open socket.
type WebSocket struct {
	// CheckOrigin tells whether a page of the request's Origin may connect; a refused one gets 403 before the upgrade.
	// When nil the Origin, if there is one, must be our own host.
	CheckOrigin func(r *http.Request) bool

	// Init is called once with the payload of connection_init (nil when it has none) and returns the context of all
	// operations, derived from ctx. ctx ends with the socket and SocketFrom(ctx) finds it. An error closes the socket:
	// with its CloseError, else with 4403. When the returned context ends, the socket closes with the CloseError that
	// is its cause, else with 4403. When nil everybody is let in.
	Init func(ctx context.Context, payload json.RawMessage) (context.Context, error)

	// Share names the subscriptions that may share one execution: those with the same document, operation name and
	// key. The key must hold the variables, except those that only say where to resume, and all that visibility
	// depends on, extensions included; ShareKey makes one. ok is false for an operation that runs for its subscriber alone. When nil none
	// is shared. Resolvers of shared operations follow the contract of Stream.
	Share func(ctx context.Context, op *graphql.OperationContext) (key string, ok bool)

	InitTimeout   time.Duration // from the upgrade to connection_ack; 5 s
	PingInterval  time.Duration // between websocket pings; a peer silent for twice as long is gone; 25 s
	WriteTimeout  time.Duration // for 64 KB to be taken by the peer; 10 s
	ReadLimit     int64         // bytes of a message from the client; 64 KB
	DocumentLimit int           // bytes of a document; 16 KB
	QueueLimit    int           // bytes that may wait for one client; 1 MB
	Operations    int           // at the same time on one socket; a further one is answered with an error message; 50
	Sockets       int           // at the same time; a further handshake is answered 503; no limit when zero

	// Counters may be read at any time.
	Counters Counters

	once     sync.Once
	upgrader websocket.Upgrader
	groups   groups

	mu      sync.Mutex
	open    map[*Socket]struct{}
	count   int // open sockets and handshakes under way
	stopped bool
	work    sync.WaitGroup // sockets and shared executions
}

// Counters is what a WebSocket does and has done.
type Counters struct {
	Sockets    atomic.Int64 // open now
	Operations atomic.Int64 // under way now, on all sockets
	Groups     atomic.Int64 // shared executions now
	MessagesIn atomic.Int64 // received so far
	FramesOut  atomic.Int64 // queued so far, control frames too
	BytesOut   atomic.Int64 // of their payloads
	SlowCloses atomic.Int64 // sockets closed because the client did not keep up
}

var _ graphql.Transport = (*WebSocket)(nil)

// Supports takes websocket handshakes.
func (ws *WebSocket) Supports(r *http.Request) bool { return websocket.IsWebSocketUpgrade(r) }

// Do upgrades the connection and returns: a goroutine of its own reads the socket, so that the HTTP server's buffers
// and stack are freed.
func (ws *WebSocket) Do(w http.ResponseWriter, r *http.Request, exec graphql.GraphExecutor) {
	ws.once.Do(ws.setDefaults)
	if !ws.admit() {
		w.Header().Set("Retry-After", "5")
		http.Error(w, http.StatusText(http.StatusServiceUnavailable), http.StatusServiceUnavailable)
		return
	}
	conn, err := ws.upgrader.Upgrade(w, r, nil)
	if err != nil { // Upgrade has answered
		ws.leave(nil)
		return
	}
	s := newSocket(ws, conn, r, exec)
	if conn.Subprotocol() != subprotocol {
		s.Close(CloseSubprotocol, "Subprotocol not acceptable")
	}
	if !ws.register(s) {
		s.close(closeRestart)
	}
	go s.read()
}

func (ws *WebSocket) setDefaults() {
	ws.InitTimeout = cmp.Or(ws.InitTimeout, 5*time.Second)
	ws.PingInterval = cmp.Or(ws.PingInterval, 25*time.Second)
	ws.WriteTimeout = cmp.Or(ws.WriteTimeout, 10*time.Second)
	ws.ReadLimit = cmp.Or(ws.ReadLimit, defaultBodyLimit)
	ws.DocumentLimit = cmp.Or(ws.DocumentLimit, defaultDocumentLimit)
	ws.QueueLimit = cmp.Or(ws.QueueLimit, 1<<20)
	ws.Operations = cmp.Or(ws.Operations, 50)
	ws.open = map[*Socket]struct{}{}
	ws.groups.byKey = map[groupKey]*group{}
	ws.upgrader = websocket.Upgrader{
		HandshakeTimeout: ws.WriteTimeout,
		// The smallest that holds a control frame comfortably: there is one per socket, and messages are longer anyway.
		ReadBufferSize: 512,
		// gorilla keeps a write buffer per socket unless it has a pool. Ours writes past it (queue).
		WriteBufferPool: &sync.Pool{},
		Subprotocols:    []string{subprotocol},
		CheckOrigin:     ws.CheckOrigin,
	}
}
