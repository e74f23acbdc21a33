package bench

import (
	"context"
	"errors"
	"sync"
	"time"
)

// socketsTask is one of these.
type socketsTask struct {
	Join  map[string]join // audiences by name; all sign in before any subscribes
	Say   *salvo          // is posted
	To    string          // the audience that sees it
	Stall *stall          // stops reading before that
}

type socketsAnswer struct {
	Median, P99 time.Duration
	Gone        time.Duration // after it stalled
	Back, Twice int           // how often sockets of the audience came back, and messages came again, so far
}

// socketsLoad holds the agents' sockets and posts webhooks that some of them see.
type socketsLoad struct{ audiences map[string]*audience }

func newSocketsLoad() *socketsLoad { return &socketsLoad{map[string]*audience{}} }

func (l *socketsLoad) do(ctx context.Context, t socketsTask) (a socketsAnswer, err error) {
	if t.Join != nil {
		return a, l.join(ctx, t.Join)
	}
	var gone error
	var stalling sync.WaitGroup
	if t.Stall != nil {
		if err := t.Stall.begin(ctx); err != nil {
			return a, err
		}
		defer t.Stall.end()
		stalling.Go(func() { a.Gone, gone = t.Stall.gone(ctx) })
		if _, err := l.audiences[t.To].say(ctx, t.Stall.Fill); err != nil {
			stalling.Wait()
			return a, err
		}
	}
	took, err := l.audiences[t.To].say(ctx, *t.Say)
	stalling.Wait()
	a.Median, a.P99 = percentile(took, 0.5), percentile(took, 0.99)
	a.Back, a.Twice = l.audiences[t.To].score()
	return a, errors.Join(err, gone)
}

// join lets everybody sign in before anybody subscribes: else each agent who comes is an event to those who are there.
func (l *socketsLoad) join(ctx context.Context, joins map[string]join) error {
	for name, j := range joins {
		l.audiences[name] = newAudience(j)
		if err := l.audiences[name].signIn(ctx); err != nil {
			return err
		}
	}
	for name := range joins {
		if err := l.audiences[name].subscribe(ctx); err != nil {
			return err
		}
	}
	return nil
}

func (l *socketsLoad) close() {
	for _, a := range l.audiences {
		a.close()
	}
}
