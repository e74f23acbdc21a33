package twiliotest

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"strings"
	"time"
)

// deliver posts a webhook until it is taken or the policy of its URL gives up, then its fallback.
func (t *Twilio) deliver(ctx context.Context, p *Post) Post {
	ctx, cancel := t.during(ctx)
	defer cancel()
	t.mu.Lock()
	delay := t.upTo(t.mischief.Delay)
	t.mu.Unlock()
	if pause(ctx, delay) && !t.try(ctx, p, p.where.url, p.Method, false) && p.where.fallback != "" {
		t.try(ctx, p, p.where.fallback, p.where.how, true)
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	p.Done = true
	t.changes.add(postChanged, p.key())
	return p.snapshot()
}

// try posts to one address as often as its policy allows, and tells whether the webhook was taken.
func (t *Twilio) try(ctx context.Context, p *Post, address, method string, fallback bool) bool {
	rules := policyOf(address)
	ctx, cancel := context.WithTimeout(ctx, rules.total)
	defer cancel()
	for n := 0; ; n++ {
		a, class, body := t.attempt(ctx, p, address, method, rules)
		a.Fallback = fallback
		t.record(p, a, body)
		if a.Status >= 200 && a.Status < 300 {
			return true
		}
		if n >= rules.retries || !rules.wants(class) || !pause(ctx, t.options.RetryPause) {
			return false
		}
	}
}

// attempt makes one request. The class says what kind of failure it was, if one.
func (t *Twilio) attempt(ctx context.Context, p *Post, address, method string, rules policy) (a Attempt, class string, body answerBody) {
	start := time.Now()
	a.At = t.now()
	resp, class, err := t.request(ctx, p, address, method, rules)
	if err == nil {
		a.Status, class = resp.status, classOf(resp.status)
	} else {
		a.Error = plain(err)
	}
	a.Took = time.Since(start)
	return a, class, resp
}

// answerBody is what of a webhook's answer Twilio looks at.
type answerBody struct {
	status      int
	contentType string
	text        string
}

const maxAnswer = 64 << 10 // Twilio, error 11750

// request sends the webhook with the limits of the policy: one for the connection, one for the answer.
func (t *Twilio) request(ctx context.Context, p *Post, address, method string, rules policy) (answerBody, string, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	class := connectFailed
	timer := time.AfterFunc(rules.connect, cancel)
	defer timer.Stop()
	connected := func(httptrace.GotConnInfo) {
		class = readFailed
		timer.Reset(rules.read)
	}
	r, err := p.build(httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{GotConn: connected}), address, method)
	if err != nil {
		return answerBody{}, "", err
	}
	resp, err := t.client.Do(r)
	if err != nil {
		return answerBody{}, class, err
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer+1))
	if err != nil {
		return answerBody{}, "", err // "Twilio doesn't retry on partial response"
	}
	return answerBody{resp.StatusCode, resp.Header.Get("Content-Type"), string(text)}, "", nil
}

// build makes the request. A GET carries the parameters in its query, which then is what is signed.
func (p *Post) build(ctx context.Context, address, method string) (*http.Request, error) {
	form := p.signed(method)
	whole := p.address(address, method)
	body := ""
	if form != nil {
		body = form.Encode()
	}
	r, err := http.NewRequestWithContext(ctx, method, whole, strings.NewReader(body))
	if err != nil {
		return nil, err
	}
	if form != nil {
		r.Header.Set("Content-Type", formType)
	}
	r.Header.Set("X-Twilio-Signature", Sign(p.secret, whole, form))
	r.Header.Set("I-Twilio-Idempotency-Token", p.Token)
	r.Header.Set("User-Agent", userAgent)
	r.Header.Set("Accept", "*/*")
	return r, nil
}

// address is the URL without fragment; for a GET with the parameters.
func (p *Post) address(configured, method string) string {
	whole, _, _ := strings.Cut(configured, "#")
	if method != http.MethodGet {
		return whole
	}
	joint := "?"
	if strings.Contains(whole, "?") {
		joint = "&"
	}
	return whole + joint + p.Form.Encode()
}

// signed are the parameters that count for the signature besides the URL.
func (p *Post) signed(method string) url.Values {
	if method == http.MethodGet {
		return nil
	}
	return p.Form
}

// plain says why there was no answer, without the address that is in the log already.
func plain(err error) string {
	var of *url.Error
	if errors.As(err, &of) {
		err = of.Err
	}
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return "no answer in time"
	}
	return err.Error()
}
