package bench

import (
	"context"
	"math/rand/v2"
	"sync"
	"time"
)

// killTask begins the load, or ends it.
type killTask struct {
	Hook     hook // when it begins
	First    int  // number of the first message
	Clients  int
	Contacts int
	End      bool
}

// killAnswer says what became of the load.
type killAnswer struct {
	Last     int   // number of the last message that was posted
	Answered []int // those answered 2xx at least once
	Twice    int   // webhooks posted again after they were answered 2xx
	Refused  int   // answers other than 2xx: none may be 4xx
	Broken   int   // posts without an answer
}

// killLoad posts webhooks whatever becomes of the server, as a provider does: what was not answered is posted once
// more or given up, and some of what was answered comes again.
type killLoad struct {
	mu     sync.Mutex
	answer killAnswer
	next   int
	stop   context.CancelFunc
	all    sync.WaitGroup
}

func newKillLoad() *killLoad { return &killLoad{} }

func (l *killLoad) do(ctx context.Context, t killTask) (killAnswer, error) {
	if t.End {
		l.close()
		l.answer.Last = l.next - 1
		return l.answer, nil
	}
	ctx, l.stop = context.WithCancel(ctx)
	l.next = t.First
	for c := range t.Clients {
		random := rand.New(rand.NewPCG(seed, uint64(c)))
		l.all.Go(func() { l.client(ctx, t, random) })
	}
	return killAnswer{}, nil
}

func (l *killLoad) close() {
	if l.stop != nil {
		l.stop()
		l.all.Wait()
	}
}

func (l *killLoad) client(ctx context.Context, t killTask, random *rand.Rand) {
	p := &poster{host: t.Hook.Host}
	defer p.close()
	for ctx.Err() == nil {
		n := l.number()
		request := t.Hook.request(n, random.IntN(t.Contacts), sentence(random))
		taken := l.post(p, n, request)
		if taken && random.IntN(20) == 0 {
			l.count(&l.answer.Twice)
			l.post(p, n, request)
		}
		if !taken {
			pause(ctx, 20*time.Millisecond)
			if random.IntN(2) == 0 {
				l.post(p, n, request)
			}
		}
	}
}

func (l *killLoad) number() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.next++
	return l.next - 1
}

func (l *killLoad) count(n *int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	*n++
}

func (l *killLoad) post(p *poster, n int, request []byte) bool {
	status, err := p.post(request)
	l.mu.Lock()
	defer l.mu.Unlock()
	switch {
	case err != nil:
		l.answer.Broken++
	case status/100 != 2:
		l.answer.Refused++
	default:
		l.answer.Answered = append(l.answer.Answered, n)
		return true
	}
	return false
}

// pause waits unless ctx ends.
func pause(ctx context.Context, d time.Duration) {
	select {
	case <-ctx.Done():
	case <-time.After(d):
	}
}
