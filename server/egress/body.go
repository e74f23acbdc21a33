package egress

import (
	"errors"
	"fmt"
	"io"
	"net/http"
)

// ErrTooLarge is in the chain of the error of a request whose answer declares, or of a read that meets, more bytes than
// the client allows. Up to the limit the bytes have been handed out by then.
var ErrTooLarge = errors.New("response is too large")

// capped limits the bodies of the responses to max bytes.
type capped struct {
	next http.RoundTripper
	max  int64
}

func (t *capped) RoundTrip(req *http.Request) (*http.Response, error) {
	resp, err := t.next.RoundTrip(req)
	if err != nil {
		return nil, err
	}
	if resp.ContentLength > t.max && req.Method != http.MethodHead {
		resp.Body.Close()
		return nil, fmt.Errorf("%w: %d bytes declared, %d allowed", ErrTooLarge, resp.ContentLength, t.max)
	}
	resp.Body = &cappedBody{ReadCloser: resp.Body, left: t.max}
	return resp, nil
}

func (t *capped) CloseIdleConnections() {
	if c, ok := t.next.(interface{ CloseIdleConnections() }); ok {
		c.CloseIdleConnections()
	}
}

// cappedBody reads one byte more than it hands out, to tell a body that is full from one that is too long.
type cappedBody struct {
	io.ReadCloser
	left int64 // -1 once the body was too long
}

func (b *cappedBody) Read(p []byte) (int, error) {
	if b.left < 0 {
		return 0, ErrTooLarge
	}
	if int64(len(p)) > b.left+1 {
		p = p[:b.left+1]
	}
	n, err := b.ReadCloser.Read(p)
	b.left -= int64(n)
	if b.left < 0 {
		return n - 1, ErrTooLarge
	}
	return n, err
}
