package model

import "slices"

// RuleSet is the rules of a channel, made ready to be asked. It never changes, so any number of goroutines may ask it.
type RuleSet struct {
	rules      []readyRule
	conditions int  // of all rules
	labelIDs   []ID // that rules ask for, in their order
}

type readyRule struct {
	Rule
	target Target
	broken bool
	tests  []func(*facts) bool // one per condition, of a rule that is not broken
}

// CompileRules makes rules ready, in the order in which they are given. It takes a rule that Check refuses too, and
// every decision passes over it as BROKEN.
func CompileRules(rules []Rule) *RuleSet {
	set := &RuleSet{}
	for _, r := range rules {
		ready := readyRule{Rule: r, target: r.Action.AssignTo.Target(), broken: r.check() != nil}
		for i := range r.Conditions {
			if !ready.broken {
				ready.tests = append(ready.tests, r.Conditions[i].tests()[0].compile())
			}
			set.labelIDs = append(set.labelIDs, r.Conditions[i].ContactLabels...)
		}
		set.rules = append(set.rules, ready)
		set.conditions += len(ready.tests)
	}
	set.labelIDs = distinct(set.labelIDs)
	return set
}

// AgentIDs lists the agents that rules name: they belong among the candidates of a snapshot, members or not.
func (s *RuleSet) AgentIDs() []ID { return s.targets(ToAgent) }

// TeamIDs lists the teams that rules name.
func (s *RuleSet) TeamIDs() []ID { return s.targets(ToTeam) }

// AiAgentIDs lists the AI Agents that rules name.
func (s *RuleSet) AiAgentIDs() []ID { return s.targets(ToAiAgent) }

// LabelIDs lists the labels that rules ask for.
func (s *RuleSet) LabelIDs() []ID {
	if s == nil {
		return nil
	}
	return slices.Clone(s.labelIDs)
}

func (s *RuleSet) targets(kind TargetKind) []ID {
	var ids []ID
	for i := range s.all() {
		if t := s.rules[i].target; t.Kind == kind {
			ids = append(ids, t.ID)
		}
	}
	return distinct(ids)
}

func distinct(ids []ID) []ID {
	slices.Sort(ids)
	return slices.Compact(ids)
}

// all takes a nil set for one without rules.
func (s *RuleSet) all() []readyRule {
	if s == nil {
		return nil
	}
	return s.rules
}

// facts is a snapshot as conditions read it. What only some conditions need is worked out when it is first asked for.
type facts struct {
	*Snapshot
	text     string
	textFold *string
	nameFold *string
}

// maxNameRead is how much of a customer's name conditions read, and a record keeps, in bytes.
const maxNameRead = 200

func newFacts(s *Snapshot) *facts { return &facts{Snapshot: s, text: readable(s.Message.Text)} }

func (f *facts) folded() string {
	if f.textFold == nil {
		s := fold(f.text)
		f.textFold = &s
	}
	return *f.textFold
}

func (f *facts) name() string {
	if f.nameFold == nil {
		s := fold(CleanText(f.Contact.Name, maxNameRead))
		f.nameFold = &s
	}
	return *f.nameFold
}
