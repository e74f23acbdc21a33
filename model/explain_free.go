package model

import (
	"fmt"
	"slices"
	"strings"
)

// Step is one thing that somebody can do for a waiting conversation.
type Step string

// The steps.
const (
	StepGoOnline          Step = "GO_ONLINE"
	StepConnect           Step = "CONNECT"
	StepBelowLimit        Step = "GET_BELOW_LIMIT"
	StepBelowChannelLimit Step = "GET_BELOW_CHANNEL_LIMIT"
	StepTake              Step = "TAKE_BY_HAND"
	StepJoin              Step = "JOIN_CHANNEL"
	StepStartAi           Step = "START_AI_AGENT"
)

// Remedy would let somebody take a conversation that waits: one of the agents does all the steps.
type Remedy struct {
	Steps    []Step
	AgentIDs []ID // none: anybody
	Sentence string
}

// remedies lists those with fewer steps first. Agents who need the same are in one.
func (d *Decision) remedies(names Names) []Remedy {
	if d.Outcome != OutcomeWaiting {
		return nil
	}
	var remedies []Remedy
	switch {
	case d.Reason == RoutingManual:
		remedies = []Remedy{{Steps: []Step{StepTake}, Sentence: "Somebody takes it by hand."}}
	case d.Reason == RoutingEmpty:
		remedies = []Remedy{{Steps: []Step{StepJoin}, Sentence: "Somebody who is online joins the channel."}}
	default:
		remedies = d.byAgents(names)
	}
	if d.Ai == AiStopped {
		remedies = append(remedies, Remedy{Steps: []Step{StepStartAi}, Sentence: "The channel's AI Agent is started."})
	}
	return remedies
}

func (d *Decision) byAgents(names Names) []Remedy {
	var remedies []Remedy
	for _, v := range d.Candidates {
		steps := v.steps()
		if len(steps) == 0 {
			continue
		}
		i := slices.IndexFunc(remedies, func(r Remedy) bool { return slices.Equal(r.Steps, steps) })
		if i < 0 {
			i, remedies = len(remedies), append(remedies, Remedy{Steps: steps})
		}
		remedies[i].AgentIDs = append(remedies[i].AgentIDs, v.AgentID)
	}
	for i := range remedies {
		remedies[i].Sentence = d.remedy(remedies[i], names)
	}
	slices.SortStableFunc(remedies, func(a, b Remedy) int { return len(a.Steps) - len(b.Steps) })
	return remedies
}

// steps are all that the candidate needs to be free; none when the conversation is not for them.
func (v *CandidateVerdict) steps() []Step {
	if !v.Reason.works() {
		return nil
	}
	var steps []Step
	switch {
	case v.Availability != Online: // who comes online is connected
		steps = append(steps, StepGoOnline)
	case !v.Connected:
		steps = append(steps, StepConnect)
	}
	if v.Load >= v.MaxLoad {
		steps = append(steps, StepBelowLimit)
	}
	if v.MaxChannelLoad > 0 && v.ChannelLoad >= v.MaxChannelLoad {
		steps = append(steps, StepBelowChannelLimit)
	}
	return steps
}

// maxNamed is how many agents a sentence names.
const maxNamed = 3

func (d *Decision) remedy(r Remedy, names Names) string {
	var who, does []string
	for i, id := range r.AgentIDs {
		if i == maxNamed {
			who = append(who, "one of "+others(len(r.AgentIDs)-maxNamed))
			break
		}
		who = append(who, names.agent(id)+d.candidate(id).numbers(r.Steps))
	}
	for _, s := range r.Steps {
		does = append(does, map[Step]string{StepGoOnline: "comes online", StepConnect: "connects",
			StepBelowLimit: "gets below the limit", StepBelowChannelLimit: "gets below the limit of this channel"}[s])
	}
	return list(who, "or") + " " + list(does, "and") + "."
}

// numbers tells how far the candidate is from the limits that are in the way: " (5 of 5)".
func (v CandidateVerdict) numbers(steps []Step) string {
	var numbers []string
	if slices.Contains(steps, StepBelowLimit) {
		numbers = append(numbers, fmt.Sprintf("%d of %d", v.Load, v.MaxLoad))
	}
	if slices.Contains(steps, StepBelowChannelLimit) {
		numbers = append(numbers, fmt.Sprintf("%d of %d on this channel", v.ChannelLoad, v.MaxChannelLoad))
	}
	if len(numbers) == 0 {
		return ""
	}
	return " (" + strings.Join(numbers, ", ") + ")"
}
