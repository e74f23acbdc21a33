package bench

import (
	"context"
	"math/rand/v2"
	"strings"
	"sync"
	"time"
)

// salvo is webhooks that are posted at a steady pace, whatever becomes of the ones before.
type salvo struct {
	Hook     hook
	First    int // number of the first message
	Messages int
	Every    time.Duration // between two of them
	Contacts int           // who write in turn
	Length   int           // of the texts, if they are to be longer than usual
	Apart    bool          // each is posted when everybody has heard the one before
}

// posting is how many webhooks may be under way; at a modest pace one that is slow holds up no other.
const posting = 4

// post sends all and returns when each was sent: the moment before the request is written.
func (s salvo) post(ctx context.Context) ([]time.Duration, error) {
	requests, sent, errs := s.sign(), make([]time.Duration, s.Messages), make([]error, posting)
	began := time.Now()
	var all sync.WaitGroup
	for c := range posting {
		all.Go(func() {
			p := &poster{host: s.Hook.Host}
			defer p.close()
			for i := c; i < s.Messages && errs[c] == nil && ctx.Err() == nil; i += posting {
				pause(ctx, time.Until(began.Add(time.Duration(i)*s.Every)))
				sent[i] = sinceStart()
				errs[c] = accepted(p.post(requests[i]))
			}
		})
	}
	all.Wait()
	for _, err := range errs {
		if err != nil {
			return nil, err
		}
	}
	return sent, ctx.Err()
}

func (s salvo) sign() [][]byte {
	random := rand.New(rand.NewPCG(seed, uint64(s.First)))
	requests := make([][]byte, s.Messages)
	for i := range requests {
		text := sentence(random)
		if s.Length > 0 {
			text = strings.Repeat("x", s.Length)
		}
		requests[i] = s.Hook.request(s.First+i, i%s.Contacts, numbered(s.First+i, text))
	}
	return requests
}
