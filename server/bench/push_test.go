package bench

import (
	"os"
	"strings"
	"testing"
	"time"
)

// Sockets are cut in the middle of it all, and each gets every message once.
func TestPushLosesNothing(t *testing.T) {
	t.Parallel()
	plan := pushPlan{agents: 2, perAgent: 3, contacts: 5, messages: 60, every: 10 * time.Millisecond, slices: 2}
	f, err := plan.run(t.Context(), newTestStage(t)) // it compares what came with what was posted and stored
	if err != nil {
		t.Fatal(err)
	}
	for _, part := range []string{"sockets=6", "messages=245", "cuts=12", "lost=0", "twice=0", "p50_ratio_bar=5", "p99_ratio_bar=10"} {
		if !strings.Contains(" "+f.String()+" ", " "+part+" ") {
			t.Errorf("the figures lack %s: %s", part, f)
		}
	}
}

func TestListenersAskWhatTheContractAsks(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("../../graph/testdata/contract/events.graphql")
	if err != nil {
		t.Fatal(err)
	}
	if string(text) != eventsDocument {
		t.Error("events.graphql is another document than the contract's")
	}
}

func TestTallyCounts(t *testing.T) {
	t.Parallel()
	l := newListener("", "", &tally{})
	frame := func(text string) []byte {
		return []byte(`{"id":"live","type":"next","payload":{"data":{"events":{"cursor":"c1","event":{"__typename":"MessageAdded","message":{"text":"` +
			text + `"},"conversation":{"lastMessage":{"text":"#9 later"}}}}}}}`)
	}
	for i, text := range []string{"#3 a", "#4 b", "#3 a", "#6 c"} {
		if err := l.take(frame(text), time.Duration(10+i)); err != nil {
			t.Fatal(err)
		}
	}
	if got := l.tally.missing(3, 4); got != 1 { // 5
		t.Errorf("%d are missing", got)
	}
	if got := l.tally.twice(); got != 1 {
		t.Errorf("%d came twice", got)
	}
	if got := l.tally.took(3, []time.Duration{2, 3}); got[0] != 8 || got[1] != 8 { // the first time counts
		t.Errorf("they took %v", got)
	}
	if string(l.cursor) != "c1" {
		t.Errorf("the cursor is %q", l.cursor)
	}
	for _, bad := range []string{`{"id":"live","type":"error","payload":[{"message":"no"}]}`, string(frame("no number")), `{"id":"live","type":"next","payload":{"data":null}}`} {
		if l.take([]byte(bad), 0) == nil {
			t.Errorf("%s was taken for an event", bad)
		}
	}
}
