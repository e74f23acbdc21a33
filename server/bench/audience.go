package bench

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"time"
)

// audience is sockets that all see the same events.
type audience struct {
	listeners []*listener
	stop      context.CancelFunc
	all       sync.WaitGroup
}

// join is who belongs to an audience.
type join struct {
	Host     string
	Tokens   []string
	PerAgent int // sockets of each token
}

// opening is how many sockets are opened at a time.
const opening = 16

func newAudience(j join) *audience {
	a := &audience{stop: func() {}}
	for _, token := range j.Tokens {
		for range j.PerAgent {
			a.listeners = append(a.listeners, newListener(j.Host, token, &tally{}))
		}
	}
	return a
}

func (a *audience) signIn(ctx context.Context) error {
	return a.each(func(l *listener) error { return l.signIn(ctx) })
}

// subscribe returns when every socket has the cursor of now.
func (a *audience) subscribe(ctx context.Context) error {
	kept, cancel := context.WithCancel(context.WithoutCancel(ctx))
	a.stop = cancel
	return a.each(func(l *listener) error {
		if err := l.subscribe(); err != nil {
			return err
		}
		a.all.Go(func() { l.follow(kept) })
		select {
		case <-l.started:
			return nil
		case <-time.After(postTime):
			_, failed := l.state()
			return errors.Join(errors.New("a subscription did not start"), failed)
		}
	})
}

// each does something for every socket, a few at a time, and returns the first error.
func (a *audience) each(do func(*listener) error) error {
	work := make(chan *listener)
	errs := make(chan error, len(a.listeners))
	var all sync.WaitGroup
	for range opening {
		all.Go(func() {
			for l := range work {
				if err := do(l); err != nil {
					errs <- err
				}
			}
		})
	}
	for _, l := range a.listeners {
		work <- l
	}
	close(work)
	all.Wait()
	close(errs)
	return <-errs
}

// cutAll cuts every socket once at a random moment within the time, half of them with a reset.
func (a *audience) cutAll(ctx context.Context, within time.Duration, random *rand.Rand) {
	order := random.Perm(len(a.listeners))
	began := time.Now()
	for i, k := range order {
		pause(ctx, time.Until(began.Add(within*time.Duration(i)/time.Duration(len(order)))))
		a.listeners[k].cut(random.IntN(2) == 0)
	}
}

// arrivalTime is how long a message may take to everybody before it counts as lost.
const arrivalTime = 30 * time.Second

// heard waits until n messages from first on have come to everybody.
func (a *audience) heard(ctx context.Context, first, n int) error {
	deadline := time.Now().Add(arrivalTime)
	for i, l := range a.listeners {
		for missing := l.tally.missing(first, n); missing > 0; missing = l.tally.missing(first, n) {
			if _, failed := l.state(); failed != nil {
				return fmt.Errorf("socket %d ended for good: %w", i, failed)
			}
			if ctx.Err() != nil || time.Now().After(deadline) {
				return fmt.Errorf("lost: %d of %d messages did not come to socket %d", missing, n, i)
			}
			pause(ctx, time.Millisecond)
		}
	}
	return nil
}

// say posts the salvo, waits until everybody heard it, and returns how long each message took to each socket.
func (a *audience) say(ctx context.Context, s salvo) ([]time.Duration, error) {
	if s.Apart {
		return a.sayApart(ctx, s)
	}
	sent, err := s.post(ctx)
	if err == nil {
		err = a.heard(ctx, s.First, s.Messages)
	}
	if err != nil {
		return nil, err
	}
	var took []time.Duration
	for _, l := range a.listeners {
		took = append(took, l.tally.took(s.First, sent)...)
	}
	return took, nil
}

func (a *audience) sayApart(ctx context.Context, s salvo) (took []time.Duration, err error) {
	one := s
	one.Apart, one.Messages = false, 1
	for ; one.First < s.First+s.Messages; one.First++ {
		next := time.Now().Add(s.Every)
		t, err := a.say(ctx, one)
		if err != nil {
			return nil, err
		}
		took = append(took, t...)
		pause(ctx, time.Until(next))
	}
	return took, nil
}

// score is how often sockets came back, and how many messages came twice.
func (a *audience) score() (back, twice int) {
	for _, l := range a.listeners {
		n, _ := l.state()
		back, twice = back+n, twice+l.tally.twice()
	}
	return back, twice
}

func (a *audience) close() {
	a.stop()
	a.all.Wait()
}
