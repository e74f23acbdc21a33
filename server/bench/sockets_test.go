package bench

import (
	"strings"
	"testing"
	"time"
)

// A reader stalls among others, who get everything; each event comes to those who see its channel.
func TestSocketsAreMeasured(t *testing.T) {
	t.Parallel()
	s := newTestStage(t)
	plan := socketsPlan{crowd: 2, rest: 2, near: 1, perAgent: 3, settle: 10 * time.Millisecond, events: 8, every: time.Millisecond, slices: 1, fill: 60, stalling: 20}
	f, err := plan.run(t.Context(), s) // it waits for every message and counts what came twice
	if err != nil {
		t.Fatal(err)
	}
	for _, part := range []string{"subscriptions=12", "idle_kb_each_bar=20", "event_to=6", "cpu_us_each_bar=15", "stalled_gone_ms_bar=12000", "others_p99_ratio_bar=3"} {
		if !strings.Contains(" "+f.String()+" ", " "+part+" ") {
			t.Errorf("the figures lack %s: %s", part, f)
		}
	}
}

func TestEnoughFiles(t *testing.T) {
	t.Parallel()
	if err := enoughFiles(10); err != nil {
		t.Error(err)
	}
	if err := enoughFiles(1 << 40); err == nil || !strings.Contains(err.Error(), "ulimit -Hn") {
		t.Errorf("a trillion files: %v", err)
	}
}
