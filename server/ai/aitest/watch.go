package aitest

import (
	"context"
	"slices"
)

// Requests are all that came so far, in order.
func (e *Endpoint) Requests() []Request {
	e.mu.Lock()
	defer e.mu.Unlock()
	return slices.Clone(e.requests)
}

// Last is the newest request; it panics when none came.
func (e *Endpoint) Last() Request {
	all := e.Requests()
	return all[len(all)-1]
}

// Counts tell how busy the endpoint is.
type Counts struct {
	Requests int // that came
	InFlight int // that are being answered, or held
	Peak     int // the most at one time
}

// Counts are those of now.
func (e *Endpoint) Counts() Counts {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.counts()
}

func (e *Endpoint) counts() Counts { return Counts{len(e.requests), e.inFlight, e.peak} }

// Until waits for counts of which ok is true, and returns the context's error when it ends before.
func (e *Endpoint) Until(ctx context.Context, ok func(Counts) bool) error {
	for {
		e.mu.Lock()
		now, changed := e.counts(), e.changed
		e.mu.Unlock()
		if ok(now) {
			return nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// Hold keeps the requests that come from now on waiting until release is called, which can be done more than once.
func (e *Endpoint) Hold() (release func()) {
	e.mu.Lock()
	defer e.mu.Unlock()
	held := make(chan struct{})
	e.held = held
	return func() {
		e.mu.Lock()
		defer e.mu.Unlock()
		if e.held == held {
			e.held = nil
			close(held)
		}
	}
}
