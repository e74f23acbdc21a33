package model

import (
	"reflect"
	"slices"
	"testing"
	"time"
)

// many is how many random snapshots a property is held against.
const many = 10_000

func TestDecisionsAreTheSameAgainInAnyOrderAndFromTheirRecord(t *testing.T) {
	t.Parallel()
	d := roll(t)
	for range many {
		s := d.snapshot()
		first := Route(s)
		if late := s.Local.Sub(first.At); late < 0 || late >= time.Microsecond || first.At.Location() != time.UTC {
			t.Fatalf("%s was decided at %s", s.Local, first.At)
		}
		s.Candidates = slices.Clone(s.Candidates)
		d.Shuffle(len(s.Candidates), func(i, j int) { s.Candidates[i], s.Candidates[j] = s.Candidates[j], s.Candidates[i] })
		if again := Route(s); !reflect.DeepEqual(again, first) {
			t.Fatalf("%+v\nin another order %+v\nbefore %+v", s, again, first)
		}
		if checkReplay(t, s, first); t.Failed() {
			t.Fatalf("%+v", s)
		}
	}
}

func TestOnlyWhoIsFreeIsPickedAndNobodyWaitsForNothing(t *testing.T) {
	t.Parallel()
	d, outcomes := roll(t), map[RoutingOutcome]int{}
	for range many {
		s := d.snapshot()
		got := Route(s)
		outcomes[got.Outcome]++
		free := slices.DeleteFunc(slices.Clone(s.Candidates), func(c Candidate) bool { return !isFree(c, got.Target) })
		chosen := slices.IndexFunc(free, func(c Candidate) bool { return c.AgentID == got.AgentID })
		switch {
		case got.Outcome == OutcomeAssigned && chosen < 0:
			t.Fatalf("%s was picked from %+v", got.AgentID, s)
		case got.Outcome == OutcomeAiReplying && (s.Stage == StageHumans || s.Stage == StageWaiting || !mayAnswer(s, got.AiAgentID) || got.AgentID != ""):
			t.Fatalf("%s answers %+v", got.AiAgentID, s)
		case got.Outcome == OutcomeWaiting && len(free) > 0 && (got.Mode != Manual || got.Target.Kind == ToAgent):
			t.Fatalf("waits for %s in %+v", free[0].AgentID, s)
		}
		if got.Explain(title).Sentence == "" || (got.Explain(nil).WouldFree == nil) != (got.Outcome != OutcomeWaiting) {
			t.Fatalf("no word about %+v", got)
		}
		if got.Outcome == OutcomeAssigned && got.Reason != RoutingNamed && got.Reason != RoutingFormer {
			checkRank(t, got.Mode, free, free[chosen])
		}
		for _, v := range got.Rules {
			if v.Matched() != (v.RuleID == got.RuleID) {
				t.Fatalf("%+v of %+v", v, got)
			}
		}
		for _, v := range got.Candidates {
			if (v.Reason == CandidateChosen) != (v.AgentID == got.AgentID) || got.WhyNot(v, title) == "" {
				t.Fatalf("%+v of %+v", v, got)
			}
		}
	}
	if len(outcomes) != 3 || outcomes[OutcomeAiReplying] < many/100 {
		t.Errorf("the dice are loaded: %v", outcomes)
	}
}

// isFree says in its own words who can take a conversation now.
func isFree(c Candidate, t Target) bool {
	room := c.Load < c.MaxLoad && (c.MaxChannelLoad == 0 || c.ChannelLoad < c.MaxChannelLoad)
	in := t.Kind == ToHumanAgents || t == Target{ToAgent, c.AgentID} || t.Kind == ToTeam && slices.Contains(c.TeamIDs, t.ID)
	return c.Availability == Online && c.Connected && !c.Disabled && c.Member && room && in
}

func checkRank(t *testing.T, mode AssignmentMode, free []Candidate, chosen Candidate) {
	t.Helper()
	for _, c := range free {
		if mode == ConcurrentLoad && c.Load < chosen.Load || mode == Sequential && c.Turn < chosen.Turn || mode == Manual {
			t.Fatalf("%s: %+v is passed by %+v", mode, c, chosen)
		}
	}
}

func TestRouteTakesWhateverComes(t *testing.T) {
	t.Parallel()
	for _, s := range []Snapshot{
		{},
		{Stage: StageWaiting, Target: Target{Kind: "NOBODY", ID: "x"}},
		{Automation: Automation{Mode: "SOMEHOW", Rules: CompileRules([]Rule{{Enabled: true}})}, Candidates: []Candidate{{}, {}}},
		{Stage: "NOWHERE", Candidates: []Candidate{{AgentID: "a", Load: -1}, {AgentID: "a", MaxLoad: 7}, {AgentID: ""}}},
	} {
		d := Route(s)
		if d.Outcome != OutcomeWaiting || d.Explain(nil).Sentence == "" {
			t.Errorf("%+v gives %+v", s, d)
		}
		checkReplay(t, s, d)
	}
}

