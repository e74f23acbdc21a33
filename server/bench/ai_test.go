package bench

import (
	"strings"
	"testing"
)

func TestAiIsMeasuredWhole(t *testing.T) {
	t.Parallel()
	plan := aiPlan{turns: 10, waiting: 20, rounds: 2, inbound: 40, mutations: 20, killed: 30, kills: 3}
	f, err := plan.run(t.Context(), newTestStage(t))
	if err != nil {
		t.Fatal(err)
	}
	for _, figure := range []string{"turn_cpu_ms_bar=20", "inbound_ratio_bar=1.2", "mutation_ratio_bar=1.2", "connections_held=0", "killed_messages=60", "silent=0", "twice=0"} {
		if !strings.Contains(" "+f.String()+" ", " "+figure+" ") {
			t.Errorf("the figures lack %s: %s", figure, f)
		}
	}
	t.Log(f)
}
