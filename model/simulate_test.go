package model

import (
	"fmt"
	"reflect"
	"slices"
	"testing"
	"time"
)

// day is a channel's past: conversations every ten minutes, all of which ben got, and each of which took half an hour.
func day(n int, text func(int) string) []Past {
	var past []Past
	for i := range n {
		at := someMoment.Add(time.Duration(i) * 10 * time.Minute)
		s := Snapshot{ConversationID: ID(fmt.Sprintf("c%d", i)), Stage: StageAll, Local: at, Open: true, Message: MessageFacts{Kind: TextMessage, Text: text(i)}}
		for _, id := range []ID{"ben", "hana", "ken"} {
			s.Candidates = append(s.Candidates, Candidate{AgentID: id, Availability: Online, Connected: true, Member: true, MaxLoad: 9})
		}
		s.Candidates[0].Load, s.Candidates[0].Turn = min(i, 3), int64(i)
		past = append(past, Past{Snapshot: s, AgentID: "ben", EndedAt: at.Add(30 * time.Minute)})
	}
	return past
}

func hello(int) string { return "hello" }

func TestSimulationSpreadsTheLoad(t *testing.T) {
	t.Parallel()
	for _, mode := range []AssignmentMode{ConcurrentLoad, Sequential} {
		past := day(90, hello)
		got := Simulate(past, Automation{Mode: mode})
		if want := []Share{{"ben", 90, 30}, {"hana", 0, 30}, {"ken", 0, 30}}; !reflect.DeepEqual(got.Loads, want) || got.Moved != 60 || got.Waiting != 0 {
			t.Errorf("%s: %+v, %d moved, %d waiting", mode, got.Loads, got.Moved, got.Waiting)
		}
		for _, p := range got.Placed {
			if v := p.Decision.candidate(p.Decision.AgentID); v.Load > 1 {
				t.Errorf("%s: %s had %d open conversations in the simulation", mode, v.AgentID, v.Load)
			}
		}
		if past[4].Snapshot.Candidates[0].Load != 3 {
			t.Error("the past was changed")
		}
	}
}

func TestSimulationForgetsWhatHasEnded(t *testing.T) {
	t.Parallel()
	past := day(8, hello)
	for i := range 7 {
		past[i].Snapshot.Candidates[0].Load = 5 // six too many for ben, until they end
	}
	last := &past[7].Snapshot
	last.Local = last.Local.Add(time.Hour)
	last.Candidates[0].Load, last.Candidates[1].Load, last.Candidates[2].Load = 1, 2, 3
	for _, v := range Simulate(past, Automation{Mode: ConcurrentLoad}).Placed[7].Decision.Candidates {
		if want := map[ID]int{"ben": 1, "hana": 2, "ken": 3}[v.AgentID]; v.Load != want {
			t.Errorf("%s has %d open conversations, not %d", v.AgentID, v.Load, want)
		}
	}
}

func TestSimulationKeepsToTheLimits(t *testing.T) {
	t.Parallel()
	past := day(12, hello)
	for i := range past {
		past[i].EndedAt = time.Time{}
		for j := range past[i].Snapshot.Candidates {
			past[i].Snapshot.Candidates[j].MaxLoad = 2
		}
		past[i].Snapshot.Candidates[0].Load = i
	}
	got := Simulate(past, Automation{Mode: ConcurrentLoad})
	if want := []Share{{"ben", 12, 2}, {"hana", 0, 2}, {"ken", 0, 2}}; !reflect.DeepEqual(got.Loads, want) || got.Waiting != 6 || got.Moved != 10 {
		t.Errorf("%+v, %d waiting, %d moved", got.Loads, got.Waiting, got.Moved)
	}
}

func TestSimulationTellsWhoAndWhichRulesAreForNothing(t *testing.T) {
	t.Parallel()
	rules := []Rule{
		parseRule(t, `{"id":"refunds","conditions":[{"messageText":{"contains":"refund"}}],"action":{"assignTo":{"agentId":"ken"}}}`),
		parseRule(t, `{"id":"orders","conditions":[{"messageText":{"contains":"order"}}],"action":{"assignTo":{"agentId":"ken"}}}`),
		parseRule(t, `{"id":"paused","enabled":false,"action":{"assignTo":{"agentId":"ken"}}}`),
		parseRule(t, `{"id":"rest","conditions":[{"messageText":{"contains":"hello"}}],"action":{"assignTo":{"agentId":"ben"}}}`),
	}
	past := day(3, func(i int) string { return []string{"hello", "a refund", "what?"}[i] })
	for i := range past {
		past[i].Snapshot.AiAgentID, past[i].Snapshot.AiStarted = "aiko", true
	}
	past[2].AgentID, past[2].AiAgentID = "", "aiko"
	got := Simulate(past, Automation{Version: 2, Mode: Sequential, Rules: CompileRules(rules)})
	if !slices.Equal(got.Unused, []ID{"orders"}) || got.Moved != 1 || got.ByAi != 1 {
		t.Errorf("unused %v, %d moved, %d by AI", got.Unused, got.Moved, got.ByAi)
	}
	if p := got.Placed[1]; p.ConversationID != "c1" || p.FromAgentID != "ben" || p.Decision.AgentID != "ken" || !p.Moved || p.Decision.RuleID != "refunds" {
		t.Errorf("%+v", p)
	}
	if again := Simulate(past, Automation{Version: 2, Mode: Sequential, Rules: CompileRules(rules)}); !reflect.DeepEqual(again, got) {
		t.Error("it tells something else the second time")
	}
}
