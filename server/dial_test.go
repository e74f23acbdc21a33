package server

import (
	"encoding/json"
	"errors"
	"strings"

	"github.com/gorilla/websocket"

	"github.com/livedesk/livedesk/graph/transport"
)

// connect opens the websocket and subscribes, from the last event seen if there was one.
func (p *person) connect() {
	p.t.Helper()
	conn := p.dial()
	variables := "{}"
	if p.cursor != "" {
		variables = `{"after":"` + p.cursor + `"}`
	}
	query, _ := json.Marshal(liveDocument)
	subscribe := `{"id":"live","type":"subscribe","payload":{"query":` + string(query) + `,"variables":` + variables + `}}`
	if err := conn.WriteMessage(websocket.TextMessage, []byte(subscribe)); err != nil {
		p.t.Fatalf("%s: %v", p.w.line, err)
	}
	p.mu.Lock()
	p.conn, p.closed = conn, 0
	fresh := p.cursor == ""
	p.mu.Unlock()
	go p.read(conn)
	if fresh {
		p.until("the first payload", func() bool { return p.cursor != "" })
	}
}

// dial opens a websocket that is signed in. A client that is told to come back does so.
func (p *person) dial() *websocket.Conn {
	p.t.Helper()
	return p.dialWith(websocket.Dialer{})
}

func (p *person) dialWith(dialer websocket.Dialer) *websocket.Conn {
	p.t.Helper()
	for range 20 {
		conn := p.w.socketWith(dialer)
		init := `{"type":"connection_init","payload":{"authorization":"Bearer ` + p.token + `"}}`
		if err := conn.WriteMessage(websocket.TextMessage, []byte(init)); err != nil {
			p.t.Fatalf("%s: %v", p.w.line, err)
		}
		_, m, err := conn.ReadMessage()
		if websocket.IsCloseError(err, transport.CloseResume) {
			continue
		}
		if err != nil || !strings.Contains(string(m), "connection_ack") {
			p.t.Fatalf("%s: %s %v instead of connection_ack", p.w.line, m, err)
		}
		return conn
	}
	p.t.Fatalf("%s: sent away again and again", p.w.line)
	return nil
}

// socket opens a websocket that says nothing yet.
func (w *world) socket() *websocket.Conn {
	w.t.Helper()
	return w.socketWith(websocket.Dialer{})
}

func (w *world) socketWith(dialer websocket.Dialer) *websocket.Conn {
	w.t.Helper()
	dialer.Subprotocols = []string{"graphql-transport-ws"}
	conn, _, err := dialer.DialContext(w.t.Context(), "ws"+strings.TrimPrefix(w.url(), "http")+"/graphql", nil)
	if err != nil {
		w.t.Fatalf("%s: %v", w.line, err)
	}
	w.t.Cleanup(func() { conn.Close() })
	return conn
}

// refused opens a websocket and returns the code with which connection_init is refused.
func (p *person) refused() int {
	p.t.Helper()
	conn := p.w.socket()
	if err := conn.WriteMessage(websocket.TextMessage, []byte(`{"type":"connection_init","payload":{"authorization":"Bearer `+p.token+`"}}`)); err != nil {
		p.t.Fatal(err)
	}
	_, m, err := conn.ReadMessage()
	var closed *websocket.CloseError
	if !errors.As(err, &closed) {
		p.t.Fatalf("%s got %s, %v", p.name, m, err)
	}
	return closed.Code
}
