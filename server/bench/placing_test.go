package bench

import (
	"errors"
	"strings"
	"testing"

	"github.com/livedesk/livedesk/model"
)

func TestPlaceIsMeasuredWhole(t *testing.T) {
	t.Parallel()
	plan := placingPlan{decisions: 50, clients: 4, placements: 40, channels: 5, slices: 2, turns: 140, races: 20}
	f, err := plan.run(t.Context(), newTestStage(t)) // owners and winners are looked at, and all accounts verified
	if err != nil {
		t.Fatal(err)
	}
	for _, key := range []string{"decision_cpu_us=", "decision_cpu_us_bar=200", "hot_ratio=", "hot_ratio_bar=0.5", "spread_ratio_bar=0.3", "turn_spread_bar=1", "races=20"} {
		if !strings.Contains(" "+f.String(), " "+key) {
			t.Errorf("the figures lack %s: %s", key, f)
		}
	}
	if !strings.Contains(f.String(), " turn_spread=0 ") && !strings.Contains(f.String(), " turn_spread=1 ") {
		t.Errorf("turns are uneven: %s", f)
	}
}

func TestPlaceRacesHaveOneWinner(t *testing.T) {
	t.Parallel()
	conflict := func(text string) error { return model.Refuse(model.Conflict, text, "to") }
	for name, errs := range map[string][2]error{
		"both won":              {nil, nil},
		"the wrong name":        {nil, conflict("Ken has this conversation")},
		"another refusal":       {nil, model.Refuse(model.Unavailable, "Ana has this conversation")},
		"an error of another's": {nil, errors.New("Ana has this conversation")},
		"nobody won":            {conflict("Ana has this conversation"), conflict("Ana has this conversation")},
	} {
		if oneWon(errs, 0, "Ana") == nil {
			t.Errorf("%s: it went unnoticed", name)
		}
	}
	if err := oneWon([2]error{nil, conflict("Ana has this conversation since 12:00.")}, 0, "Ana"); err != nil {
		t.Error(err)
	}
}
