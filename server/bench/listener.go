package bench

import (
	"bytes"
	"context"
	_ "embed"
	"fmt"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/gorilla/websocket"
)

// eventsDocument is what the contract has an app subscribe with; a test compares the two.
//
//go:embed events.graphql
var eventsDocument string

// listener is an agent's app: a websocket with the subscription to everything. When the socket ends it comes back with
// the cursor of the last event that it got, as apps do.
type listener struct {
	host, token string
	dialer      *websocket.Dialer
	tally       *tally
	started     chan struct{} // closed by the first frame, which has the cursor of now

	mu     sync.Mutex
	conn   *websocket.Conn
	cursor []byte
	gone   bool  // cut
	back   int   // times it came back
	failed error // why it does not come back any more
}

// appDialer has buffers that hold the frame of an event whole, as browsers do; plainPush has the same.
var appDialer = &websocket.Dialer{Subprotocols: []string{"graphql-transport-ws"}, HandshakeTimeout: 20 * time.Second, ReadBufferSize: 4 << 10, WriteBufferPool: &sync.Pool{}}

func newListener(host, token string, t *tally) *listener {
	return &listener{host: host, token: token, dialer: appDialer, tally: t, started: make(chan struct{})}
}

// signIn opens the socket. One that is sent away tries again: the desk may not have noticed yet that the agent's last
// socket is gone, and then it is one too many.
func (l *listener) signIn(ctx context.Context) error {
	const tries, wait = 100, 50 * time.Millisecond
	for range tries {
		conn, err := l.dial(ctx)
		if err == nil {
			l.mu.Lock()
			defer l.mu.Unlock()
			l.conn, l.gone = conn, false
			return nil
		}
		if !websocket.IsCloseError(err, websocket.CloseTryAgainLater) {
			return fmt.Errorf("sign a socket in: %w", err)
		}
		pause(ctx, wait)
	}
	return fmt.Errorf("a socket was sent away %d times", tries)
}

func (l *listener) dial(ctx context.Context) (*websocket.Conn, error) {
	conn, response, err := l.dialer.DialContext(ctx, "ws://"+l.host+"/graphql", http.Header{})
	if err != nil {
		return nil, err
	}
	response.Body.Close()
	err = conn.WriteMessage(websocket.TextMessage, []byte(`{"type":"connection_init","payload":{"authorization":"Bearer `+l.token+`"}}`))
	var answer []byte
	if err == nil {
		_, answer, err = conn.ReadMessage()
	}
	if err == nil && !bytes.Contains(answer, []byte("connection_ack")) {
		err = fmt.Errorf("%s instead of connection_ack", answer)
	}
	if err != nil {
		conn.Close()
		return nil, err
	}
	return conn, nil
}

// subscribe asks for what comes after the cursor, or from now on.
func (l *listener) subscribe() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	variables := map[string]string{}
	if len(l.cursor) > 0 {
		variables["after"] = string(l.cursor)
	}
	return l.conn.WriteJSON(map[string]any{"id": "live", "type": "subscribe",
		"payload": map[string]any{"query": eventsDocument, "operationName": "Events", "variables": variables}})
}

// follow reads, and comes back whenever the socket ends, until ctx does.
func (l *listener) follow(ctx context.Context) {
	defer context.AfterFunc(ctx, func() { l.cut(false) })()
	for {
		err := l.read()
		if ctx.Err() != nil {
			return
		}
		if l.isCut() || websocket.IsCloseError(err, websocket.CloseTryAgainLater) {
			err = l.comeBack(ctx)
		}
		if err != nil {
			l.mu.Lock()
			defer l.mu.Unlock()
			l.failed = err
			return
		}
	}
}

func (l *listener) isCut() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.gone
}

func (l *listener) comeBack(ctx context.Context) error {
	if err := l.signIn(ctx); err != nil {
		return err
	}
	l.mu.Lock()
	l.back++
	l.mu.Unlock()
	_ = l.subscribe() // a socket that was cut again is found by the next read
	return nil
}

// frames hold one message each while it is read.
var frames = sync.Pool{New: func() any { return new(bytes.Buffer) }}

func (l *listener) read() error {
	for {
		_, r, err := l.conn.NextReader()
		if err != nil {
			return err
		}
		b := frames.Get().(*bytes.Buffer)
		b.Reset()
		if _, err = b.ReadFrom(r); err == nil {
			err = l.take(b.Bytes(), sinceStart())
		}
		frames.Put(b)
		if err != nil {
			return err
		}
	}
}

// take looks at what it needs only: decoding every frame would take the cores from the server that is measured.
func (l *listener) take(frame []byte, at time.Duration) error {
	cursor, ok := between(frame, `"cursor":"`, '"')
	if !ok || !bytes.HasPrefix(frame, []byte(`{"id":"live","type":"next"`)) {
		return fmt.Errorf("a socket got %.200s", frame)
	}
	l.mu.Lock()
	first := len(l.cursor) == 0
	l.cursor = append(l.cursor[:0], cursor...)
	l.mu.Unlock()
	if first {
		close(l.started)
	}
	if _, added, ok := bytes.Cut(frame, []byte(`"__typename":"MessageAdded"`)); ok {
		return l.tally.note(added, at)
	}
	return nil
}

// cut ends the connection as a network does: without a word, or with a reset.
func (l *listener) cut(reset bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.conn == nil {
		return
	}
	l.gone = true
	if tcp, ok := l.conn.NetConn().(*net.TCPConn); ok && reset {
		_ = tcp.SetLinger(0) // a closed connection has none
	}
	l.conn.NetConn().Close()
}

func (l *listener) state() (back int, failed error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.back, l.failed
}

func between(text []byte, before string, end byte) ([]byte, bool) {
	_, rest, ok := bytes.Cut(text, []byte(before))
	i := bytes.IndexByte(rest, end)
	if !ok || i < 0 {
		return nil, false
	}
	return rest[:i], true
}
