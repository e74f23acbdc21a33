package model

import (
	"fmt"
	"strconv"
)

// absences are the reasons why people of a target cannot take a conversation now, in the order in which they are told.
var absences = []struct {
	reason CandidateReason
	words  string
}{
	{CandidateAtLimit, "at their limit"}, {CandidateAtChannelLimit, "at their limit on this channel"},
	{CandidateBusy, "busy"}, {CandidateAway, "away"}, {CandidateNotConnected, "not connected"}, {CandidateOffline, "offline"},
}

func (d *Decision) wait(names Names) string {
	switch {
	case d.Reason == RoutingManual:
		return "Waits: the channel's mode gives conversations to nobody by itself."
	case d.Reason == RoutingEmpty:
		return "Waits: nobody works on the channel."
	case d.Target.Kind == ToAgent:
		return "Waits: " + names.agent(d.Target.ID) + " is " + absence(d.candidate(d.Target.ID).Reason) + "."
	}
	where := "the channel"
	if d.Target.Kind == ToTeam {
		where = names.target(d.Target) + " who work on the channel"
	}
	total, counts := d.absent()
	if len(counts) == 1 {
		return "Waits: " + everyone(total, where) + " " + counts[0].words + "."
	}
	var parts []string
	for _, c := range counts {
		are := "are"
		if c.n == 1 {
			are = "is"
		}
		parts = append(parts, fmt.Sprintf("%d %s %s", c.n, are, c.words))
	}
	return fmt.Sprintf("Waits: of the %d members of %s, %s.", total, where, list(parts, "and"))
}

func everyone(n int, where string) string {
	if n == 1 {
		return "the only member of " + where + " is"
	}
	return "all " + strconv.Itoa(n) + " members of " + where + " are"
}

type count struct {
	n     int
	words string
}

// absent counts the people of the target by why they cannot take the conversation now.
func (d *Decision) absent() (total int, counts []count) {
	for _, a := range absences {
		n := 0
		for _, v := range d.Candidates {
			if v.Reason == a.reason {
				n++
			}
		}
		if n > 0 {
			counts = append(counts, count{n, a.words})
		}
		total += n
	}
	return total, counts
}

func absence(reason CandidateReason) string {
	for _, a := range absences {
		if a.reason == reason {
			return a.words
		}
	}
	return "free"
}

// WhyNot says why the candidate did not get the conversation, or that they did.
func (d *Decision) WhyNot(v CandidateVerdict, names Names) string {
	agent := names.agent(v.AgentID)
	switch v.Reason {
	case CandidateChosen:
		return d.why(names)
	case CandidateOutranked:
		return d.outranked(agent, v, names)
	case CandidateManual:
		return agent + " can take it by hand."
	case CandidateNotAsked:
		return "An AI Agent answers, so " + agent + " was not asked."
	case CandidateNotTarget:
		return "It is for " + names.target(d.Target) + ", not for " + agent + "."
	case CandidateNotInTeam:
		return agent + " is not in " + names.target(d.Target) + "."
	case CandidateDisabled:
		return agent + " is disabled."
	case CandidateNotMember:
		return agent + " does not work on the channel."
	case CandidateAtLimit:
		return fmt.Sprintf("%s has %d open conversations, and the limit is %d.", agent, v.Load, v.MaxLoad)
	case CandidateAtChannelLimit:
		return fmt.Sprintf("%s has %d open conversations of this channel, and its limit is %d.", agent, v.ChannelLoad, v.MaxChannelLoad)
	}
	return agent + " is " + absence(v.Reason) + "."
}

// outranked compares with the chosen one by what decided between the two.
func (d *Decision) outranked(agent string, v CandidateVerdict, names Names) string {
	chosen, first := d.candidate(d.AgentID), names.agent(d.AgentID)
	switch {
	case d.Reason == RoutingFormer:
		return first + " had this conversation before, " + agent + " did not."
	case d.Mode == Sequential && v.Turn != chosen.Turn:
		return "The turn of " + agent + " comes after that of " + first + "."
	case d.Mode == Sequential:
		return "Nothing tells " + agent + " and " + first + " apart but their ids."
	case v.Load != chosen.Load:
		return fmt.Sprintf("%s has %d open conversations, %s has %d.", agent, v.Load, first, chosen.Load)
	case !v.LastAssignedAt.Equal(chosen.LastAssignedAt):
		return fmt.Sprintf("%s has as many open conversations as %s (%d) and was assigned one later.", agent, first, v.Load)
	}
	return "Nothing tells " + agent + " and " + first + " apart but their ids."
}
