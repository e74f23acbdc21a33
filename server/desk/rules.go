package desk

import (
	"context"
	"slices"
	"strconv"

	"github.com/livedesk/livedesk/db"
	"github.com/livedesk/livedesk/model"
)

// changeRules runs change on the rules of a channel that is locked, in their order.
func (d *Desk) changeRules(ctx context.Context, channel model.ID, change func(*db.Store, *model.Viewer, []model.Rule) (changed bool, err error)) (*model.Channel, error) {
	v, err := asLead(ctx)
	if err != nil {
		return nil, err
	}
	return d.changeAutomation(ctx, v, channel, func(s *db.Store, _ *model.Channel) (bool, error) {
		stored, err := s.RulesOf(ctx, v.Account, []model.ID{channel})
		if err != nil {
			return false, err
		}
		var rules []model.Rule
		for _, r := range stored[channel] {
			rules = append(rules, *r)
		}
		return change(s, v, rules)
	})
}

// changeRule is changeRules for one of them, which is found by its id.
func (d *Desk) changeRule(ctx context.Context, id model.ID, change func(s *db.Store, v *model.Viewer, rules []model.Rule, i int) (changed bool, err error)) (*model.Channel, error) {
	v, err := asLead(ctx)
	if err != nil {
		return nil, err
	}
	found, err := d.db.Rule(ctx, v.Account, id)
	if err != nil {
		return nil, at(err, "ruleId")
	}
	c, err := d.changeRules(ctx, found.ChannelID, func(s *db.Store, v *model.Viewer, rules []model.Rule) (bool, error) {
		i := slices.IndexFunc(rules, func(r model.Rule) bool { return r.ID == id })
		if i < 0 {
			return false, model.Refuse(model.NotFound, "There is no such rule any more.", "ruleId")
		}
		return change(s, v, rules, i)
	})
	if model.CodeOf(err) == model.ChannelNotActive {
		err = model.Refuse(model.ChannelNotActive, "The channel of this rule was removed.", "ruleId")
	}
	return c, err
}

// ruleAsItIs returns the rule, or nil when it is gone.
func (d *Desk) ruleAsItIs(ctx context.Context, id model.ID) *model.Rule {
	v, err := model.ViewerFrom(ctx)
	if err != nil {
		return nil
	}
	r, _ := d.db.Rule(ctx, v.Account, id)
	return r
}

// saveRule stores the rule at the place i, if the channel's rules together are not too much and what was given of it
// names what there is.
func saveRule(ctx context.Context, s *db.Store, rules []model.Rule, i int, given RuleChange) error {
	r := &rules[i]
	if err := model.CheckRules(rules, i); err != nil {
		return err
	}
	if err := checkNamed(ctx, s, r, given); err != nil {
		return err
	}
	return s.SaveRule(ctx, r)
}

// checkNamed refuses a rule when what was given of it names what there is not.
func checkNamed(ctx context.Context, s *db.Store, r *model.Rule, given RuleChange) error {
	if given.Action != nil {
		if err := checkAction(ctx, s, r); err != nil {
			return err
		}
	}
	if given.Conditions == nil {
		return nil
	}
	for n, c := range r.Conditions {
		if err := checkLabels(ctx, s, r.AccountID, c.ContactLabels, "conditions", strconv.Itoa(n), "contactLabelIds"); err != nil {
			return err
		}
	}
	return nil
}

func checkAction(ctx context.Context, s *db.Store, r *model.Rule) (err error) {
	switch t := r.Action.AssignTo.Target(); t.Kind {
	case model.ToAgent:
		err = at(checkTargetAgent(ctx, s, r, t.ID), "action", "assignTo", "agentId")
	case model.ToTeam:
		_, err = s.Team(ctx, r.AccountID, t.ID)
		err = at(err, "action", "assignTo", "teamId")
	case model.ToAiAgent:
		err = at(checkTargetAi(ctx, s, r.AccountID, t.ID), "action", "assignTo", "aiAgentId")
	}
	if err != nil {
		return err
	}
	return checkLabels(ctx, s, r.AccountID, r.Action.LabelIDs, "action", "labelIds")
}

func checkTargetAgent(ctx context.Context, s *db.Store, r *model.Rule, id model.ID) error {
	a, err := s.Agent(ctx, r.AccountID, id)
	if err != nil {
		return err
	}
	members, err := s.MembersOf(ctx, r.AccountID, r.ChannelID)
	switch {
	case err != nil:
		return err
	case a.DisabledAt != nil:
		return model.Refuse(model.Unavailable, a.Name+" is disabled.")
	case !slices.Contains(members, id):
		return model.Refuse(model.NotAMember, a.Name+" does not work on this channel. Add them to its agents first.")
	}
	return nil
}

func checkTargetAi(ctx context.Context, s *db.Store, account int64, id model.ID) error {
	a, err := s.AiAgent(ctx, account, id)
	if err == nil && a.DisabledAt != nil {
		err = model.Refuse(model.Unavailable, a.Name+" is disabled.")
	}
	return err
}

func checkLabels(ctx context.Context, s *db.Store, account int64, ids []model.ID, path ...string) error {
	if len(ids) == 0 {
		return nil
	}
	found, err := s.LabelsByID(ctx, account, ids)
	if err == nil && len(found) < len(unique(ids)) {
		return model.Refuse(model.NotFound, "There is no such label.", path...)
	}
	return err
}

func ruleIDs(rules []model.Rule) []model.ID {
	ids := make([]model.ID, len(rules))
	for i := range rules {
		ids[i] = rules[i].ID
	}
	return ids
}

// ofRule is an entry about a routing rule.
func ofRule(action model.AuditAction, r *model.Rule) model.AuditEntry {
	return model.AuditEntry{Action: action, SubjectKind: model.AuditRule, SubjectID: r.ID, ChannelID: r.ChannelID}
}
