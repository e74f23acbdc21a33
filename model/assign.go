package model

import (
	"cmp"
	"slices"
)

// obstacle returns the first reason why the candidate cannot take a conversation that is for the target; "" for none.
func (c *Candidate) obstacle(t Target) CandidateReason {
	switch {
	case t.Kind == ToAgent && c.AgentID != t.ID:
		return CandidateNotTarget
	case t.Kind == ToTeam && !slices.Contains(c.TeamIDs, t.ID):
		return CandidateNotInTeam
	case c.Disabled:
		return CandidateDisabled
	case !c.Member:
		return CandidateNotMember
	}
	return c.absence()
}

func (c *Candidate) absence() CandidateReason {
	switch availability := c.Availability.known(); {
	case availability != Online:
		return CandidateReason(availability)
	case !c.Connected:
		return CandidateNotConnected
	case c.Load >= c.MaxLoad:
		return CandidateAtLimit
	case c.MaxChannelLoad > 0 && c.ChannelLoad >= c.MaxChannelLoad:
		return CandidateAtChannelLimit
	}
	return ""
}

// known takes an availability that this program does not know for OFFLINE.
func (a Availability) known() Availability {
	if a == Online || a == Busy || a == Away {
		return a
	}
	return Offline
}

// picks tells whether the mode gives conversations to people by itself.
func (m AssignmentMode) picks() bool { return m == ConcurrentLoad || m == Sequential }

// works tells whether the candidate could ever take a conversation that is for somebody with this obstacle.
func (o CandidateReason) works() bool {
	return !slices.Contains([]CandidateReason{CandidateNotTarget, CandidateNotInTeam, CandidateDisabled, CandidateNotMember}, o)
}

// people tells whether the target can take a conversation at all: "" when it can, be it now or later.
func (r *router) people(t Target) RoutingReason {
	reason := RoutingEmpty
	if t.Kind == ToAgent {
		reason = RoutingGone
	}
	for i := range r.candidates {
		switch o := r.candidates[i].obstacle(t); {
		case o.works():
			return ""
		case t.Kind == ToAgent && o == CandidateDisabled:
			reason = RoutingDisabled
		case t.Kind == ToAgent && o == CandidateNotMember:
			reason = RoutingNotMember
		}
	}
	return reason
}

// pick finds whom of the target gets the conversation: the place among the candidates, or -1, and why.
func (r *router) pick(t Target) (place int, why RoutingReason) {
	r.free = r.free[:0]
	why = RoutingUnavailable
	for i := range r.candidates {
		switch r.candidates[i].obstacle(t) {
		case "":
			r.free = append(r.free, i)
		case CandidateAtLimit, CandidateAtChannelLimit:
			why = RoutingAtLimit
		}
	}
	switch {
	case len(r.free) == 0:
		return -1, why
	case t.Kind == ToAgent:
		return r.free[0], RoutingNamed
	case !r.s.Automation.Mode.picks():
		return -1, RoutingManual
	}
	return r.best()
}

// best chooses among those who are free, one at least.
func (r *router) best() (place int, why RoutingReason) {
	for _, i := range r.free {
		if r.candidates[i].AgentID == r.s.FormerAgentID {
			return i, RoutingFormer
		}
	}
	if len(r.free) == 1 {
		return r.free[0], RoutingOnly
	}
	first, reasons := byLoad, []RoutingReason{RoutingID, RoutingLongest, RoutingFewest}
	if r.s.Automation.Mode == Sequential {
		first, reasons = byTurn, []RoutingReason{RoutingID, RoutingTurn}
	}
	place = r.free[0] // of equals the one with the lowest id
	for _, i := range r.free[1:] {
		if order, _ := first(&r.candidates[i], &r.candidates[place]); order < 0 {
			place = i
		}
	}
	// The reason is what tells the chosen one from the closest other one.
	closest := len(reasons) - 1
	for _, i := range r.free {
		if i != place {
			_, depth := first(&r.candidates[place], &r.candidates[i])
			closest = min(closest, depth)
		}
	}
	return place, reasons[closest]
}

// byLoad orders by the fewest open conversations, then by the longest time since the last assignment. depth counts the
// steps that were not needed, down to 0 when both are equal.
func byLoad(a, b *Candidate) (order, depth int) {
	if order = cmp.Compare(a.Load, b.Load); order != 0 {
		return order, 2
	}
	if order = cmp.Compare(a.lastAssigned(), b.lastAssigned()); order != 0 {
		return order, 1
	}
	return 0, 0
}

func byTurn(a, b *Candidate) (order, depth int) {
	if order = cmp.Compare(a.Turn, b.Turn); order != 0 {
		return order, 1
	}
	return 0, 0
}

// lastAssigned counts in milliseconds, which is what a record keeps. Who was never assigned comes before everybody.
func (c *Candidate) lastAssigned() int64 { return c.LastAssignedAt.UnixMilli() }
