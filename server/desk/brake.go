package desk

import (
	"math/rand/v2"
	"sync"
	"time"

	"github.com/livedesk/livedesk/model"
)

// The waits between tries: doubled from the first to the longest, each a little off so that not all come at once.
const (
	firstWait   = time.Second
	longestWait = time.Minute
)

// sickAfter is how many lost answers in a row stop a channel for a while: a provider that hangs would else hold up
// every sender of the process.
const sickAfter = 5

// brakes slow down the sending of channels whose provider cannot be reached or asks for patience. While one is on, one
// message at a time tries; what succeeds takes it off. Each process brakes for itself.
type brakes struct {
	mu sync.Mutex
	by map[model.ID]*brake
}

type brake struct {
	failures int // in a row that the provider certainly did not take
	lost     int // answers in a row that never came
	until    time.Time
	trying   bool
}

// wait is how long the channel must not be used yet; 0 lets the caller through, who then calls ease or press.
func (b *brakes) wait(channel model.ID, now time.Time) time.Duration {
	b.mu.Lock()
	defer b.mu.Unlock()
	k := b.by[channel]
	switch {
	case k == nil || k.failures == 0 && k.lost < sickAfter:
		return 0
	case now.Before(k.until):
		return jitter(k.until.Sub(now) + firstWait/10)
	case k.trying:
		return jitter(firstWait)
	}
	k.trying = true
	return 0
}

// ease takes the brake off: the provider answered.
func (b *brakes) ease(channel model.ID) {
	b.mu.Lock()
	defer b.mu.Unlock()
	delete(b.by, channel)
}

// pass ends a try that came to nothing: there was no message, or the provider was not called.
func (b *brakes) pass(channel model.ID) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if k := b.by[channel]; k != nil {
		k.trying = false
	}
}

// press brakes after a failure, for as long as the provider asks for, or a little longer than the last time.
func (b *brakes) press(channel model.ID, lost bool, asked time.Duration, now time.Time) {
	b.mu.Lock()
	defer b.mu.Unlock()
	k := b.by[channel]
	if k == nil {
		k = &brake{}
		b.by[channel] = k
	}
	k.trying = false
	if lost {
		k.lost++
	} else {
		k.failures++
	}
	if until := now.Add(max(asked, backoff(max(k.failures, k.lost-sickAfter+1)))); until.After(k.until) {
		k.until = until
	}
}

// backoff is the wait after so many failures in a row.
func backoff(failures int) time.Duration {
	wait := firstWait
	for range failures - 1 {
		if wait *= 2; wait >= longestWait {
			return longestWait
		}
	}
	return wait
}

// jitter lengthens a wait by up to a quarter.
func jitter(wait time.Duration) time.Duration {
	return wait + rand.N(wait/4+1)
}
