package model

import (
	"fmt"
	"slices"
)

// WarningCode says what is odd about a rule that was saved all the same.
type WarningCode string

// The codes of warnings.
const (
	WarnNeverMatches WarningCode = "NEVER_MATCHES"
	WarnShadowed     WarningCode = "SHADOWED" // an earlier rule takes everything that this one could
	WarnShadows      WarningCode = "SHADOWS"  // this one takes everything that a later rule could
)

// Warning is something odd about a rule.
type Warning struct {
	Code    WarningCode
	Message string
	RuleID  ID // the other rule; empty when it is about the rule alone
}

// RuleWarnings looks at the rule at the place i among those of its channel, in their order. It warns of what it is sure
// of, so not of everything: that two regular expressions say the same it does not see.
func RuleWarnings(rules []Rule, i int) []Warning {
	if i < 0 || i >= len(rules) {
		return nil
	}
	r := &rules[i]
	if r.neverMatches() {
		return []Warning{{WarnNeverMatches, "No conversation can meet these conditions.", ""}}
	}
	var warnings []Warning
	if j := slices.IndexFunc(rules[:i], func(earlier Rule) bool { return earlier.shadows(r) }); j >= 0 {
		const text = "The rule %q comes first and takes every conversation that this one could take, for as long as its target is there."
		warnings = append(warnings, Warning{WarnShadowed, fmt.Sprintf(text, rules[j].Name), rules[j].ID})
	}
	for _, later := range rules[i+1:] {
		if r.shadows(&later) && !later.neverMatches() {
			const text = "This rule takes every conversation that the later rule %q could take, for as long as its target is there."
			warnings = append(warnings, Warning{WarnShadows, fmt.Sprintf(text, later.Name), later.ID})
		}
	}
	return warnings
}

// ways lists the lists of tests of which one must hold as a whole for the rule to match. Their texts are folded.
func (r *Rule) ways() [][]test {
	var each [][]test
	for _, c := range r.Conditions {
		if c.MessageText != nil {
			c.MessageText = c.MessageText.folded()
		}
		if c.ContactName != nil {
			c.ContactName = c.ContactName.folded()
		}
		each = append(each, c.tests())
	}
	if r.Match == MatchAny && len(each) > 0 {
		return each
	}
	return [][]test{slices.Concat(each...)}
}

func (r *Rule) neverMatches() bool {
	return !slices.ContainsFunc(r.ways(), func(all []test) bool { return !contradictory(all) })
}

func contradictory(all []test) bool {
	return slices.ContainsFunc(all, func(a test) bool { return slices.ContainsFunc(all, a.excludes) })
}

// shadows tells whether the rule surely matches whenever the other one does, and keeps what it matched.
func (r *Rule) shadows(other *Rule) bool {
	if !r.Enabled || r.Fallback == FallbackNextRule {
		return false
	}
	ways := r.ways()
	return !slices.ContainsFunc(other.ways(), func(given []test) bool {
		return !slices.ContainsFunc(ways, func(all []test) bool { return follows(all, given) })
	})
}

// follows tells whether all the tests hold whenever all the given ones do.
func follows(all, given []test) bool {
	return !slices.ContainsFunc(all, func(a test) bool {
		return !slices.ContainsFunc(given, func(g test) bool { return g.implies(a) })
	})
}
