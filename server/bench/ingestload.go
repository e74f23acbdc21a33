package bench

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"time"
)

// ingestTask is a slice of webhooks: with Prepare they are only made and signed, and an empty task posts them.
type ingestTask struct {
	Hook     hook
	First    int // number of the first message
	Messages int
	Clients  int
	Contacts int
	Greeting bool // one message from each contact in turn
	Prepare  bool
}

type ingestAnswer struct {
	Took        time.Duration
	Median, P99 time.Duration
}

// ingestLoad posts webhooks that were signed before.
type ingestLoad struct {
	requests [][]byte
	posters  []*poster
}

func newIngestLoad() *ingestLoad { return &ingestLoad{} }

func (l *ingestLoad) do(_ context.Context, t ingestTask) (a ingestAnswer, err error) {
	if t.Messages > 0 {
		l.prepare(t)
	}
	if t.Prepare {
		return a, nil
	}
	return l.post()
}

func (l *ingestLoad) close() {
	for _, p := range l.posters {
		p.close()
	}
}

// prepare signs the webhooks. The first of every ten comes from a contact of the second half, each from another one;
// the others from contacts of the first half at random.
func (l *ingestLoad) prepare(t ingestTask) {
	for len(l.posters) < t.Clients {
		l.posters = append(l.posters, &poster{host: t.Hook.Host})
	}
	random := rand.New(rand.NewPCG(seed, uint64(t.First)))
	l.requests = make([][]byte, t.Messages)
	half := t.Contacts / 2
	for i := range l.requests {
		from := random.IntN(half)
		switch {
		case t.Greeting:
			from = i
		case i%10 == 0:
			from = half + i/10
		}
		l.requests[i] = t.Hook.request(t.First+i, from, sentence(random))
	}
}

// post sends everything, each client one after another, and times it.
func (l *ingestLoad) post() (a ingestAnswer, err error) {
	took := make([]time.Duration, len(l.requests))
	errs := make([]error, len(l.posters))
	var next atomic.Int64
	var all sync.WaitGroup
	start := time.Now()
	for c, p := range l.posters {
		all.Go(func() {
			for i := int(next.Add(1)) - 1; i < len(l.requests) && errs[c] == nil; i = int(next.Add(1)) - 1 {
				began := time.Now()
				errs[c] = accepted(p.post(l.requests[i]))
				took[i] = time.Since(began)
			}
		})
	}
	all.Wait()
	a.Took = time.Since(start)
	for _, e := range errs {
		if e != nil {
			return a, e
		}
	}
	a.Median, a.P99 = percentile(took, 0.5), percentile(took, 0.99)
	return a, nil
}

// accepted turns what became of a webhook into an error, unless it was taken.
func accepted(status int, err error) error {
	if err != nil {
		return fmt.Errorf("post a webhook: %w", err)
	}
	if status != 204 {
		return fmt.Errorf("a webhook was answered %d", status)
	}
	return nil
}

var words = []string{"hello", "my", "order", "has", "not", "arrived", "yet", "could", "you", "tell", "me", "when", "it", "comes", "thanks", "please"}

// sentence is about as long as what customers write.
func sentence(random *rand.Rand) string {
	var text []byte
	for range 8 + random.IntN(16) {
		text = append(append(text, words[random.IntN(len(words))]...), ' ')
	}
	return string(text)
}
