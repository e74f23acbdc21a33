package desk

import (
	"testing"
	"time"

	"github.com/livedesk/livedesk/model"
)

func TestBrakeLetsOneTry(t *testing.T) {
	t.Parallel()
	b := &brakes{by: map[model.ID]*brake{}}
	now := time.Now()
	if b.wait("a", now) != 0 {
		t.Error("a brake is on before anything failed")
	}
	b.press("a", false, 30*time.Second, now)
	if w := b.wait("a", now); w < 30*time.Second || w > 40*time.Second {
		t.Errorf("waits %s, was asked for 30 s", w)
	}
	if b.wait("b", now) != 0 {
		t.Error("another channel is braked")
	}
	now = now.Add(31 * time.Second)
	if b.wait("a", now) != 0 {
		t.Error("nobody may try")
	}
	if b.wait("a", now) == 0 {
		t.Error("two try at once")
	}
	b.pass("a")
	if b.wait("a", now) != 0 {
		t.Error("nobody may try after a try that came to nothing")
	}
	b.press("a", false, 0, now)
	if w := b.wait("a", now); w < 2*time.Second || w > 3*time.Second {
		t.Errorf("waits %s after the second failure", w)
	}
	b.ease("a")
	for range 2 {
		if b.wait("a", now) != 0 {
			t.Error("the brake is on after a success")
		}
	}
}

func TestBrakeAfterLostAnswers(t *testing.T) {
	t.Parallel()
	b := &brakes{by: map[model.ID]*brake{}}
	now := time.Now()
	for range sickAfter - 1 {
		b.press("a", true, 0, now)
	}
	if b.wait("a", now) != 0 {
		t.Error("a few lost answers brake")
	}
	b.press("a", true, 0, now)
	if b.wait("a", now) == 0 {
		t.Error("many lost answers do not brake")
	}
}

func TestBackoffDoublesUpToTheLongest(t *testing.T) {
	t.Parallel()
	for failures, want := range map[int]time.Duration{0: firstWait, 1: firstWait, 2: 2 * firstWait, 5: 16 * firstWait, 7: longestWait, 1000: longestWait} {
		if got := backoff(failures); got != want {
			t.Errorf("after %d failures %s, want %s", failures, got, want)
		}
	}
	for range 100 {
		if w := jitter(time.Second); w < time.Second || w > 1250*time.Millisecond+1 {
			t.Errorf("jitter makes of 1 s %s", w)
		}
	}
}
