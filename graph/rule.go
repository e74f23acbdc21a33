package graph

import (
	"context"

	"github.com/livedesk/livedesk/graph/exec"
	"github.com/livedesk/livedesk/model"
	"github.com/livedesk/livedesk/server/desk"
)

// ruleResolver takes rules as they are stored, and as they were when something was decided: those lack account and channel.
type ruleResolver struct{ *Resolver }

// Rules are the routing rules of each channel.
func (r *channelResolver) Rules(ctx context.Context, channels []*model.Channel) ([][]*model.Rule, error) {
	lists, err := r.load(ctx, channels[0].AccountID).Rules.Get(ctx, idsOf(channels, func(c *model.Channel) model.ID { return c.ID }))
	return listed(ctx, lists, err)
}

// Conditions are what each rule asks.
func (r *ruleResolver) Conditions(ctx context.Context, rules []*model.Rule) ([][]*exec.RoutingCondition, error) {
	return mapped(ctx, r.Resolver, rules, func(n *named, rule *model.Rule) []*exec.RoutingCondition {
		list := make([]*exec.RoutingCondition, len(rule.Conditions))
		for i := range rule.Conditions {
			list[i] = n.condition(&rule.Conditions[i])
		}
		return list
	})
}

// Action is what each rule does.
func (r *ruleResolver) Action(ctx context.Context, rules []*model.Rule) ([]*exec.RoutingAction, error) {
	return mapped(ctx, r.Resolver, rules, func(n *named, rule *model.Rule) *exec.RoutingAction { return n.action(&rule.Action) })
}

// Summary says what each rule does.
func (r *ruleResolver) Summary(ctx context.Context, rules []*model.Rule) ([]string, error) {
	return mapped(ctx, r.Resolver, rules, func(n *named, rule *model.Rule) string { return rule.Summary(n.name) })
}

// Matched30Days counts what each rule decided.
func (r *ruleResolver) Matched30Days(ctx context.Context, rules []*model.Rule) ([]int, error) {
	v, err := viewer(ctx)
	if err != nil {
		return nil, err
	}
	return r.load(ctx, v.Account).RuleMatches.Get(ctx, idsOf(rules, func(r *model.Rule) model.ID { return r.ID }))
}

// Channel is the one that each rule belongs to.
func (r *ruleResolver) Channel(ctx context.Context, rules []*model.Rule) ([]*model.Channel, error) {
	v, err := viewer(ctx)
	if err != nil {
		return nil, err
	}
	return some(ctx, &r.load(ctx, v.Account).Channels, idsOf(rules, func(r *model.Rule) model.ID { return r.ChannelID }))
}

// CreateRoutingRule adds a rule.
func (r *mutationResolver) CreateRoutingRule(ctx context.Context, in exec.CreateRoutingRuleInput) (*exec.CreateRoutingRulePayload, error) {
	conditions := conditionsOf(in.Conditions)
	rule, warnings, err := r.Desk.CreateRule(ctx, in.ChannelID, desk.RuleChange{Name: &in.Name, Enabled: &in.Enabled, Match: &in.Match,
		Conditions: &conditions, Action: actionOf(in.Action), Fallback: &in.Fallback})
	errs, err := refused(err)
	return &exec.CreateRoutingRulePayload{Rule: rule, Warnings: warningsOf(warnings), UserErrors: errs}, err
}

// UpdateRoutingRule changes a rule.
func (r *mutationResolver) UpdateRoutingRule(ctx context.Context, in exec.UpdateRoutingRuleInput) (*exec.UpdateRoutingRulePayload, error) {
	change := desk.RuleChange{Name: in.Name, Enabled: in.Enabled, Match: in.Match, Action: actionOf(in.Action), Fallback: in.Fallback}
	if in.Conditions != nil {
		conditions := conditionsOf(in.Conditions)
		change.Conditions = &conditions
	}
	rule, warnings, err := r.Desk.UpdateRule(ctx, in.RuleID, change)
	errs, err := refused(err)
	return &exec.UpdateRoutingRulePayload{Rule: rule, Warnings: warningsOf(warnings), UserErrors: errs}, err
}

// DeleteRoutingRule deletes a rule.
func (r *mutationResolver) DeleteRoutingRule(ctx context.Context, in exec.DeleteRoutingRuleInput) (*exec.DeleteRoutingRulePayload, error) {
	channel, err := r.Desk.DeleteRule(ctx, in.RuleID)
	deleted := gone(in.RuleID, err)
	errs, err := refused(err)
	return &exec.DeleteRoutingRulePayload{DeletedRuleID: deleted, Channel: channel, UserErrors: errs}, err
}

// OrderRoutingRules gives a channel's rules another order.
func (r *mutationResolver) OrderRoutingRules(ctx context.Context, in exec.OrderRoutingRulesInput) (*exec.OrderRoutingRulesPayload, error) {
	channel, err := r.Desk.OrderRules(ctx, in.ChannelID, in.RuleIds)
	errs, err := refused(err)
	return &exec.OrderRoutingRulesPayload{Channel: channel, UserErrors: errs}, err
}

func warningsOf(warnings []model.Warning) []*exec.RuleWarning {
	list := make([]*exec.RuleWarning, len(warnings))
	for i, w := range warnings {
		list[i] = &exec.RuleWarning{Code: w.Code, Message: w.Message, RuleID: present(w.RuleID)}
	}
	return list
}
