package ai

import (
	"strconv"
	"sync"
	"testing"

	"github.com/livedesk/livedesk/server/ai/aitest"
)

var choosy = aitest.Model{Name: "choosy", Refuses: []string{"max_tokens", "temperature"}}

func limited() Request {
	warm := 0.7
	r := says("hello")
	r.MaxTokens, r.Temperature = 300, &warm
	return r
}

func TestWhatAModelRefusesIsLeftOutAndRemembered(t *testing.T) {
	t.Parallel()
	w := newWorld(t, aitest.Options{Models: []aitest.Model{choosy, {Name: "plain"}}})
	if got := w.must(t, limited()); got.Tries != 3 || len(w.waits.list()) != 0 {
		t.Errorf("learned in %d tries with waits of %v", got.Tries, w.waits.list())
	}
	if got := w.must(t, limited()); got.Tries != 1 {
		t.Errorf("asked %d times what it knew", got.Tries)
	}
	if c := w.Last().Chat; c.MaxTokens != nil || c.Temperature != nil || *c.MaxCompletionTokens != 300 {
		t.Errorf("sent %+v", c)
	}
	w.at.Model = "plain"
	if got := w.must(t, limited()); got.Tries != 1 || *w.Last().Chat.MaxTokens != 300 {
		t.Errorf("another model was asked in %d tries with %+v", got.Tries, w.Last().Chat)
	}
}

func TestModelWithoutAnyLimit(t *testing.T) {
	t.Parallel()
	w := newWorld(t, aitest.Options{Models: []aitest.Model{{Name: "free", Refuses: []string{"max_tokens", "max_completion_tokens"}}}})
	if got := w.must(t, limited()); got.Tries != 3 {
		t.Errorf("%d tries", got.Tries)
	}
}

// A value out of range is the caller's mistake, and hides nothing from the next call.
func TestWrongValuesTeachNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t, aitest.Options{})
	r := limited()
	*r.Temperature = 3
	if _, err := w.ask(t, r); asError(t, err).Kind != Refused || w.Counts().Requests != 1 {
		t.Errorf("got %v after %d requests", err, w.Counts().Requests)
	}
	w.must(t, limited())
	if c := w.Last().Chat; c.Temperature == nil || c.MaxTokens == nil {
		t.Errorf("sent %s", w.Last().Body)
	}
}

func TestManyLearnAtOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t, aitest.Options{Models: []aitest.Model{choosy}})
	var all sync.WaitGroup
	for range 16 {
		all.Go(func() {
			if got, err := w.ask(t, limited()); err != nil || got.Tries > 3 {
				t.Errorf("got %+v, %v", got, err)
			}
		})
	}
	all.Wait()
	if got := w.must(t, limited()); got.Tries != 1 {
		t.Errorf("%d tries", got.Tries)
	}
}

func TestMemoryIsBounded(t *testing.T) {
	t.Parallel()
	var q quirks
	for i := range 3 * maxQuirks {
		p := place{"https://example.com", strconv.Itoa(i)}
		q.add(p, quirk{noTemperature: true})
		if !q.of(p).noTemperature {
			t.Fatalf("forgot the newest, %d", i)
		}
	}
	if len(q.known) != maxQuirks {
		t.Errorf("remembers %d", len(q.known))
	}
}
