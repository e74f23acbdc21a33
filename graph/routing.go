package graph

import (
	"context"

	"github.com/livedesk/livedesk/db"
	"github.com/livedesk/livedesk/graph/exec"
	"github.com/livedesk/livedesk/model"
)

type decisionResolver struct{ *Resolver }

// RoutingDecisions are a page of what was decided about each conversation.
func (r *conversationResolver) RoutingDecisions(ctx context.Context, list []*model.Conversation, first *int, after *string, last *int, before *string) ([]*exec.RoutingDecisionConnection, error) {
	pages, err := r.DB.DecisionsOf(ctx, list[0].AccountID, idsOf(list, conversationID), page(first, after, last, before))
	return connections(list, conversationID, pages, err, decisionConnection)
}

// Assignee is who was chosen.
func (r *decisionResolver) Assignee(ctx context.Context, list []*model.RoutingDecision) ([]exec.Assignee, error) {
	v, err := viewer(ctx)
	if err != nil {
		return nil, err
	}
	return assignees(ctx, r.load(ctx, v.Account), idsOf(list, func(d *model.RoutingDecision) model.ID { return d.AgentID }),
		idsOf(list, func(d *model.RoutingDecision) model.ID { return d.AiAgentID }))
}

// ExplainRouting says why a conversation is where it is.
func (r *queryResolver) ExplainRouting(ctx context.Context, id model.ID) (*exec.RoutingExplanation, error) {
	v, err := model.ViewerFrom(ctx)
	if err != nil {
		return nil, err
	}
	c, err := r.DB.SeeConversation(ctx, v, id)
	if err != nil || c == nil {
		return nil, err
	}
	stored, err := r.DB.LastDecision(ctx, c.AccountID, c.ID)
	if err != nil {
		return nil, err
	}
	var then *db.Replayed
	if stored != nil {
		if then, err = r.DB.Replay(ctx, stored); err != nil {
			return nil, err
		}
	}
	if c.Status == model.Open && !c.Owned() {
		return r.explainWaiting(ctx, c, then)
	}
	if stored == nil {
		return nil, nil
	}
	return r.explainDecided(ctx, c, stored, then)
}

// explainWaiting decides as it would be decided now: that is what the conversation waits for. The rules are those that
// sent it there.
func (r *Resolver) explainWaiting(ctx context.Context, c *model.Conversation, then *db.Replayed) (*exec.RoutingExplanation, error) {
	now, err := r.DB.Foresee(ctx, c, r.Now())
	if err != nil || now == nil {
		return nil, err
	}
	e, err := r.explain(ctx, c.AccountID, now)
	if err != nil || then == nil || now.Stage == model.StageAll {
		return e, err
	}
	names, err := r.DB.NamesIn(ctx, c.AccountID, then)
	if err == nil {
		e.Rules = explainedRules(then, names)
	}
	return e, err
}

func (r *Resolver) explainDecided(ctx context.Context, c *model.Conversation, stored *db.StoredDecision, then *db.Replayed) (*exec.RoutingExplanation, error) {
	e := &exec.RoutingExplanation{DecidedAt: stored.DecidedAt, Outcome: stored.Outcome, Reason: stored.Reason, Sentence: stored.Sentence,
		Rules: []*exec.ExplainedRule{}, Candidates: []*exec.ExplainedCandidate{}, WouldFree: []*exec.RoutingRemedy{}}
	var err error
	if then != nil {
		if e, err = r.explain(ctx, c.AccountID, then); err != nil {
			return nil, err
		}
		e.WouldFree = []*exec.RoutingRemedy{} // it waits no more
	}
	if e.Assignee, err = r.assignee(ctx, c.AccountID, stored.AgentID, stored.AiAgentID); err != nil {
		return nil, err
	}
	if c.Status.Live() && (c.AgentID != stored.AgentID || c.AiAgentID != stored.AiAgentID) {
		e.Sentence += " Since then somebody took it or gave it away by hand."
	}
	return e, nil
}

func (r *Resolver) assignee(ctx context.Context, account int64, agent, ai model.ID) (exec.Assignee, error) {
	list, err := assignees(ctx, r.load(ctx, account), []model.ID{agent}, []model.ID{ai})
	if err != nil {
		return nil, err
	}
	return list[0], nil
}

func (r *Resolver) explain(ctx context.Context, account int64, d *db.Replayed) (*exec.RoutingExplanation, error) {
	names, err := r.DB.NamesIn(ctx, account, d)
	if err != nil {
		return nil, err
	}
	words := d.Explain(names)
	e := &exec.RoutingExplanation{DecidedAt: d.At, Outcome: d.Outcome, Reason: d.Reason, Sentence: words.Sentence, Rules: explainedRules(d, names)}
	if e.Assignee, err = r.assignee(ctx, account, d.AgentID, d.AiAgentID); err != nil {
		return nil, err
	}
	if e.Candidates, err = r.explainedCandidates(ctx, account, d, names); err != nil {
		return nil, err
	}
	e.WouldFree, err = r.remedies(ctx, account, words.WouldFree)
	return e, err
}

func explainedRules(d *db.Replayed, names model.Names) []*exec.ExplainedRule {
	list := make([]*exec.ExplainedRule, 0, len(d.Rules))
	for i := range d.Rules {
		v, rule := &d.Rules[i], &d.By.Rules[i] // a verdict per rule, in their order
		x := &exec.ExplainedRule{Rule: rule, Matched: v.Matched(), Result: v.Result, Sentence: v.Why(), Conditions: []*exec.ExplainedCondition{}}
		for n := range rule.Conditions {
			condition := &exec.ExplainedCondition{Summary: rule.Conditions[n].Summary(names)}
			if n < len(v.Conditions) {
				condition.Matched = &v.Conditions[n]
			}
			x.Conditions = append(x.Conditions, condition)
		}
		list = append(list, x)
	}
	return list
}

func (r *Resolver) explainedCandidates(ctx context.Context, account int64, d *db.Replayed, names model.Names) ([]*exec.ExplainedCandidate, error) {
	agents, err := r.load(ctx, account).Agents.Get(ctx, idsOf(d.Candidates, func(v model.CandidateVerdict) model.ID { return v.AgentID }))
	if err != nil {
		return nil, err
	}
	list := make([]*exec.ExplainedCandidate, len(agents))
	for i, v := range d.Candidates {
		list[i] = &exec.ExplainedCandidate{Agent: agents[i], Reason: v.Reason, Sentence: d.WhyNot(v, names), Load: v.Load, MaxLoad: v.MaxLoad, Chosen: v.Reason == model.CandidateChosen}
		if !v.LastAssignedAt.IsZero() {
			list[i].LastAssignedAt = &v.LastAssignedAt
		}
	}
	return list, nil
}

func (r *Resolver) remedies(ctx context.Context, account int64, remedies []model.Remedy) ([]*exec.RoutingRemedy, error) {
	list := make([]*exec.RoutingRemedy, len(remedies))
	for i, m := range remedies {
		agents, err := r.load(ctx, account).Agents.Get(ctx, m.AgentIDs)
		if err != nil {
			return nil, err
		}
		list[i] = &exec.RoutingRemedy{Sentence: m.Sentence, Steps: m.Steps, Agents: agents}
	}
	return list, nil
}
