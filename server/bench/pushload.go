package bench

import (
	"context"
	"math/rand/v2"
	"runtime"
	"sync"
	"time"
)

// pushTask is one of these.
type pushTask struct {
	Join     *join
	Database string // where to do it plainly; comes with Join
	Say      *salvo // webhooks
	Cut      bool   // while they are posted every socket is cut once and comes back
	Plain    int    // rows and frames
	Every    time.Duration
}

type pushAnswer struct {
	Median, P99 time.Duration
	Back, Twice int // so far
}

// pushLoad is both ends: it posts the webhooks and holds the agents' sockets, so that one clock times them.
type pushLoad struct {
	audience *audience
	plain    *plainPush
	random   *rand.Rand
}

// newPushLoad keeps the generator to one processor, for both sides that it times: agents read on machines of their own,
// and 200 of them that wake at once would take all processors from the server in the middle of its writing.
func newPushLoad() *pushLoad {
	runtime.GOMAXPROCS(1)
	return &pushLoad{random: rand.New(rand.NewPCG(seed, 0))}
}

func (l *pushLoad) do(ctx context.Context, t pushTask) (a pushAnswer, err error) {
	var took []time.Duration
	switch {
	case t.Join != nil:
		return a, l.join(ctx, t)
	case t.Say != nil:
		took, err = l.say(ctx, t)
	default:
		took, err = l.plain.run(ctx, t.Plain, t.Every)
	}
	a.Median, a.P99 = percentile(took, 0.5), percentile(took, 0.99)
	a.Back, a.Twice = l.audience.score()
	return a, err
}

func (l *pushLoad) join(ctx context.Context, t pushTask) (err error) {
	if l.plain, err = newPlainPush(ctx, t.Database); err != nil {
		return err
	}
	l.audience = newAudience(*t.Join)
	if err := l.audience.signIn(ctx); err != nil {
		return err
	}
	return l.audience.subscribe(ctx)
}

func (l *pushLoad) say(ctx context.Context, t pushTask) ([]time.Duration, error) {
	var cutting sync.WaitGroup
	defer cutting.Wait()
	if t.Cut {
		cutting.Go(func() { l.audience.cutAll(ctx, time.Duration(t.Say.Messages)*t.Say.Every*9/10, l.random) })
	}
	return l.audience.say(ctx, *t.Say)
}

func (l *pushLoad) close() {
	if l.audience != nil {
		l.audience.close()
	}
	if l.plain != nil {
		l.plain.close()
	}
}
