package model

import "slices"

func (r *router) allStages() {
	f := newFacts(r.s)
	rules := r.s.Automation.Rules.all()
	r.d.Rules = make([]RuleVerdict, len(rules))
	var holds []bool
	if len(rules) > 0 {
		holds = make([]bool, 0, r.s.Automation.Rules.conditions)
	}
	decided := false
	for i := range rules {
		v := &r.d.Rules[i]
		v.RuleID = rules[i].ID
		switch {
		case decided:
			v.Result = RuleNotReached
		case !rules[i].Enabled:
			v.Result = RuleOff
		case rules[i].broken:
			v.Result, v.Reason = RuleNotMatched, RoutingRuleBroken
		default:
			start := len(holds)
			holds = rules[i].evaluate(f, holds)
			v.Conditions = holds[start:len(holds):len(holds)]
			decided = r.follow(&rules[i], v)
		}
	}
	if !decided && !r.ai() {
		r.humans()
	}
}

// evaluate appends whether each condition holds. All of them are asked, since the verdict shows all.
func (rule *readyRule) evaluate(f *facts, holds []bool) []bool {
	for _, t := range rule.tests {
		holds = append(holds, t(f))
	}
	return holds
}

func (rule *readyRule) matches(holds []bool) bool {
	if rule.Match == MatchAny && len(holds) > 0 {
		return slices.Contains(holds, true)
	}
	return !slices.Contains(holds, false)
}

// follow does what the rule says, if its conditions hold, and tells whether that was the decision.
func (r *router) follow(rule *readyRule, v *RuleVerdict) bool {
	if !rule.matches(v.Conditions) {
		v.Result = RuleNotMatched
		return false
	}
	if v.Reason = r.cannot(rule.target); v.Reason != "" {
		v.Result = RuleCannot
		return false
	}
	place, why := -1, RoutingNamed
	if rule.target.Kind != ToAiAgent {
		place, why = r.pick(rule.target)
	}
	unfree := why == RoutingUnavailable || why == RoutingAtLimit
	if unfree && rule.Fallback == FallbackNextRule {
		v.Result, v.Reason = RulePassedOn, why
		return false
	}
	v.Result = RuleDecided
	r.d.RuleID, r.d.Priority, r.d.LabelIDs = rule.ID, rule.Action.Priority, slices.Clone(rule.Action.LabelIDs)
	switch {
	case unfree && rule.Fallback != FallbackWait:
		r.d.Fallback = rule.Fallback
		if rule.Fallback == FallbackHumanAgents || !r.ai() {
			r.humans()
		}
	default:
		r.settle(rule.target, place, why)
	}
	return true
}

// cannot tells why the target of a rule cannot take any conversation: "" when it can, be it now or later.
func (r *router) cannot(t Target) RoutingReason {
	switch {
	case t.Kind != ToAiAgent:
		return r.people(t)
	case r.s.AiAgentID == t.ID && !r.s.AiStarted:
		return RoutingAiStopped
	case r.s.AiAgentID != t.ID && !slices.Contains(r.s.OtherAis, t.ID):
		return RoutingOtherAi
	}
	return ""
}

// ai is the second stage. It tells whether the channel's AI Agent takes the conversation.
func (r *router) ai() bool {
	switch {
	case r.s.AiAgentID == "":
		r.d.Ai = AiNone
	case !r.s.AiStarted:
		r.d.Ai = AiStopped
	default:
		r.settle(Target{ToAiAgent, r.s.AiAgentID}, -1, RoutingChannelAi)
	}
	return r.d.Ai == AiTook
}
