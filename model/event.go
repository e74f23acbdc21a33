package model

import (
	"encoding/base64"
	"encoding/binary"
	"time"
)

// EventKind says what happened.
type EventKind string

// The kinds of events. An event holds ids only; who reads it sees the objects as they then are.
const (
	MessageAdded        EventKind = "MESSAGE_ADDED"
	MessageChanged      EventKind = "MESSAGE_CHANGED"
	ConversationAdded   EventKind = "CONVERSATION_ADDED" // opened, or the right to see it was gained (then it has an agent)
	ConversationChanged EventKind = "CONVERSATION_CHANGED"
	ConversationRemoved EventKind = "CONVERSATION_REMOVED" // the agent lost the right to see it
	AgentChanged        EventKind = "AGENT_CHANGED"
	ChannelChanged      EventKind = "CHANNEL_CHANGED"
	RightsChanged       EventKind = "RIGHTS_CHANGED" // role or channels of the agent; never shown, it moves their subscriptions
	SessionEnded        EventKind = "SESSION_ENDED"  // never shown: it closes the session's sockets; without a session, all of the agent's
)

// Event is one entry of an account's log. Seq has no gaps and is the order of commits.
type Event struct {
	AccountID      int64     `bun:"account_id,pk"`
	Seq            int64     `bun:"seq,pk"`
	Kind           EventKind `bun:"kind"`
	ChannelID      ID        `bun:"channel_id,nullzero"`
	ConversationID ID        `bun:"conversation_id,nullzero"`
	MessageID      ID        `bun:"message_id,nullzero"`
	MessageSeq     int64     `bun:"message_seq,nullzero"`
	AgentID        ID        `bun:"agent_id,nullzero"` // whom it is about; for CONVERSATION_ADDED and _REMOVED, whom alone it is for
	SessionID      ID        `bun:"session_id,nullzero"`
	CreatedAt      time.Time `bun:"created_at"`
}

// Cursor is a place in an account's log. Its text form is opaque to clients.
type Cursor struct {
	Account int64
	Epoch   int64 // changes when the log was restored or failed over, and numbers may be used again
	Seq     int64 // of the last event handled
}

// String writes the cursor as clients keep it.
func (c Cursor) String() string {
	b := binary.AppendVarint(nil, c.Account)
	b = binary.AppendVarint(b, c.Epoch)
	b = binary.AppendVarint(b, c.Seq)
	return base64.RawURLEncoding.EncodeToString(b)
}

// ParseCursor reads a client's cursor. What is none gives INVALID.
func ParseCursor(s string) (Cursor, error) {
	bad := Refuse(Invalid, "This is not a cursor of this stream.", "after")
	b, err := base64.RawURLEncoding.DecodeString(s)
	if err != nil {
		return Cursor{}, bad
	}
	var c Cursor
	for _, field := range []*int64{&c.Account, &c.Epoch, &c.Seq} {
		v, n := binary.Varint(b)
		if n <= 0 {
			return Cursor{}, bad
		}
		*field, b = v, b[n:]
	}
	if len(b) != 0 {
		return Cursor{}, bad
	}
	return c, nil
}
