package ai

import (
	"context"
	"math/rand/v2"
	"net/http"
	"strconv"
	"time"
)

// maxRetryAfter bounds what is told of the wishes of an endpoint.
const maxRetryAfter = time.Hour

// again waits until it makes sense to ask once more, and tells whether it does: not for what a repetition does not
// change, nor when the endpoint asks for more patience than there is.
func (k *call) again(ctx context.Context, failed *failure, try int) bool {
	if failed.adapted {
		return true
	}
	switch failed.Kind {
	case RateLimited, Timeout, Unreachable, Server:
	default:
		return false
	}
	if ctx.Err() != nil || failed.RetryAfter > k.options.MaxWait {
		return false
	}
	pause := max(failed.RetryAfter, k.backoff(try))
	if end, ok := ctx.Deadline(); ok && time.Until(end) <= pause {
		return false
	}
	return k.options.Wait(ctx, pause) == nil
}

// backoff doubles with every try. Its upper half is left to chance, so that callers that failed together do not come
// back together.
func (k *call) backoff(try int) time.Duration {
	whole := min(k.options.Backoff<<min(try-1, 16), k.options.MaxWait)
	return whole/2 + rand.N(whole/2+1)
}

func wait(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// retryAfter reads how long the endpoint asks to wait: milliseconds in OpenAI's own header, else seconds or a date. A
// date counts from the answer's own, so that no other clock matters.
func retryAfter(h http.Header) time.Duration {
	if d, ok := units(h.Get("Retry-After-Ms"), time.Millisecond); ok {
		return d
	}
	text := h.Get("Retry-After")
	if d, ok := units(text, time.Second); ok {
		return d
	}
	at, err := http.ParseTime(text)
	now, err2 := http.ParseTime(h.Get("Date"))
	if err != nil || err2 != nil {
		return 0
	}
	return min(max(at.Sub(now), 0), maxRetryAfter)
}

func units(text string, unit time.Duration) (time.Duration, bool) {
	n, err := strconv.ParseFloat(text, 64)
	if err != nil || !(n >= 0) { // no NaN either
		return 0, false
	}
	return time.Duration(min(n*float64(unit), float64(maxRetryAfter))), true
}
