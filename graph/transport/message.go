package transport

import (
	"encoding/json"
)

// message is what a client sends. Source: https://github.com/enisdenjo/graphql-ws/blob/master/PROTOCOL.md
type message struct {
	ID      string          `json:"id"`
	Type    string          `json:"type"`
	Payload json.RawMessage `json:"payload"`
}

// maxID bounds the operation id, which is kept and repeated in every frame; clients send UUIDs.
const maxID = 256

// parseMessage accepts what the protocol lets a client send and nothing else. The reasons of its errors say nothing of
// the content.
func parseMessage(data []byte) (message, error) {
	var m message
	if err := json.Unmarshal(data, &m); err != nil {
		return m, badMessage("Not a JSON message")
	}
	switch m.Type {
	case "connection_init", "ping", "pong":
		if !isObjectOrNull(m.Payload) {
			return m, badMessage("The payload is not an object")
		}
	case "subscribe", "complete":
		if m.ID == "" || len(m.ID) > maxID {
			return m, badMessage("The id is missing or too long")
		}
	default:
		return m, badMessage("Unknown message type")
	}
	return m, nil
}

func badMessage(reason string) CloseError { return CloseError{CloseBadMessage, reason} }

// The frames of an operation begin with its id, which is escaped once.
func messageHead(id, kind string) []byte {
	quoted, _ := json.Marshal(id) // a string always has a JSON form
	head := make([]byte, 0, len(quoted)+40)
	head = append(head, `{"id":`...)
	head = append(head, quoted...)
	head = append(head, `,"type":"`...)
	head = append(head, kind...)
	return append(head, '"')
}

// nextHead is everything of a next message that comes before the execution result, which is followed by one brace.
func nextHead(id string) []byte {
	return append(messageHead(id, "next"), `,"payload":`...)
}

func completeMessage(id string) []byte {
	return append(messageHead(id, "complete"), '}')
}

// errorMessage ends an operation: no complete follows it.
func errorMessage(id string, errs []byte) []byte {
	m := append(messageHead(id, "error"), `,"payload":`...)
	return append(append(m, errs...), '}')
}

// pongMessage gives the payload of the ping back, as gqlgen does; the protocol leaves it open.
func pongMessage(payload json.RawMessage) []byte {
	m := []byte(`{"type":"pong"`)
	if len(payload) > 0 {
		m = append(append(m, `,"payload":`...), payload...)
	}
	return append(m, '}')
}

var ackMessage = []byte(`{"type":"connection_ack"}`)
