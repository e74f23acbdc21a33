package model

import (
	"fmt"
	"strconv"
	"strings"
)

// Explanation says in words why a conversation went where it is. It stays when the decision can no longer be replayed.
type Explanation struct {
	Sentence  string
	WouldFree []Remedy // of a conversation that waits: each thing that would let someone take it
}

// Explain puts the decision into words.
func (d *Decision) Explain(names Names) Explanation {
	sentence := strings.Join(append(d.path(names), d.ending(names)), " ")
	return Explanation{Sentence: sentence, WouldFree: d.remedies(names)}
}

// path says how the decision came to its target, in no sentence or one.
func (d *Decision) path(names Names) []string {
	to := names.target(d.Target)
	switch {
	case d.GivenUp != Target{}:
		return []string{"It was for " + names.target(d.GivenUp) + ". Now " + inability[d.GivenUpFor] + ", so it goes to " + to + "."}
	case d.Fallback != "":
		return []string{"Nobody whom " + names.rule(d.RuleID) + " names is free, so it goes to " + to + "."}
	case d.RuleID != "" && d.Reason != RoutingNamed:
		return []string{upper(names.rule(d.RuleID)) + " sends it to " + to + "."}
	case d.Stage == StageHumans && d.Target.Kind == ToTeam:
		return []string{"It was handed over to " + to + "."}
	}
	return nil
}

func (d *Decision) ending(names Names) string {
	switch d.Outcome {
	case OutcomeAssigned:
		return d.why(names)
	case OutcomeAiReplying:
		if d.Reason == RoutingNamed {
			return upper(names.rule(d.RuleID)) + " gives it to " + names.target(d.Target) + "."
		}
		return "The channel's AI Agent " + names.of(d.AiAgentID, "that is gone") + " answers."
	}
	return d.wait(names)
}

// why says why it is this agent.
func (d *Decision) why(names Names) string {
	agent := names.agent(d.AgentID)
	chosen := d.candidate(d.AgentID)
	switch d.Reason {
	case RoutingNamed:
		if d.RuleID != "" {
			return upper(names.rule(d.RuleID)) + " names " + agent + "."
		}
		return "It is for " + agent + ", who is free now."
	case RoutingFormer:
		return agent + " had this conversation before."
	case RoutingOnly:
		return "Only " + agent + " can take it now."
	case RoutingFewest:
		return fmt.Sprintf("%s has the fewest open conversations (%d of %d).", agent, chosen.Load, chosen.MaxLoad)
	case RoutingLongest:
		return fmt.Sprintf("%s and %s have the fewest open conversations (%d), and %s was assigned one the longest ago.", agent, d.rivals(chosen), chosen.Load, agent)
	case RoutingTurn:
		return "It is the turn of " + agent + "."
	}
	return fmt.Sprintf("Nothing tells %s and %s apart, so it goes by the lowest id: to %s.", agent, d.rivals(chosen), agent)
}

// rivals counts who came as far as the chosen one, up to the last step.
func (d *Decision) rivals(chosen CandidateVerdict) string {
	n := 0
	for _, v := range d.Candidates {
		alike := v.Load == chosen.Load && (d.Reason == RoutingLongest || v.LastAssignedAt.Equal(chosen.LastAssignedAt))
		if d.Mode == Sequential {
			alike = v.Turn == chosen.Turn
		}
		if v.Reason == CandidateOutranked && alike {
			n++
		}
	}
	return others(n)
}

func others(n int) string {
	if n == 1 {
		return "one other"
	}
	return strconv.Itoa(n) + " others"
}

func (d *Decision) candidate(id ID) CandidateVerdict {
	for _, v := range d.Candidates {
		if v.AgentID == id {
			return v
		}
	}
	return CandidateVerdict{}
}

func upper(s string) string { return strings.ToUpper(s[:1]) + s[1:] }
