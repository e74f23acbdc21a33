package graph

import (
	"context"

	"github.com/livedesk/livedesk/graph/exec"
	"github.com/livedesk/livedesk/model"
)

// named holds what rules name, as far as it is still there.
type named struct {
	agents   map[model.ID]*model.Agent
	teams    map[model.ID]*model.Team
	aiAgents map[model.ID]*model.AiAgent
	labels   map[model.ID]*model.Label
}

// mapped makes a value of each rule with what all of them name.
func mapped[T any](ctx context.Context, r *Resolver, rules []*model.Rule, value func(*named, *model.Rule) T) ([]T, error) {
	n, err := r.named(ctx, rules)
	if err != nil {
		return nil, err
	}
	list := make([]T, len(rules))
	for i, rule := range rules {
		list[i] = value(n, rule)
	}
	return list, nil
}

func (r *Resolver) named(ctx context.Context, rules []*model.Rule) (*named, error) {
	targets, labels := map[model.TargetKind][]model.ID{}, []model.ID{}
	for _, rule := range rules {
		t := rule.Action.AssignTo.Target()
		targets[t.Kind] = append(targets[t.Kind], t.ID)
		labels = append(labels, rule.Action.LabelIDs...)
		for _, c := range rule.Conditions {
			labels = append(labels, c.ContactLabels...)
		}
	}
	v, err := viewer(ctx)
	if err != nil {
		return nil, err
	}
	l, n := r.load(ctx, v.Account), &named{}
	read := func(one error) {
		if err == nil {
			err = one
		}
	}
	read(found(ctx, &l.Agents, targets[model.ToAgent], &n.agents))
	read(found(ctx, &l.Teams, targets[model.ToTeam], &n.teams))
	read(found(ctx, &l.AiAgents, targets[model.ToAiAgent], &n.aiAgents))
	read(found(ctx, &l.LabelsByID, labels, &n.labels))
	return n, err
}

// getter is db.Load.
type getter[T any] interface {
	Get(ctx context.Context, keys []model.ID) ([]*T, error)
}

func found[T any](ctx context.Context, l getter[T], ids []model.ID, into *map[model.ID]*T) error {
	objects, err := l.Get(ctx, ids)
	*into = make(map[model.ID]*T, len(ids))
	for i, o := range objects {
		if o != nil {
			(*into)[ids[i]] = o
		}
	}
	return err
}

// name is a model.Names.
func (n *named) name(id model.ID) string {
	switch {
	case n.agents[id] != nil:
		return n.agents[id].Name
	case n.teams[id] != nil:
		return n.teams[id].Name
	case n.aiAgents[id] != nil:
		return n.aiAgents[id].Name
	case n.labels[id] != nil:
		return n.labels[id].Name
	}
	return ""
}

func (n *named) action(a *model.Action) *exec.RoutingAction {
	t := a.AssignTo
	target := &exec.RoutingTarget{Agent: n.agents[t.AgentID], Team: n.teams[t.TeamID], AiAgent: n.aiAgents[t.AiAgentID], HumanAgents: t.HumanAgents}
	return &exec.RoutingAction{AssignTo: target, Priority: present(a.Priority), Labels: n.labelled(a.LabelIDs)}
}

func (n *named) condition(c *model.Condition) *exec.RoutingCondition {
	shown := &exec.RoutingCondition{Summary: c.Summary(n.name), MessageKind: c.MessageKind, ContactAddress: c.ContactAddress, ContactName: c.ContactName,
		ContactHistory: present(c.ContactHistory), BusinessHours: present(c.BusinessHours), LocalTime: c.LocalTime, Language: c.Language}
	if c.ContactLabels != nil {
		shown.ContactLabels = n.labelled(c.ContactLabels)
	}
	if t := c.MessageText; t != nil {
		shown.MessageText = &exec.MessageTextCondition{Contains: present(t.Contains), Equals: present(t.Equals), StartsWith: present(t.StartsWith), Matches: present(t.Matches)}
	}
	if a := c.AdReferral; a != nil {
		shown.AdReferral = &exec.AdReferralCondition{SourceID: present(a.SourceID)}
		if a.Any {
			shown.AdReferral.Any = &a.Any
		}
	}
	return shown
}

func (n *named) labelled(ids []model.ID) []*model.Label {
	labels := []*model.Label{}
	for _, id := range ids {
		if l := n.labels[id]; l != nil {
			labels = append(labels, l)
		}
	}
	return labels
}
