package db

import (
	"context"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
)

// wakePause is how long after a NOTIFY the next one waits, so that many become one.
const wakePause = 3 * time.Millisecond

// waker tells the job workers of all processes that a queue has something new, in the form in which River tells them.
// River itself would notify within the transaction that inserts the job; a NOTIFY takes a lock of the whole cluster
// until the commit, which costs writers more than half their speed. One that is lost costs a second: workers also poll.
type waker struct {
	pool *pgxpool.Pool

	mu      sync.Mutex
	queues  map[string]bool
	working bool
	closed  bool
	done    sync.WaitGroup
}

func newWaker(pool *pgxpool.Pool) *waker {
	return &waker{pool: pool, queues: map[string]bool{}}
}

// wake never blocks.
func (w *waker) wake(queue string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.closed {
		return
	}
	w.queues[queue] = true
	if w.working {
		return
	}
	w.working = true
	w.done.Go(w.work)
}

func (w *waker) work() {
	for {
		w.mu.Lock()
		if len(w.queues) == 0 || w.closed {
			w.working = false
			w.mu.Unlock()
			return
		}
		queues := slices.Collect(maps.Keys(w.queues))
		clear(w.queues)
		w.mu.Unlock()
		w.notify(queues)
		pause := time.NewTimer(wakePause)
		<-pause.C
	}
}

func (w *waker) notify(queues []string) {
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
	defer cancel()
	w.pool.Exec(ctx, `SELECT pg_notify(current_schema() || '.river_insert', json_build_object('queue', q)::text) FROM unnest($1::text[]) q`, queues)
}

// close waits for a NOTIFY under way. Later ones are left out.
func (w *waker) close() {
	w.mu.Lock()
	w.closed = true
	w.mu.Unlock()
	w.done.Wait()
}

// WakeQueue tells the workers of all processes that jobs were put into the queue by SQL and committed. It never blocks.
func (d *DB) WakeQueue(queue string) { d.waker.wake(queue) }
