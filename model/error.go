package model

import "errors"

// Code is the closed list of refusals that a caller can tell apart. The names are those of the API.
type Code string

// The codes of refusals. Those of the first group are user errors: the request was understood and cannot be done as
// it stands. Those of the second are about the caller or the desk and become errors of the whole field.
const (
	Invalid            Code = "INVALID"              // a value is missing, too long, or not of the form asked for
	NotFound           Code = "NOT_FOUND"            // no such object, or none that the viewer may see
	Conflict           Code = "CONFLICT"             // somebody else was first; the object comes back as it is now
	Taken              Code = "TAKEN"                // the name, address or number is in use
	WrongCredentials   Code = "WRONG_CREDENTIALS"    // e-mail or password, or a token, is wrong or no longer valid
	IllegalTransition  Code = "ILLEGAL_TRANSITION"   // the conversation cannot go from its status to that one
	NotAMember         Code = "NOT_A_MEMBER"         // the agent does not work on that channel
	AtLimit            Code = "AT_LIMIT"             // the agent has as many conversations as they may have
	Unavailable        Code = "UNAVAILABLE"          // the agent is disabled, or the target takes nobody
	ReplyWindowClosed  Code = "REPLY_WINDOW_CLOSED"  // WhatsApp takes only templates more than 24 hours after the customer wrote
	ChannelNotActive   Code = "CHANNEL_NOT_ACTIVE"   // the channel is paused or removed
	ProviderRefused    Code = "PROVIDER_REFUSED"     // the provider did not accept the credentials, number or service
	ProviderUnreached  Code = "PROVIDER_UNREACHABLE" // the provider did not answer; nothing was changed
	AttachmentNotReady Code = "ATTACHMENT_NOT_READY" // the upload is unknown, used, or not finished
	TooLarge           Code = "TOO_LARGE"            // more bytes or characters than the channel takes
	LastAdmin          Code = "LAST_ADMIN"           // an account keeps at least one enabled admin
	NotRetryable       Code = "NOT_RETRYABLE"        // only a FAILED or UNKNOWN message can be sent again

	Unauthenticated Code = "UNAUTHENTICATED" // nobody is signed in
	Forbidden       Code = "FORBIDDEN"       // this role may not do that
	RateLimited     Code = "RATE_LIMITED"    // too many attempts; wait and try again
	ResyncRequired  Code = "RESYNC_REQUIRED" // the cursor is too old or of another log: query anew and subscribe without it
	Overloaded      Code = "OVERLOADED"      // the desk is too busy to take this now; try again
)

// Error is a refusal that the caller may see. Every other error is a fault of the desk: it is logged once and shown
// as INTERNAL.
type Error struct {
	Code  Code
	Field []string // path of the value in the input, outermost first; empty when it is about no single value
	Text  string   // one sentence in plain words that says what to do
}

func (e *Error) Error() string { return string(e.Code) + ": " + e.Text }

// Is lets errors.Is match two refusals by their code.
func (e *Error) Is(target error) bool {
	t, ok := target.(*Error)
	return ok && t.Code == e.Code
}

// Refuse makes a refusal about the value at the path.
func Refuse(code Code, text string, path ...string) *Error {
	return &Error{Code: code, Text: text, Field: path}
}

// CodeOf returns the code of the refusal in err's chain, and "" for a fault or for nil.
func CodeOf(err error) Code {
	var e *Error
	if errors.As(err, &e) {
		return e.Code
	}
	return ""
}

// IsUserError tells whether the code belongs into a payload's userErrors, in contrast to an error of the whole field.
func (c Code) IsUserError() bool {
	switch c {
	case "", Unauthenticated, Forbidden, RateLimited, ResyncRequired, Overloaded:
		return false
	}
	return true
}
