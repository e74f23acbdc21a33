package transport

import (
	"errors"
	"fmt"
	"unicode/utf8"
)

// Close codes that a Socket uses. What a client does with them is that of npm graphql-ws: it gives up on 4400, 4401,
// 4406, 4409, 4429 and on 1000 to 1999 except 1000, 1001, 1005, 1006, 1012, 1013 and 1014; it comes back with growing
// pauses after the others, and without any pause after 1000, which is therefore never sent for a fault.
// Source: graphql-transport-ws protocol; RFC 6455 section 7.4; graphql-ws 6.4.2 client.
const (
	CloseRestart     = 1001 // the server shuts down: come back
	CloseTooBig      = 1009 // a message beyond ReadLimit
	CloseInternal    = 1011 // a fault of ours
	CloseResume      = 1013 // the client fell behind: come back and resume from the last position
	CloseBadMessage  = 4400 // not a message of the protocol
	CloseNotInit     = 4401 // subscribe before connection_ack
	CloseForbidden   = 4403 // Init refused, or the right has ended
	CloseSubprotocol = 4406 // the client does not speak graphql-transport-ws
	CloseInitTimeout = 4408 // no connection_init in time
	CloseDuplicate   = 4409 // an operation with this id is running
	CloseTwoInits    = 4429 // a second connection_init
)

// closeAbnormal is never sent: it marks a socket whose peer is gone (RFC 6455 section 7.1.5).
const closeAbnormal = 1006

// CloseError tells a Socket how to close. Init returns it, a context may have it as its cause, Stream.Fail takes it;
// it is used as a value, not as a pointer. Reason is shown to the client.
type CloseError struct {
	Code   int
	Reason string
}

func (e CloseError) Error() string { return fmt.Sprintf("close %d: %s", e.Code, e.Reason) }

var (
	closeForbidden = CloseError{CloseForbidden, "Forbidden"}
	closeSlow      = CloseError{CloseResume, "Too slow, resume"}
	closeGap       = CloseError{CloseResume, "Resume"}
	closeInternal  = CloseError{CloseInternal, "Internal error"}
)

// closeErrorOf finds the CloseError in err; any other error is not shown to the client.
func closeErrorOf(err error, otherwise CloseError) CloseError {
	if found := (CloseError{}); errors.As(err, &found) {
		return found
	}
	return otherwise
}

// closePayload is the body of a close frame: control frames hold 125 bytes, two of them the code, and the reason must
// be whole UTF-8.
func closePayload(e CloseError) []byte {
	const most = 123
	reason := e.Reason
	for len(reason) > most {
		_, size := utf8.DecodeLastRuneInString(reason)
		reason = reason[:len(reason)-size]
	}
	return append([]byte{byte(e.Code >> 8), byte(e.Code)}, reason...)
}
