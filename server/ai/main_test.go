package ai

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/livedesk/livedesk/server/ai/aitest"
	"github.com/livedesk/livedesk/server/egress"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// waits notes how long the client would have waited, and does not.
type waits struct {
	mu  sync.Mutex
	all []time.Duration
}

func (w *waits) wait(ctx context.Context, d time.Duration) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.all = append(w.all, d)
	return ctx.Err()
}

func (w *waits) list() []time.Duration {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Clone(w.all)
}

// world is an endpoint and a client that may call it.
type world struct {
	*aitest.Server
	client *Completions
	waits  *waits
	at     Endpoint
}

func newWorld(t testing.TB, o aitest.Options, with ...func(*Options)) *world {
	t.Helper()
	w := &world{Server: aitest.Start(o), waits: &waits{}}
	t.Cleanup(w.Close)
	options := Options{Wait: w.waits.wait, NotAllowed: egress.ErrRefused}
	for _, change := range with {
		change(&options)
	}
	w.client = newClient(t, options, w.Address)
	w.at = Endpoint{BaseURL: w.URL(), Key: aitest.Key, Model: aitest.DefaultModel}
	if len(o.Models) > 0 {
		w.at.Model = o.Models[0].Name
	}
	if o.Azure {
		w.at.KeyHeader = APIKey
	}
	return w
}

// newClient goes out through the guard of the program, which lets it reach the private hosts.
func newClient(t testing.TB, o Options, private ...string) *Completions {
	t.Helper()
	guard := egress.New(egress.Options{Private: private})
	t.Cleanup(guard.Close)
	return New(guard.Transport(), o)
}

func (w *world) ask(t testing.TB, r Request) (*Answer, error) {
	t.Helper()
	return w.client.Complete(t.Context(), w.at, r)
}

func (w *world) must(t testing.TB, r Request) *Answer {
	t.Helper()
	answer, err := w.ask(t, r)
	if err != nil {
		t.Fatal(err)
	}
	return answer
}

// says is a chat of one message.
func says(text string) Request { return Request{Messages: []Message{{Role: User, Text: text}}} }

// mustFail asks and returns the error, which must be of the kind after so many tries.
func (w *world) mustFail(t testing.TB, kind Kind, tries int) *Error {
	t.Helper()
	answer, err := w.ask(t, says("hello"))
	e := asError(t, err)
	if answer != nil || e.Kind != kind || e.Tries != tries || w.Counts().Requests != tries {
		t.Fatalf("got %+v, %v after %d tries and %d requests, want %s after %d", answer, e, e.Tries, w.Counts().Requests, kind, tries)
	}
	return e
}

func asError(t testing.TB, err error) *Error {
	t.Helper()
	var e *Error
	if !errors.As(err, &e) {
		t.Fatalf("%v is no *Error", err)
	}
	return e
}