func TestTheSameAgentTwiceCountsOnce(t *testing.T) {
	t.Parallel()
	twice := []Candidate{{AgentID: "a", Member: true, Availability: Online, Connected: true, MaxLoad: 1}, {AgentID: "a"}, {AgentID: "a", Load: 3}}
	a := Route(Snapshot{Candidates: twice})
	slices.Reverse(twice)
	if b := Route(Snapshot{Candidates: twice}); len(a.Candidates) != 1 || !reflect.DeepEqual(a, b) {
		t.Errorf("%+v and %+v", a, b)
	}
}

func TestTurnsAreEvenWhileOneComesAndGoes(t *testing.T) {
	t.Parallel()
	d := roll(t)
	s := Snapshot{Automation: Automation{Mode: Sequential}}
	for _, id := range []ID{"a", "b", "c", "d", "e", "f", "g"} {
		s.Candidates = append(s.Candidates, Candidate{AgentID: id, Availability: Online, Connected: true, Member: true, MaxLoad: 10_000})
	}
	got, flapping := map[ID]int{}, &s.Candidates[3]
	for turn := range 10_000 {
		flapping.Connected = d.IntN(3) > 0
		decision := Route(s)
		if !decision.TakesTurn() {
			t.Fatalf("%+v", decision)
		}
		got[decision.AgentID]++
		i := slices.IndexFunc(s.Candidates, func(c Candidate) bool { return c.AgentID == decision.AgentID })
		s.Candidates[i].Turn = int64(turn + 1)
	}
	flapped := got[flapping.AgentID]
	delete(got, flapping.AgentID)
	least, most := 10_000, 0
	for _, n := range got {
		least, most = min(least, n), max(most, n)
	}
	if most-least > 1 || flapped == 0 || flapped > most {
		t.Errorf("%v, and %d for the one who came and went", got, flapped)
	}
}

func TestTheFewestOpenStayEven(t *testing.T) {
	t.Parallel()
	s := Snapshot{Automation: Automation{Mode: ConcurrentLoad}}
	for _, id := range []ID{"a", "b", "c"} {
		s.Candidates = append(s.Candidates, Candidate{AgentID: id, Availability: Online, Connected: true, Member: true, MaxLoad: 5})
	}
	for range 15 {
		d := Route(s)
		i := slices.IndexFunc(s.Candidates, func(c Candidate) bool { return c.AgentID == d.AgentID })
		if s.Candidates[i].Load++; s.Candidates[i].Load > s.Candidates[0].Load+1 {
			t.Errorf("%+v", s.Candidates)
		}
	}
	if d := Route(s); d.Outcome != OutcomeWaiting || d.Reason != RoutingAtLimit {
		t.Errorf("the sixteenth of 15: %+v", d)
	}
}

// A remedy is true when the conversation is taken once it happened, whoever of the named ones does it.
func TestWhatWouldFreeAConversationDoes(t *testing.T) {
	t.Parallel()
	d, applied := roll(t), map[Step]int{}
	for range many {
		s := d.snapshot()
		waiting := Route(s)
		for _, r := range waiting.Explain(title).WouldFree {
			for _, id := range append(r.AgentIDs, "")[:max(1, len(r.AgentIDs))] {
				after := s
				if len(r.AgentIDs) > 0 {
					after.Stage, after.Target = StageWaiting, waiting.Target
				}
				after.Candidates = slices.Clone(s.Candidates)
				if !apply(&after, r.Steps, id) {
					continue
				}
				applied[r.Steps[0]]++
				if again := Route(after); again.Outcome == OutcomeWaiting {
					t.Fatalf("%s\nhas happened to %+v\n%+v", r.Sentence, s, again)
				}
			}
		}
	}
	if len(applied) < 5 {
		t.Errorf("only these were seen: %v", applied)
	}
}

// mayAnswer tells whether the AI Agent can take a conversation of the channel.
func mayAnswer(s Snapshot, ai ID) bool {
	if ai == s.AiAgentID {
		return s.AiStarted
	}
	return slices.Contains(s.OtherAis, ai)
}

// apply lets the steps happen; false for those that do not change a snapshot.
func apply(s *Snapshot, steps []Step, id ID) bool {
	i := slices.IndexFunc(s.Candidates, func(c Candidate) bool { return c.AgentID == id })
	for _, step := range steps {
		switch step {
		case StepGoOnline:
			s.Candidates[i].Availability, s.Candidates[i].Connected = Online, true
		case StepConnect:
			s.Candidates[i].Connected = true
		case StepBelowLimit:
			s.Candidates[i].MaxLoad = s.Candidates[i].Load + 1
		case StepBelowChannelLimit:
			s.Candidates[i].ChannelLoad = s.Candidates[i].MaxChannelLoad - 1
		case StepStartAi:
			s.AiStarted = true
		default:
			return false
		}
	}
	return true
}
