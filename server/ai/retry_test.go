package ai

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/livedesk/livedesk/server/ai/aitest"
)

func TestPassingTroubleIsOutlived(t *testing.T) {
	t.Parallel()
	cases := map[string][]aitest.Fault{
		"500 twice": aitest.Times(2, aitest.ServerError(500)),
		"502 page":  {aitest.HTML(502)},
		"503":       {aitest.ServerError(503, "Retry-After", "1")},
		"429":       {aitest.RateLimit("Retry-After", "1")},
		"cut":       {aitest.Cut()},
		"broken":    aitest.Times(2, aitest.Break()),
		"gateway":   {aitest.Raw(200, "application/json", `{"error":{"code":502,"message":"upstream"}}`)},
	}
	for name, faults := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, aitest.Options{})
			w.Fail(faults...)
			got := w.must(t, says("hello"))
			if got.Text != "hello" || got.Tries != len(faults)+1 || w.Counts().Requests != got.Tries || len(w.waits.list()) != len(faults) {
				t.Errorf("got %+v after %d requests and %v", got, w.Counts().Requests, w.waits.list())
			}
		})
	}
}

func TestLastingTrouble(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		fault aitest.Fault
		kind  Kind
		tries int
	}{
		"500":          {aitest.ServerError(500), Server, 3},
		"502 page":     {aitest.HTML(502), Server, 3},
		"504":          {aitest.HTML(504), Timeout, 3},
		"429":          {aitest.RateLimit(), RateLimited, 3},
		"cut":          {aitest.Cut(), Unreachable, 3},
		"broken":       {aitest.Break(), Unreachable, 3},
		"no credit":    {aitest.NoQuota(), Quota, 1},
		"402":          {aitest.HTML(402), Quota, 1},
		"401":          {aitest.HTML(401), Credentials, 1},
		"403":          {aitest.HTML(403), Credentials, 1},
		"400":          {aitest.HTML(400), Refused, 1},
		"413":          {aitest.HTML(413), Refused, 1},
		"too long":     {aitest.Refuse(400, "invalid_request_error", "messages", "context_length_exceeded", "too long"), Refused, 1},
		"page":         {aitest.HTML(200), Broken, 1},
		"no choices":   {aitest.Raw(200, "application/json", `{"id":"x"}`), Broken, 1},
		"words inside": {aitest.Raw(200, "application/json", `{"error":{"code":"oops"}}`), Broken, 1},
		"flood":        {aitest.Flood(maxAnswer), Broken, 1},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, aitest.Options{})
			w.Fail(aitest.Times(4, c.fault)...)
			w.mustFail(t, c.kind, c.tries)
		})
	}
}

// 4 MiB less a little are read.
func TestLongAnswerIsRead(t *testing.T) {
	t.Parallel()
	w := newWorld(t, aitest.Options{})
	w.Fail(aitest.Flood(maxAnswer - 200))
	if got := w.must(t, says("hello")); len(got.Text) != maxAnswer-200 {
		t.Errorf("read %d bytes", len(got.Text))
	}
}

func TestWaitsAsTheEndpointAsks(t *testing.T) {
	t.Parallel()
	date := time.Date(2026, 11, 23, 9, 30, 0, 0, time.UTC)
	cases := map[string]struct {
		headers []string
		want    time.Duration
	}{
		"seconds":      {[]string{"Retry-After", "7"}, 7 * time.Second},
		"milliseconds": {[]string{"Retry-After", "7", "Retry-After-Ms", "1500"}, 1500 * time.Millisecond},
		"date":         {[]string{"Retry-After", date.Add(9 * time.Second).Format(http.TimeFormat), "Date", date.Format(http.TimeFormat)}, 9 * time.Second},
	}
	for name, c := range cases {
		w := newWorld(t, aitest.Options{})
		w.Fail(aitest.RateLimit(c.headers...))
		w.must(t, says("hello"))
		if got := w.waits.list(); !slices.Equal(got, []time.Duration{c.want}) {
			t.Errorf("%s: waited %v, want %v", name, got, c.want)
		}
	}
	for _, nonsense := range []string{"-1", "NaN", "soon", "", "1e999"} {
		if got := retryAfter(http.Header{"Retry-After": {nonsense}}); got < 0 || got > maxRetryAfter {
			t.Errorf("%q: wait %v", nonsense, got)
		}
	}
}

// Who asks for more patience than there is gets the error at once, with the wish in it.
func TestLongWaitsAreLeftToTheCaller(t *testing.T) {
	t.Parallel()
	w := newWorld(t, aitest.Options{})
	w.Fail(aitest.RateLimit("Retry-After", "600"))
	if e := w.mustFail(t, RateLimited, 1); e.RetryAfter != 10*time.Minute || len(w.waits.list()) != 0 {
		t.Errorf("got %+v after %v", e, w.waits.list())
	}
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	w.Fail(aitest.RateLimit("Retry-After", "15"))
	_, err := w.client.Complete(ctx, w.at, says("hello"))
	if e := asError(t, err); e.Kind != RateLimited || e.RetryAfter != 15*time.Second || len(w.waits.list()) != 0 {
		t.Errorf("got %+v after %v", e, w.waits.list())
	}
}

func TestBackoffDoublesAndVaries(t *testing.T) {
	t.Parallel()
	k := &call{Completions: New(nil, Options{})}
	seen := map[time.Duration]bool{}
	for range 200 {
		for try, whole := range map[int]time.Duration{1: 500 * time.Millisecond, 2: time.Second, 3: 2 * time.Second, 60: DefaultMaxWait} {
			got := k.backoff(try)
			if got < whole/2 || got > whole {
				t.Fatalf("try %d: %v, want %v to %v", try, got, whole/2, whole)
			}
			seen[got] = true
		}
	}
	if len(seen) < 100 {
		t.Errorf("only %d different waits", len(seen))
	}
}

func TestHungTryIsGivenUp(t *testing.T) {
	t.Parallel()
	w := newWorld(t, aitest.Options{}, func(o *Options) { o.TryTimeout = 30 * time.Millisecond })
	release := w.Hold()
	defer release()
	w.mustFail(t, Timeout, 3)
}

func TestDeadlineBoundsEverything(t *testing.T) {
	t.Parallel()
	w := newWorld(t, aitest.Options{}, func(o *Options) { o.Wait = nil })
	release := w.Hold()
	defer release()
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	_, err := w.client.Complete(ctx, w.at, says("hello"))
	if e := asError(t, err); e.Kind != Timeout || e.Tries != 1 {
		t.Errorf("got %+v", e)
	}
}

func TestCancelEndsItAtOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t, aitest.Options{})
	release := w.Hold()
	defer release()
	ctx, cancel := context.WithCancel(t.Context())
	got := make(chan error, 1)
	go func() {
		_, err := w.client.Complete(ctx, w.at, says("hello"))
		got <- err
	}()
	if err := w.Until(t.Context(), func(c aitest.Counts) bool { return c.InFlight == 1 }); err != nil {
		t.Fatal(err)
	}
	cancel()
	if err := <-got; !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	if n := w.Counts().Requests; n != 1 {
		t.Errorf("%d requests", n)
	}
}

// A cancellation in a wait ends the wait.
func TestCancelEndsAWait(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	w := newWorld(t, aitest.Options{}, func(o *Options) {
		o.Wait = func(ctx context.Context, _ time.Duration) error {
			cancel()
			return wait(ctx, time.Hour)
		}
	})
	w.Fail(aitest.ServerError(500))
	if _, err := w.client.Complete(ctx, w.at, says("hello")); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}
