package ai

import (
	"fmt"
	"time"
)

// Kind sorts what went wrong by what can be done about it.
type Kind string

// The kinds of errors. After RATE_LIMITED, TIMEOUT, UNREACHABLE and SERVER a later call may succeed, and Complete has
// tried for as long as it may; the others need an admin.
const (
	Credentials Kind = "CREDENTIALS"  // 401, 403: the key is wrong or may not use the model
	Quota       Kind = "QUOTA"        // the account has no credit left
	RateLimited Kind = "RATE_LIMITED" // 429: see RetryAfter
	Timeout     Kind = "TIMEOUT"      // no answer in time
	Unreachable Kind = "UNREACHABLE"  // no connection, or one that broke
	NotAllowed  Kind = "NOT_ALLOWED"  // the address is one that the desk does not call, or none at all
	Refused     Kind = "REFUSED"      // any other 4xx, such as for an unknown model or a chat that is too long
	Broken      Kind = "BROKEN"       // an answer that is none of chat completions
	Server      Kind = "SERVER"       // 5xx
)

// Error is a completion that failed. Nothing in it is the key or comes from the chat, so that it can be logged and
// stored.
type Error struct {
	Kind       Kind
	Status     int           // the HTTP status; 0 when there was no answer
	Code       string        // the endpoint's own, such as model_not_found or content_filter; "" when it gave none
	Text       string        // what is wrong, in plain words of our own
	RetryAfter time.Duration // how long the endpoint asks to wait; 0 when it does not say
	Tries      int           // how often the endpoint was asked
}

// Error names the kind, and what the endpoint said of it.
func (e *Error) Error() string {
	text := string(e.Kind) + ": " + e.Text
	if e.Code != "" {
		return fmt.Sprintf("%s (%d %s)", text, e.Status, e.Code)
	}
	if e.Status != 0 {
		return fmt.Sprintf("%s (%d)", text, e.Status)
	}
	return text
}
