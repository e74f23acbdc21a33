package transport_test

import (
	"context"
	"errors"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/99designs/gqlgen/graphql/handler"
	"github.com/gorilla/websocket"
	"github.com/livedesk/livedesk/graph/transport"
	"github.com/livedesk/livedesk/graph/transport/internal/testschema"
)

// patience bounds every wait of a test: long enough for a loaded machine, short enough to see a hang.
const patience = 20 * time.Second

// serve runs ws behind a real HTTP server until the test ends, and shuts it down.
func serve(t testing.TB, ws *transport.WebSocket, root *testschema.Root) string {
	t.Helper()
	return serveHandler(t, ws, newHandler(root, ws, transport.HTTP{}))
}

func serveHandler(t testing.TB, ws *transport.WebSocket, h *handler.Server) string {
	t.Helper()
	server := httptest.NewServer(h)
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		if err := ws.Shutdown(ctx); err != nil {
			t.Errorf("shutdown: %v", err)
		}
		server.Close()
	})
	return "ws" + strings.TrimPrefix(server.URL, "http")
}

// peer is a raw client: it sends and expects messages as text.
type peer struct {
	t    testing.TB
	conn *websocket.Conn
}

func dial(t testing.TB, url string, protocols ...string) *peer {
	t.Helper()
	dialer := websocket.Dialer{Subprotocols: protocols, HandshakeTimeout: patience}
	conn, response, err := dialer.DialContext(t.Context(), url, nil)
	if err != nil {
		t.Fatalf("dial: %v", err)
	}
	_ = response.Body.Close()
	t.Cleanup(func() { _ = conn.Close() })
	return &peer{t, conn}
}

// connect dials with the right protocol and gets the acknowledgement.
func connect(t testing.TB, url string) *peer {
	t.Helper()
	p := dial(t, url, "graphql-transport-ws")
	p.send(`{"type":"connection_init"}`)
	p.expect(`{"type":"connection_ack"}`)
	return p
}

func (p *peer) send(messages ...string) {
	p.t.Helper()
	for _, m := range messages {
		if err := p.conn.WriteMessage(websocket.TextMessage, []byte(m)); err != nil {
			p.t.Fatalf("send %.100s: %v", m, err)
		}
	}
}

func (p *peer) next() ([]byte, error) {
	if err := p.conn.SetReadDeadline(time.Now().Add(patience)); err != nil {
		return nil, err
	}
	_, data, err := p.conn.ReadMessage()
	return data, err
}

func (p *peer) receive() string {
	p.t.Helper()
	data, err := p.next()
	if err != nil {
		p.t.Fatalf("receive: %v", err)
	}
	return string(data)
}

func (p *peer) expect(messages ...string) {
	p.t.Helper()
	for _, want := range messages {
		if got := p.receive(); got != want {
			p.t.Fatalf("got %.300s, want %.300s", got, want)
		}
	}
}

// expectClose reads away what was sent before and checks how the socket was closed.
func (p *peer) expectClose(code int, reason string) {
	p.t.Helper()
	for {
		_, err := p.next()
		if err == nil {
			continue
		}
		var closed *websocket.CloseError
		if !errors.As(err, &closed) || closed.Code != code || closed.Text != reason {
			p.t.Fatalf("got %v, want close %d %q", err, code, reason)
		}
		return
	}
}

// await waits for a condition that another goroutine brings about and that has no signal of its own.
func await(t testing.TB, what string, holds func() bool) {
	t.Helper()
	deadline := time.After(patience)
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for !holds() {
		select {
		case <-tick.C:
		case <-deadline:
			t.Fatalf("never happened: %s", what)
		}
	}
}
