package model

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Clean fills in what a rule leaves to the desk, and trims its name.
func (r *Rule) Clean() {
	r.Name = strings.TrimSpace(r.Name)
	if r.Conditions == nil {
		r.Conditions = []Condition{}
	}
	if r.Match == "" {
		r.Match = MatchAll
	}
	if r.Fallback == "" {
		r.Fallback = FallbackWait
	}
}

// Check refuses a rule that cannot be meant, by a path in the input of createRoutingRule. Whether the agents, teams,
// AI Agents and labels exist that it names is for the caller. A decision passes over a stored rule that Check refuses,
// so it may become milder, but not stricter, while decisions are kept that are to be replayed.
func (r *Rule) Check() error {
	if err := r.check(); err != nil {
		return err
	}
	return nil
}

func (r *Rule) check() *Error {
	switch n := utf8.RuneCountInString(r.Name); {
	case n < 1 || n > MaxRuleName:
		return Refuse(Invalid, fmt.Sprintf("Give a name of 1 to %d characters.", MaxRuleName), "name")
	case r.Match != MatchAll && r.Match != MatchAny:
		return Refuse(Invalid, "A rule matches when ALL or when ANY of its conditions hold.", "match")
	case len(r.Conditions) > MaxConditions:
		return Refuse(Invalid, fmt.Sprintf("A rule has %d conditions at most.", MaxConditions), "conditions")
	case !slices.Contains([]Fallback{FallbackWait, FallbackNextRule, FallbackAiAgent, FallbackHumanAgents}, r.Fallback):
		return Refuse(Invalid, "A fallback is WAIT, NEXT_RULE, AI_AGENT or HUMAN_AGENTS.", "fallback")
	}
	for i := range r.Conditions {
		if err := r.Conditions[i].check(); err != nil {
			return err.under("conditions", strconv.Itoa(i))
		}
	}
	return r.Action.check()
}

// under puts the path of what surrounds the value before its own.
func (e *Error) under(path ...string) *Error {
	return Refuse(e.Code, e.Text, slices.Concat(path, e.Field)...)
}

func (c *Condition) check() *Error {
	tests := c.tests()
	if len(tests) != 1 {
		return Refuse(Invalid, "A condition asks exactly one thing. Make several conditions of it.")
	}
	return tests[0].check()
}

func (a *Action) check() *Error {
	switch {
	case len(a.AssignTo.targets()) != 1:
		return Refuse(Invalid, "Give exactly one of agentId, teamId, aiAgentId and humanAgents: true.", "action", "assignTo")
	case a.Priority != "" && !slices.Contains([]Priority{Low, Normal, High, Urgent}, a.Priority):
		return Refuse(Invalid, "A priority is LOW, NORMAL, HIGH or URGENT.", "action", "priority")
	case len(a.LabelIDs) > MaxRuleLabels || slices.Contains(a.LabelIDs, ""):
		return Refuse(Invalid, fmt.Sprintf("Name at most %d labels, by their ids.", MaxRuleLabels), "action", "labelIds")
	}
	return nil
}

// CheckRules refuses what is too much for the rules of one channel together, about the rule that was saved as the i-th.
func CheckRules(rules []Rule, i int) error {
	if len(rules) > MaxRules {
		return Refuse(Invalid, fmt.Sprintf("A channel has %d rules at most. Delete one first.", MaxRules), "channelId")
	}
	if i < 0 || i >= len(rules) || rules[i].steps() == 0 {
		return nil
	}
	steps := 0
	for j := range rules {
		steps += rules[j].steps()
	}
	if steps > MaxRulesSteps {
		return Refuse(Invalid, fmt.Sprintf("The regular expressions of the channel's rules take %d steps together, more than %d. Repeat less in them.", steps, MaxRulesSteps), "conditions")
	}
	return nil
}

// steps is what the rule's regular expressions weigh.
func (r *Rule) steps() int {
	steps := 0
	for _, c := range r.Conditions {
		if c.MessageText != nil && c.MessageText.Matches != "" {
			steps += patternSteps(c.MessageText.Matches)
		}
	}
	return steps
}
