package model

// inability says why a target cannot take a conversation at all.
var inability = map[RoutingReason]string{
	RoutingEmpty:     "nobody of them works on the channel",
	RoutingGone:      "there is no such agent",
	RoutingDisabled:  "that agent is disabled",
	RoutingNotMember: "that agent does not work on the channel",
	RoutingOtherAi:   "that AI Agent does not answer on the channel",
	RoutingAiStopped: "the AI Agent is stopped on the channel",
}

// Matched tells whether the conversation goes by the rule. One whose target cannot take it, or that passed it on, counts
// as if its conditions did not hold.
func (v *RuleVerdict) Matched() bool { return v.Result == RuleDecided }

// Why says in a sentence what became of the rule.
func (v *RuleVerdict) Why() string {
	switch v.Result {
	case RuleDecided:
		return "The conversation goes by this rule."
	case RuleCannot:
		return "Its conditions hold, but " + inability[v.Reason] + "."
	case RulePassedOn:
		if v.Reason == RoutingAtLimit {
			return "Its conditions hold, but everybody there who is available is at a limit, so the next rule was asked."
		}
		return "Its conditions hold, but nobody there is available, so the next rule was asked."
	case RuleOff:
		return "The rule is off."
	case RuleNotReached:
		return "A rule before it decided."
	}
	if v.Reason == RoutingRuleBroken {
		return "The rule cannot be used as it stands. Save it again to see what is wrong."
	}
	return "Its conditions do not hold."
}
