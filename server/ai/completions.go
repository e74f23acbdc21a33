package ai

import (
	"context"
	"errors"
	"net/http"
	"time"
)

// The defaults of Options.
const (
	DefaultTries      = 3
	DefaultTryTimeout = 60 * time.Second
	DefaultBackoff    = 500 * time.Millisecond
	DefaultMaxWait    = 20 * time.Second
)

// Options say how patient a client is. The zero value is right for production, but for NotAllowed.
type Options struct {
	Tries      int           // how often the endpoint is asked at most, what a model refuses included
	TryTimeout time.Duration // of one try with its body
	Backoff    time.Duration // about how long the first wait is; each further one is twice as long
	MaxWait    time.Duration // an endpoint that asks to wait for longer is not waited for
	// NotAllowed is in the chain of the transport's errors about an address that it does not call (egress.ErrRefused).
	NotAllowed error
	// Wait returns after the time, or when the context ends, with its error. Nil: a timer.
	Wait func(context.Context, time.Duration) error
}

// Completions is the Client over HTTP. It is safe for concurrent use.
type Completions struct {
	http    *http.Client
	options Options
	quirks  quirks
}

var _ Client = (*Completions)(nil)

// New makes a client that calls out through the transport: in the program the guarded one, because endpoints are
// addresses that an admin chose. A redirect is an error, so that a key stays with the host it was entered for.
func New(transport http.RoundTripper, o Options) *Completions {
	if o.Tries <= 0 {
		o.Tries = DefaultTries
	}
	o.TryTimeout = orDefault(o.TryTimeout, DefaultTryTimeout)
	o.Backoff = orDefault(o.Backoff, DefaultBackoff)
	o.MaxWait = orDefault(o.MaxWait, DefaultMaxWait)
	if o.Wait == nil {
		o.Wait = wait
	}
	stay := func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return &Completions{http: &http.Client{Transport: transport, CheckRedirect: stay}, options: o}
}

func orDefault(d, otherwise time.Duration) time.Duration {
	if d <= 0 {
		return otherwise
	}
	return d
}

// Complete implements Client.
func (c *Completions) Complete(ctx context.Context, e Endpoint, r Request) (*Answer, error) {
	answer, failed := c.complete(ctx, e, r)
	switch {
	case failed == nil:
		return answer, nil
	case failed.cancelled != nil:
		return nil, failed.cancelled
	}
	return nil, failed.Error
}

// failure is an error with what is told to nobody but the admin who makes a Check.
type failure struct {
	*Error
	words     string // the endpoint's own, which may repeat the chat
	adapted   bool   // the next try leaves out what the model refused
	cancelled error  // that of the context, when the caller gave up
}

func (c *Completions) complete(ctx context.Context, e Endpoint, r Request) (*Answer, *failure) {
	began := time.Now()
	k, failed := c.prepare(e, r)
	if failed != nil {
		return nil, failed
	}
	for try := 1; ; try++ {
		answer, failed := k.try(ctx)
		if failed == nil {
			answer.Took, answer.Tries = time.Since(began), try
			return answer, nil
		}
		failed.Tries = try
		if try < c.options.Tries && k.again(ctx, failed, try) {
			continue
		}
		if errors.Is(ctx.Err(), context.Canceled) {
			failed.cancelled = ctx.Err()
		}
		return nil, failed
	}
}
