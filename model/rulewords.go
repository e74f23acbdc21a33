package model

import (
	"fmt"
	"strings"
)

// Names finds what an agent, team, AI Agent, label or rule is called. It returns "" for what is not there any more.
type Names func(ID) string

// nothing stands for a condition that asks nothing: one that was never checked.
const nothing = "nothing is asked"

func (n Names) of(id ID, gone string) string {
	if n != nil && id != "" {
		if name := n(id); name != "" {
			return name
		}
	}
	return gone
}

func (n Names) agent(id ID) string { return n.of(id, "an agent who is gone") }

func (n Names) rule(id ID) string { return fmt.Sprintf("rule %q", n.of(id, "deleted")) }

func (n Names) labels(ids []ID, join string) string {
	var labels []string
	for _, id := range ids {
		labels = append(labels, n.of(id, "deleted"))
	}
	if len(labels) == 1 {
		return "the label " + labels[0]
	}
	return "the labels " + list(labels, join)
}

func (n Names) target(t Target) string {
	switch t.Kind {
	case ToAgent:
		return n.agent(t.ID)
	case ToTeam:
		return "the team " + n.of(t.ID, "that is gone")
	case ToAiAgent:
		return "the AI Agent " + n.of(t.ID, "that is gone")
	}
	return "the channel's human agents"
}

// list joins words as people do: "a, b or c".
func list(words []string, join string) string {
	if len(words) < 2 {
		return strings.Join(words, "")
	}
	last := len(words) - 1
	return strings.Join(words[:last], ", ") + " " + join + " " + words[last]
}

// Summary says in words what the condition asks, without a full stop: `the message contains "refund"`.
func (c *Condition) Summary(names Names) string {
	tests := c.tests()
	if len(tests) == 0 {
		return nothing
	}
	return tests[0].words(names)
}

// Summary says in one sentence what the rule does.
func (r *Rule) Summary(names Names) string {
	when := "Always"
	if len(r.Conditions) > 0 {
		when = "When " + r.conditions(names)
	}
	return when + ", " + r.Action.words(names) + r.otherwise() + "."
}

func (r *Rule) conditions(names Names) string {
	var clauses []string
	for i := range r.Conditions {
		clauses = append(clauses, r.Conditions[i].Summary(names))
	}
	join := " and "
	if r.Match == MatchAny {
		join = " or "
	}
	return strings.Join(clauses, join)
}

func (a *Action) words(names Names) string {
	words := "assign it to " + names.target(a.AssignTo.Target())
	var with []string
	if a.Priority != "" {
		with = append(with, "the priority "+string(a.Priority))
	}
	if len(a.LabelIDs) > 0 {
		with = append(with, names.labels(a.LabelIDs, "and"))
	}
	if len(with) > 0 {
		words += " with " + list(with, "and")
	}
	return words
}

// otherwise says what the fallback does. An AI Agent is never offline or full.
func (r *Rule) otherwise() string {
	then := map[Fallback]string{
		FallbackNextRule: "go on with the next rule", FallbackAiAgent: "give it to the channel's AI Agent", FallbackHumanAgents: "give it to the channel's human agents",
	}[r.Fallback]
	kind := r.Action.AssignTo.Target().Kind
	if then == "" || kind == ToAiAgent || kind == ToHumanAgents && r.Fallback == FallbackHumanAgents {
		return ""
	}
	free := map[TargetKind]string{ToAgent: "; if that agent is not free, "}[kind]
	if free == "" {
		free = "; if nobody there is free, "
	}
	return free + then
}
