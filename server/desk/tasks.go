package desk

import "sync"

// tasks are goroutines that somebody waits for. A WaitGroup must not be added to while somebody waits; this one may.
type tasks struct {
	mu   sync.Mutex
	busy int
	idle sync.Cond // when none is busy
}

func newTasks() *tasks {
	t := &tasks{}
	t.idle.L = &t.mu
	return t
}

// Go does the work in a goroutine.
func (t *tasks) Go(work func()) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.busy++
	go func() {
		defer t.end()
		work()
	}()
}

func (t *tasks) end() {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.busy--; t.busy == 0 {
		t.idle.Broadcast()
	}
}

// Wait returns when none is busy.
func (t *tasks) Wait() {
	t.mu.Lock()
	defer t.mu.Unlock()
	for t.busy > 0 {
		t.idle.Wait()
	}
}
