package cloudapi

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"sync/atomic"

	"github.com/livedesk/livedesk/model"
)

// maxAnswer is how much of an answer is read, in bytes. A page of a hundred numbers stays far below it.
const maxAnswer = 4 << 20

// call is one request to the Graph API, and what can be said about it when it went wrong.
type call struct {
	provider *Provider
	token    string
	reached  atomic.Bool // there was a connection: from here on Meta may have taken the request
	status   int         // of the answer; 0: there was none
	header   http.Header // of the answer
	answer   tree        // its body; empty when that is not JSON
}

// call prepares a use of the API with the channel's token. The deadline is that of the context, else the default.
func (p *Provider) call(ctx context.Context, secret model.Secret) (*call, context.Context, context.CancelFunc) {
	cancel := context.CancelFunc(func() {})
	if _, ok := ctx.Deadline(); !ok {
		ctx, cancel = context.WithTimeout(ctx, p.timeout)
	}
	return &call{provider: p, token: secret[AccessToken]}, ctx, cancel
}

// get asks for a node of the graph, or for what hangs on it.
func (k *call) get(ctx context.Context, query url.Values, path ...string) error {
	address := k.provider.base.JoinPath(path...)
	address.RawQuery = query.Encode()
	return k.do(ctx, http.MethodGet, address, nil)
}

func (k *call) post(ctx context.Context, body any, path ...string) error {
	text, err := json.Marshal(body)
	if err != nil {
		return fmt.Errorf("write the request: %w", err)
	}
	return k.do(ctx, http.MethodPost, k.provider.base.JoinPath(path...), text)
}

// do sends the request and reads the whole answer. An error means that there is none, or a part of one.
func (k *call) do(ctx context.Context, method string, address *url.URL, body []byte) error {
	k.status, k.header, k.answer = 0, nil, tree{}
	// net/http repeats a POST on another connection only when nothing of it was written on the first one.
	ctx = httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		GetConn: func(string) { k.reached.Store(false) },
		GotConn: func(httptrace.GotConnInfo) { k.reached.Store(true) },
	})
	req, err := http.NewRequestWithContext(ctx, method, address.String(), bytes.NewReader(body))
	if err != nil {
		return err
	}
	req.Header.Set("Authorization", "Bearer "+k.token)
	req.Header.Set("User-Agent", userAgent)
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	resp, err := k.provider.transport.RoundTrip(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer))
	if err != nil {
		return fmt.Errorf("read the answer: %w", err)
	}
	k.status, k.header = resp.StatusCode, resp.Header
	k.answer, _ = parse(text)
	if k.status >= 300 || !k.answer.isObject() || k.answer.at("error").isObject() {
		return errRefused
	}
	return nil
}

// errRefused stands for an answer that is not what was asked for; the call holds it.
var errRefused = errors.New("the Graph API refused")

// isToken takes what can stand in a header. Meta's tokens are letters and digits.
func isToken(s string) bool {
	for _, c := range []byte(s) {
		if c <= ' ' || c > '~' {
			return false
		}
	}
	return s != "" && len(s) <= 4096
}
