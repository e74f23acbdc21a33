package model

import "time"

// Route decides who answers the conversation: routing rules, then the AI Agent, then the human agents. The same snapshot
// always gives the same decision, in whichever order its candidates come.
func Route(s Snapshot) Decision {
	r := &router{s: &s, candidates: inOrder(s.Candidates)}
	r.d = Decision{At: time.UnixMicro(s.Local.UnixMicro()).UTC(), Stage: s.Stage, Mode: s.Automation.Mode, Ai: AiNotReached}
	switch s.Stage {
	case StageHumans, StageWaiting:
		r.toPeople()
	default:
		r.allStages()
	}
	r.judge()
	return r.d
}

// router is one decision in the making.
type router struct {
	s          *Snapshot
	candidates []Candidate
	free       []int // places of those who can take the conversation now
	d          Decision
}

// toPeople goes to the target that was decided before, as long as it can take the conversation at all.
func (r *router) toPeople() {
	t := r.s.Target
	if t.Kind != ToAgent && t.Kind != ToTeam {
		r.humans()
		return
	}
	if problem := r.people(t); problem != "" {
		r.d.GivenUp, r.d.GivenUpFor = t, problem
		r.humans()
		return
	}
	place, why := r.pick(t)
	r.settle(t, place, why)
}

// humans is the third stage.
func (r *router) humans() {
	t := Target{Kind: ToHumanAgents}
	place, why := r.pick(t)
	if place < 0 && r.people(t) != "" {
		why = RoutingEmpty
	}
	r.settle(t, place, why)
}

// settle writes down the decision. In MANUAL a conversation that is not for one agent waits because of the mode, whoever
// is there.
func (r *router) settle(t Target, place int, why RoutingReason) {
	r.d.Target, r.d.Reason, r.d.Outcome = t, why, OutcomeWaiting
	switch {
	case t.Kind == ToAiAgent:
		r.d.Outcome, r.d.AiAgentID, r.d.Ai = OutcomeAiReplying, t.ID, AiTook
	case place >= 0:
		r.d.Outcome, r.d.AgentID = OutcomeAssigned, r.candidates[place].AgentID
	case t.Kind != ToAgent && why != RoutingEmpty && !r.s.Automation.Mode.picks():
		r.d.Reason = RoutingManual
	}
}

// judge gives every candidate a verdict on the conversation as it was decided.
func (r *router) judge() {
	r.d.Candidates = make([]CandidateVerdict, len(r.candidates))
	for i := range r.candidates {
		c := &r.candidates[i]
		v := CandidateVerdict{AgentID: c.AgentID, Reason: r.verdict(c), Availability: c.Availability.known(), Connected: c.Connected,
			Load: c.Load, MaxLoad: c.MaxLoad, Turn: c.Turn}
		if c.MaxChannelLoad > 0 {
			v.ChannelLoad, v.MaxChannelLoad = c.ChannelLoad, c.MaxChannelLoad
		}
		if !c.LastAssignedAt.IsZero() {
			v.LastAssignedAt = time.UnixMilli(c.lastAssigned()).UTC()
		}
		r.d.Candidates[i] = v
	}
}

func (r *router) verdict(c *Candidate) CandidateReason {
	obstacle := c.obstacle(r.d.Target)
	switch {
	case r.d.Outcome == OutcomeAiReplying:
		return CandidateNotAsked
	case c.AgentID == r.d.AgentID:
		return CandidateChosen
	case obstacle != "":
		return obstacle
	case r.d.Outcome == OutcomeWaiting:
		return CandidateManual
	}
	return CandidateOutranked
}
