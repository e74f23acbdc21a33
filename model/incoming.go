package model

import (
	"encoding/json"
	"strings"
	"time"
	"unicode/utf8"
)

// Incoming is one customer message as a provider delivered it, in the desk's words. Every text in it is clean.
type Incoming struct {
	ExternalID  string   // the provider's message id: the same on every delivery of this message
	Addresses   []string // who wrote, cleaned; the number first if there is one, then the provider's user ids
	ProfileName string   // as the customer calls themself; may be empty
	Kind        MessageKind
	Text        string
	Data        *MessageData
	Media       []IncomingMedia
	At          time.Time       // when it reached the desk, or the provider if it says so
	Raw         json.RawMessage // the request as it came, for the ledger
}

// IncomingMedia is a file that the provider holds.
type IncomingMedia struct {
	URL         string
	ContentType string
	FileName    string
}

// StatusReport is what a provider says about a message of ours.
type StatusReport struct {
	ExternalID string // the provider's message id
	MessageID  ID     // ours, when the report's address carried it
	Attempt    int    // the try to send it that the address named; 0: none
	Status     DeliveryStatus
	ErrorCode  string
	ErrorText  string
	Advice     string
	Raw        json.RawMessage
}

// MaxIncomingText is where an inbound text is cut, in bytes. Providers send far less.
const MaxIncomingText = 65536

// CleanText makes text storable: NUL is dropped, invalid UTF-8 becomes U+FFFD, and it is cut at a character
// boundary at or before limit bytes.
func CleanText(s string, limit int) string {
	s = strings.ToValidUTF8(strings.ReplaceAll(s, "\x00", ""), "\uFFFD")
	if len(s) <= limit {
		return s
	}
	for limit > 0 && !utf8.RuneStart(s[limit]) {
		limit--
	}
	return s[:limit]
}
