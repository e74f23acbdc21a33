package server

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gorilla/websocket"

	"github.com/livedesk/livedesk/graph/transport"
	"github.com/livedesk/livedesk/model"
)

// stranger opens a socket without a token and returns the type of the answer, or the code it was closed with.
func (w *world) stranger() (*websocket.Conn, string, int) {
	w.t.Helper()
	conn := w.socket()
	if err := conn.WriteMessage(websocket.TextMessage, []byte(`{"type":"connection_init"}`)); err != nil {
		w.t.Fatal(err)
	}
	var answer struct{ Type string }
	err := conn.ReadJSON(&answer)
	if closed := (*websocket.CloseError)(nil); errors.As(err, &closed) {
		return conn, "", closed.Code
	}
	if err != nil {
		w.t.Fatal(err)
	}
	return conn, answer.Type, 0
}

func TestStrangersOfOneAddressAreBounded(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.channel("WhatsApp", "whatsapp:+15550100100")
	var last *websocket.Conn
	for i := range strangersAtAddress {
		conn, kind, code := w.stranger()
		if kind != "connection_ack" {
			t.Fatalf("stranger %d: %q, closed with %d", i, kind, code)
		}
		last = conn
	}
	if _, kind, code := w.stranger(); code != 1013 {
		t.Errorf("one too many: %q, closed with %d, want 1013", kind, code)
	}
	w.agent("hana", "WhatsApp") // who has a token comes in
	if err := last.WriteMessage(websocket.TextMessage, []byte(`{"id":"1","type":"subscribe","payload":{"query":"mutation { signIn(input: {email: \"`+adminEmail+`\", password: \"`+testPassword+`\"}) { token } }"}}`)); err != nil {
		t.Fatal(err)
	}
	var signedIn struct {
		Type    string
		Payload struct {
			Data struct{ SignIn struct{ Token string } }
		}
	}
	if err := last.ReadJSON(&signedIn); err != nil || signedIn.Payload.Data.SignIn.Token == "" {
		t.Errorf("a stranger cannot sign in: %v, %+v", err, signedIn)
	}
	last.Close()
	w.eventually("a place is free again", func() bool { _, kind, _ := w.stranger(); return kind == "connection_ack" })
}

func TestStrangersMayStayAWhile(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newSockets(nil, nil, nil, "", nil)
		socket, closes := context.WithCancel(model.WithAddress(context.Background(), "192.0.2.1"))
		start := time.Now()
		ctx, err := s.signIn(socket, nil)
		if err != nil {
			t.Fatal(err)
		}
		<-ctx.Done()
		var cause transport.CloseError
		if took := time.Since(start); took != strangerTime || !errors.As(context.Cause(ctx), &cause) || cause.Code != 4403 {
			t.Errorf("let go after %v because of %v", took, context.Cause(ctx))
		}
		if n := s.strangers.at["192.0.2.1"]; n != 1 {
			t.Errorf("%d sockets are counted before it closed, want 1", n)
		}
		closes()
		synctest.Wait()
		if len(s.strangers.at) != 0 {
			t.Errorf("still counted: %v", s.strangers.at)
		}
	})
}

// Other tests show that a full WebSocket answers 503.
func TestSocketsOfAProcessAreBounded(t *testing.T) {
	t.Parallel()
	if w := newWorld(t); w.server.ws.Sockets != maxSockets {
		t.Errorf("%d sockets at most, want %d", w.server.ws.Sockets, maxSockets)
	}
}
