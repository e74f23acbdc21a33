package desk

import (
	"context"
	"reflect"
	"slices"

	"github.com/livedesk/livedesk/db"
	"github.com/livedesk/livedesk/model"
)

// RuleChange is what is given of a routing rule; nil leaves it as it is, or to its default in a new one.
type RuleChange struct {
	Name       *string
	Enabled    *bool
	Match      *model.Match
	Conditions *[]model.Condition
	Action     *model.Action
	Fallback   *model.Fallback
}

func (change RuleChange) apply(r *model.Rule) (err error) {
	set(&r.Enabled, change.Enabled)
	set(&r.Match, change.Match)
	set(&r.Conditions, change.Conditions)
	set(&r.Action, change.Action)
	set(&r.Fallback, change.Fallback)
	if change.Name != nil {
		r.Name, err = cleanName(*change.Name, "name")
	}
	r.Clean()
	if err != nil {
		return err
	}
	return r.Check()
}

func set[T any](field, value *T) {
	if value != nil {
		*field = *value
	}
}

// CreateRule adds a routing rule behind those of the channel. The warnings are what is odd about it all the same.
func (d *Desk) CreateRule(ctx context.Context, channel model.ID, in RuleChange) (rule *model.Rule, warnings []model.Warning, err error) {
	_, err = d.changeRules(ctx, channel, func(s *db.Store, v *model.Viewer, rules []model.Rule) (bool, error) {
		now := d.moment()
		r := model.Rule{AccountID: v.Account, ID: model.NewIDAt(model.KindRule, now), ChannelID: channel, Enabled: true, Position: len(rules) + 1, CreatedAt: now}
		if err := in.apply(&r); err != nil {
			return false, err
		}
		rules = append(rules, r)
		rule, warnings = &r, model.RuleWarnings(rules, len(rules)-1)
		if err := saveRule(ctx, s, rules, len(rules)-1, in); err != nil {
			return false, err
		}
		return true, d.audit(ctx, s, v, ofRule(model.AuditRuleCreated, &r), nil, r)
	})
	if err != nil {
		return nil, nil, err
	}
	return rule, warnings, nil
}

// UpdateRule changes a routing rule. Refused, it returns the rule as it is.
func (d *Desk) UpdateRule(ctx context.Context, id model.ID, change RuleChange) (rule *model.Rule, warnings []model.Warning, err error) {
	_, err = d.changeRule(ctx, id, func(s *db.Store, v *model.Viewer, rules []model.Rule, i int) (bool, error) {
		before := rules[i]
		if err := change.apply(&rules[i]); err != nil {
			return false, err
		}
		rule, warnings = &rules[i], model.RuleWarnings(rules, i)
		if reflect.DeepEqual(before, *rule) {
			return false, nil
		}
		if err := saveRule(ctx, s, rules, i, change); err != nil {
			return false, err
		}
		return true, d.audit(ctx, s, v, ofRule(model.AuditRuleUpdated, rule), before, *rule)
	})
	if model.CodeOf(err).IsUserError() {
		return d.ruleAsItIs(ctx, id), nil, err
	}
	return rule, warnings, err
}

// DeleteRule deletes a routing rule and returns its channel.
func (d *Desk) DeleteRule(ctx context.Context, id model.ID) (*model.Channel, error) {
	return d.changeRule(ctx, id, func(s *db.Store, v *model.Viewer, rules []model.Rule, i int) (bool, error) {
		gone := rules[i]
		if err := s.DeleteRule(ctx, v.Account, id); err != nil {
			return false, err
		}
		if err := s.PlaceRules(ctx, v.Account, gone.ChannelID, ruleIDs(slices.Delete(rules, i, i+1))); err != nil {
			return false, err
		}
		return true, d.audit(ctx, s, v, ofRule(model.AuditRuleDeleted, &gone), gone, nil)
	})
}

// OrderRules gives the rules of a channel another order. It takes all of them.
func (d *Desk) OrderRules(ctx context.Context, channel model.ID, ids []model.ID) (*model.Channel, error) {
	return d.changeRules(ctx, channel, func(s *db.Store, v *model.Viewer, rules []model.Rule) (bool, error) {
		before := ruleIDs(rules)
		switch {
		case len(without(ids, before)) > 0:
			return false, model.Refuse(model.NotFound, "There is no such rule on this channel.", "ruleIds")
		case len(unique(ids)) < len(ids):
			return false, model.Refuse(model.Invalid, "Name each rule once.", "ruleIds")
		case len(ids) < len(before):
			return false, model.Refuse(model.Conflict, "The channel has other rules as well. Name all of them in their new order.", "ruleIds")
		case slices.Equal(ids, before):
			return false, nil
		}
		if err := s.PlaceRules(ctx, v.Account, channel, ids); err != nil {
			return false, err
		}
		return true, d.audit(ctx, s, v, ofChannel(model.AuditRulesOrdered, channel), before, ids)
	})
}
