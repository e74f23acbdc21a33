package ai

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
)

// lost sorts a try that ended without an answer. The words are our own: net/http's hold the URL, and what the other
// side sent.
func (k *call) lost(err error) *failure {
	var name *net.DNSError
	var certificate *tls.CertificateVerificationError
	var slow net.Error
	switch {
	case k.options.NotAllowed != nil && errors.Is(err, k.options.NotAllowed):
		return fail(NotAllowed, "The address is one that the desk does not call.")
	case errors.As(err, &slow) && slow.Timeout(), errors.Is(err, context.DeadlineExceeded):
		return fail(Timeout, "The endpoint did not answer in time.")
	case errors.As(err, &name):
		return fail(Unreachable, "The endpoint's host has no address.")
	case errors.As(err, &certificate):
		return fail(Unreachable, "The endpoint's certificate is not valid.")
	}
	return fail(Unreachable, "The endpoint cannot be reached, or broke the connection.")
}
