package desk

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"

	"github.com/livedesk/livedesk/db"
	"github.com/livedesk/livedesk/model"
)

// draft is what is saved, with what is drafted in its place.
func (d *Desk) draft(ctx context.Context, v *model.Viewer, in Draft, by db.Automation) (*db.Automation, error) {
	set(&by.Mode, in.Mode)
	if in.Rules == nil {
		return &by, nil
	}
	if len(*in.Rules) > model.MaxRules {
		return nil, model.Refuse(model.Invalid, fmt.Sprintf("A channel has %d rules at most.", model.MaxRules), "rules")
	}
	rules := make([]model.Rule, len(*in.Rules))
	for i, given := range *in.Rules {
		rules[i] = model.Rule{AccountID: v.Account, ID: model.NewIDAt(model.KindRule, d.moment()), ChannelID: in.Channel, Enabled: true, Position: i + 1}
		if err := given.apply(&rules[i]); err != nil {
			return nil, underRule(err, i)
		}
	}
	if err := checkWeight(rules); err != nil {
		return nil, err
	}
	for i, given := range *in.Rules {
		if err := checkNamed(ctx, d.db.Store, &rules[i], given); err != nil {
			return nil, underRule(err, i)
		}
	}
	by.Rules, by.Automation.Rules = rules, model.CompileRules(rules)
	return &by, nil
}

// checkWeight blames the last rule that asks for a pattern: it was one too many.
func checkWeight(rules []model.Rule) error {
	for i, r := range slices.Backward(rules) {
		if slices.ContainsFunc(r.Conditions, func(c model.Condition) bool { return c.MessageText != nil && c.MessageText.Matches != "" }) {
			return underRule(model.CheckRules(rules, i), i)
		}
	}
	return nil
}

// underRule puts the path of the i-th rule of the draft before that of a refusal.
func underRule(err error, i int) error {
	var e *model.Error
	if errors.As(err, &e) {
		return model.Refuse(e.Code, e.Text, slices.Concat([]string{"rules", strconv.Itoa(i)}, e.Field)...)
	}
	return err
}
