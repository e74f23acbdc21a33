package graph_test

import (
	"context"
	"encoding/json"
	"strings"
	"time"

	"github.com/gorilla/websocket"
)

// stream is one subscription on a websocket of its own.
type stream struct {
	s    *story
	conn *websocket.Conn
}

// listen subscribes with the named document of the contract and takes the first payload, which says that it has begun.
func (s *story) listen(token, name, field string, variables vars) *stream {
	s.t.Helper()
	l := s.subscribe(token, name, variables)
	first := at(l.next(), field)
	if cursor, _ := at(first, "cursor").(string); cursor == "" || at(first, "event") != nil || at(first, "message") != nil {
		s.t.Error("the first payload is", first)
	}
	return l
}

// refusedStream subscribes to a conversation that is not there for the caller, and returns the error that comes.
func (s *story) refusedStream(token, conversation string) string {
	s.t.Helper()
	message := s.subscribe(token, "ConversationMessages", vars{"conversationId": conversation}).read()
	text, err := json.Marshal(message)
	if err != nil || message["type"] != "error" {
		s.t.Errorf("no error but %s", text)
	}
	return string(text)
}

func (s *story) subscribe(token, name string, variables vars) *stream {
	s.t.Helper()
	s.sent[name] = true
	ctx, cancel := context.WithTimeout(s.t.Context(), 10*time.Second)
	defer cancel()
	dialer := websocket.Dialer{Subprotocols: []string{"graphql-transport-ws"}}
	conn, _, err := dialer.DialContext(ctx, "ws"+strings.TrimPrefix(s.url, "http"), nil)
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() { conn.Close() })
	l := &stream{s, conn}
	l.write(vars{"type": "connection_init", "payload": vars{"authorization": "Bearer " + token}})
	if got := l.read(); got["type"] != "connection_ack" {
		s.t.Fatal("no ack but", got)
	}
	l.write(vars{"id": "1", "type": "subscribe", "payload": vars{"query": s.documents[name], "variables": variables}})
	return l
}

func (l *stream) write(message vars) {
	l.s.t.Helper()
	if err := l.conn.WriteJSON(message); err != nil {
		l.s.t.Fatal(err)
	}
}

func (l *stream) read() (message vars) {
	l.s.t.Helper()
	if err := l.conn.SetReadDeadline(time.Now().Add(10 * time.Second)); err != nil {
		l.s.t.Fatal(err)
	}
	_, text, err := l.conn.ReadMessage()
	if err != nil {
		l.s.t.Fatal(err)
	}
	if err := json.Unmarshal(text, &message); err != nil {
		l.s.t.Fatal(err)
	}
	return message
}

// next waits for the next payload.
func (l *stream) next() vars {
	l.s.t.Helper()
	message := l.read()
	if errors := list(at(message, "payload", "errors")); message["type"] != "next" || len(errors) > 0 {
		l.s.t.Fatalf("no payload but %v", message)
	}
	return at(message, "payload", "data").(vars)
}

// nextOf waits for the next event of the type.
func (l *stream) nextOf(name string) vars {
	l.s.t.Helper()
	for {
		event := at(l.next(), "events", "event")
		if at(event, "__typename") == name {
			return event.(vars)
		}
	}
}
