package bench

import (
	"os"
	"strings"
	"testing"
	"time"
)

func TestReportsAreMeasuredWhole(t *testing.T) {
	t.Parallel()
	plan := reportsPlan{small: 700, large: 1400, pace: 2 * time.Hour, channels: 2, agents: 2, requests: 2, rounds: 2, long: 2, facts: factsPlan{contacts: 60, clients: 4, messages: 100, pairs: 2}}
	f, err := plan.run(t.Context(), newTestStage(t)) // what is reported is counted by SQL, and what was stored is made anew
	if err != nil {
		t.Fatal(err)
	}
	for _, key := range []string{"facts_cpu_ratio=", "facts_cpu_ratio_bar=1.1", "csat_ratio=", "csat_30_days_p95_ms=", "csat_30_days_p95_ms_bar=300", "conversation_ratio_bar=1.5", "conversation_365_days_worst_ms_bar="} {
		if !strings.Contains(" "+f.String(), " "+key) {
			t.Errorf("the figures lack %s: %s", key, f)
		}
	}
}

func TestReportsAskWhatTheContractAsks(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("../../graph/testdata/contract/reports.graphql")
	if err != nil {
		t.Fatal(err)
	}
	if reportQueries != string(text) {
		t.Error("reports.graphql is not the contract's")
	}
}
