package bench

import (
	"strings"
	"testing"
	"time"

	"github.com/livedesk/livedesk/model"
)

func TestWritersAreToldOfOnce(t *testing.T) {
	t.Parallel()
	plan := writersPlan{writers: 16, conversations: 60, messages: 22, operations: 600, slices: 2}
	f, err := plan.run(t.Context(), newTestStage(t)) // it compares what was delivered with what was changed
	if err != nil {
		t.Fatal(err)
	}
	for _, key := range []string{"ratio=", "ratio_bar=0.7", "delivery_p50_ms=", "delivery_p50_ms_bar=5", "events="} {
		if !strings.Contains(" "+f.String(), " "+key) {
			t.Errorf("the figures lack %s: %s", key, f)
		}
	}
}

func TestReaderMissesNothing(t *testing.T) {
	t.Parallel()
	for name, numbers := range map[string][]int64{"a gap": {1, 3}, "one twice": {1, 1}, "the wrong order": {2, 1}} {
		r := &reader{arrived: map[model.ID]time.Time{}, moved: make(chan struct{}, 1)}
		for _, n := range numbers {
			r.take([]*model.Event{{Seq: n}}, time.Now())
		}
		if r.fault == nil {
			t.Errorf("%s went unnoticed", name)
		}
	}
}
