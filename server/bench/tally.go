package bench

import (
	"fmt"
	"strconv"
	"strings"
	"sync"
	"time"
)

// tally is which messages came to one socket, how often, and when. Messages go by their number, which is the first
// word of their text: a message that was stored twice counts twice, too.
type tally struct {
	mu      sync.Mutex
	times   []int
	arrived []time.Duration // of the first time
}

var began = time.Now()

// sinceStart is the clock of a generator.
func sinceStart() time.Duration { return time.Since(began) }

// numbered is the text of the n-th message.
func numbered(n int, rest string) string { return "#" + strconv.Itoa(n) + " " + rest }

// note counts the message in an event; its own text is the first one there.
func (t *tally) note(event []byte, at time.Duration) error {
	word, _ := between(event, `"text":"`, ' ')
	n, err := strconv.Atoi(strings.TrimPrefix(string(word), "#"))
	if err != nil || n < 0 || n > 1e6 {
		return fmt.Errorf("a message without number: %.200s", event)
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	for len(t.times) <= n {
		t.times, t.arrived = append(t.times, 0), append(t.arrived, 0)
	}
	if t.times[n]++; t.times[n] == 1 {
		t.arrived[n] = at
	}
	return nil
}

// missing counts which of n messages from first on have not come.
func (t *tally) missing(first, n int) (missing int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for i := first; i < first+n; i++ {
		if i >= len(t.times) || t.times[i] == 0 {
			missing++
		}
	}
	return missing
}

// took is how long each message was under way that was sent at those times, numbered from first on.
func (t *tally) took(first int, sent []time.Duration) []time.Duration {
	t.mu.Lock()
	defer t.mu.Unlock()
	took := make([]time.Duration, len(sent))
	for i := range sent {
		took[i] = t.arrived[first+i] - sent[i]
	}
	return took
}

// twice counts what came more often than once.
func (t *tally) twice() (twice int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, n := range t.times {
		twice += max(n-1, 0)
	}
	return twice
}
