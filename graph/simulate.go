package graph

import (
	"context"
	"slices"

	"github.com/livedesk/livedesk/db"
	"github.com/livedesk/livedesk/graph/exec"
	"github.com/livedesk/livedesk/model"
	"github.com/livedesk/livedesk/server/desk"
)

type simulationResolver struct{ *Resolver }

// SimulateRouting tells what a draft would have done.
func (r *queryResolver) SimulateRouting(ctx context.Context, in exec.SimulateRoutingInput) (*exec.SimulateRoutingPayload, error) {
	done, err := r.Desk.Simulate(ctx, draftOf(in))
	errs, err := refused(err)
	if err != nil || done == nil {
		return &exec.SimulateRoutingPayload{UserErrors: errs}, err
	}
	s := &exec.RoutingSimulation{ConversationCount: len(done.Placed), SkippedCount: done.Skipped, HasMore: done.More, MovedCount: done.Moved,
		WaitingCount: done.Waiting, ByAiCount: done.ByAi, UnusedRules: []*model.Rule{}, Simulated: &done.Simulation, Draft: done.By}
	for _, id := range done.Unused {
		s.UnusedRules = append(s.UnusedRules, ruleOf(done.By, id))
	}
	s.Loads, err = r.simulatedLoads(ctx, done.Loads)
	return &exec.SimulateRoutingPayload{Simulation: s, UserErrors: errs}, err
}

func draftOf(in exec.SimulateRoutingInput) desk.Draft {
	d := desk.Draft{Channel: in.ChannelID, Mode: in.Mode}
	if in.Rules != nil {
		d.Rules = &[]desk.RuleChange{}
	}
	for _, rule := range in.Rules {
		conditions := conditionsOf(rule.Conditions)
		*d.Rules = append(*d.Rules, desk.RuleChange{Name: &rule.Name, Enabled: &rule.Enabled, Match: &rule.Match,
			Conditions: &conditions, Action: actionOf(rule.Action), Fallback: &rule.Fallback})
	}
	if in.Over.Past != nil {
		d.From, d.To = in.Over.Past.From, in.Over.Past.To
	}
	if in.Over.Sample != nil {
		d.Sample = sampleOf(in.Over.Sample)
	}
	return d
}

func sampleOf(in *exec.SampleConversationInput) *desk.Sample {
	s := &desk.Sample{Message: model.MessageFacts{Kind: in.Kind, Text: in.Text}, At: in.At,
		Contact: model.ContactFacts{Name: given(in.Name), Language: given(in.Language), Returning: in.Returning, LabelIDs: in.ContactLabelIds}}
	if in.Address != nil {
		s.Contact.Addresses = []string{*in.Address}
	}
	if ad := in.AdReferral; ad != nil {
		s.Message.FromAd, s.Message.AdSource = true, given(ad.SourceID)
	}
	return s
}

func (r *Resolver) simulatedLoads(ctx context.Context, shares []model.Share) ([]*exec.SimulatedLoad, error) {
	v, err := viewer(ctx)
	if err != nil {
		return nil, err
	}
	agents, err := r.load(ctx, v.Account).Agents.Get(ctx, idsOf(shares, func(s model.Share) model.ID { return s.AgentID }))
	if err != nil {
		return nil, err
	}
	list := make([]*exec.SimulatedLoad, len(shares))
	for i, s := range shares {
		list[i] = &exec.SimulatedLoad{Agent: agents[i], Before: s.Before, After: s.After}
	}
	return list, nil
}

// Placements are what would have become of each conversation.
func (r *simulationResolver) Placements(ctx context.Context, s *exec.RoutingSimulation, first int, movedOnly bool) ([]*exec.SimulatedPlacement, error) {
	var placed []*model.Placed
	for i := range slices.Backward(s.Simulated.Placed) {
		if p := &s.Simulated.Placed[i]; len(placed) < min(first, desk.MaxSimulated) && (p.Moved || !movedOnly) {
			placed = append(placed, p)
		}
	}
	v, err := viewer(ctx)
	if err != nil {
		return nil, err
	}
	names, err := r.DB.NamesPlaced(ctx, v.Account, s.Draft, placed)
	if err != nil {
		return nil, err
	}
	return r.placements(ctx, r.load(ctx, v.Account), s.Draft, placed, names)
}

func (r *Resolver) placements(ctx context.Context, l *db.Loads, by *db.Automation, placed []*model.Placed, names model.Names) ([]*exec.SimulatedPlacement, error) {
	conversations, err := some(ctx, &l.Conversations, idsOf(placed, func(p *model.Placed) model.ID { return p.ConversationID }))
	if err != nil {
		return nil, err
	}
	to, err := assignees(ctx, l, idsOf(placed, func(p *model.Placed) model.ID { return p.Decision.AgentID }), idsOf(placed, func(p *model.Placed) model.ID { return p.Decision.AiAgentID }))
	if err != nil {
		return nil, err
	}
	from, err := assignees(ctx, l, idsOf(placed, func(p *model.Placed) model.ID { return p.FromAgentID }), idsOf(placed, func(p *model.Placed) model.ID { return p.FromAiAgentID }))
	if err != nil {
		return nil, err
	}
	list := make([]*exec.SimulatedPlacement, len(placed))
	for i, p := range placed {
		d := &p.Decision
		list[i] = &exec.SimulatedPlacement{Conversation: conversations[i], Outcome: d.Outcome, Reason: d.Reason, Assignee: to[i], FromAssignee: from[i],
			Moved: p.Moved, Rule: ruleOf(by, d.RuleID), Sentence: d.Explain(names).Sentence}
	}
	return list, nil
}

// ruleOf is a rule of the automation, nil when it has none of that id.
func ruleOf(by *db.Automation, id model.ID) *model.Rule {
	for i := range by.Rules {
		if by.Rules[i].ID == id {
			return &by.Rules[i]
		}
	}
	return nil
}
