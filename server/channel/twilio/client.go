package twilio

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"strings"
	"sync/atomic"

	"github.com/twilio/twilio-go/client"

	"github.com/livedesk/livedesk/model"
)

// maxAnswer is how much of an API answer is read, in bytes. A page of a hundred messages stays far below it.
const maxAnswer = 4 << 20

// call is one use of Twilio's API. It is the http.RoundTripper under twilio-go, which knows no context, drops headers
// and leaves bodies open after errors; and it remembers what can be said about a request that went wrong.
type call struct {
	ctx      context.Context
	provider *Provider
	account  string
	token    string
	query    url.Values // replaces the query that twilio-go wrote, when set

	reached atomic.Bool // there was a connection: from here on Twilio may have taken the request
	status  int         // of the last answer; 0: there was none
	header  http.Header // of the last answer
}

// call begins a use of the API with the channel's credentials. The deadline is that of the context, else the default.
func (p *Provider) call(ctx context.Context, c *model.Channel, secret model.Secret) (*call, context.CancelFunc) {
	cancel := context.CancelFunc(func() {})
	if _, ok := ctx.Deadline(); !ok {
		ctx, cancel = context.WithTimeout(ctx, p.timeout)
	}
	return &call{ctx: ctx, provider: p, account: c.Sender.ProviderAccount, token: secret[AuthToken]}, cancel
}

// client makes the client that twilio-go's API packages want.
func (k *call) client() *client.Client {
	c := &client.Client{
		Credentials: client.NewCredentials(k.account, k.token),
		HTTPClient: &http.Client{
			Transport:     k,
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
	}
	c.SetAccountSid(k.account)
	return c
}

// RoundTrip sends a request of twilio-go under the call's deadline and reads the whole answer.
func (k *call) RoundTrip(req *http.Request) (*http.Response, error) {
	k.status, k.header = 0, nil
	// net/http repeats a POST on another connection only when nothing of it was written on the first one.
	req = req.Clone(httptrace.WithClientTrace(k.ctx, &httptrace.ClientTrace{
		GetConn: func(string) { k.reached.Store(false) },
		GotConn: func(httptrace.GotConnInfo) { k.reached.Store(true) },
	}))
	req.URL = k.provider.rewrite(req.URL)
	req.Host = ""
	if !k.provider.own(req.URL) {
		return nil, errors.New("address outside Twilio's API")
	}
	if k.query != nil {
		req.URL.RawQuery = k.query.Encode()
	}
	resp, err := k.provider.transport.RoundTrip(req)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	k.status, k.header = resp.StatusCode, resp.Header
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer))
	if err != nil {
		return nil, fmt.Errorf("read the answer: %w", err)
	}
	resp.Body = io.NopCloser(bytes.NewReader(body))
	return resp, nil
}

// rewrite points a URL of Twilio to its stand-in, if there is one.
func (p *Provider) rewrite(u *url.URL) *url.URL {
	if p.base == nil || !twilioHost(u.Hostname()) {
		return u
	}
	moved := *u
	moved.Scheme, moved.Host = p.base.Scheme, p.base.Host
	if prefix := strings.TrimRight(p.base.Path, "/"); prefix != "" {
		moved.Path, moved.RawPath = prefix+u.Path, ""
	}
	return &moved
}

// own tells whether credentials may go to the URL: to Twilio over TLS, or to its stand-in.
func (p *Provider) own(u *url.URL) bool {
	if u.User != nil {
		return false
	}
	if p.base != nil {
		return u.Scheme == p.base.Scheme && strings.EqualFold(u.Host, p.base.Host)
	}
	return u.Scheme == "https" && (u.Port() == "" || u.Port() == "443") && twilioHost(u.Hostname())
}

func twilioHost(host string) bool {
	return strings.HasSuffix(strings.ToLower(host), ".twilio.com")
}
