package desk_test

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/livedesk/livedesk/model"
	"github.com/livedesk/livedesk/server/desk"
)

var toHumans = &model.Action{AssignTo: model.AssignTo{HumanAgents: true}}

func about(words string) *[]model.Condition {
	return &[]model.Condition{{MessageText: &model.TextCondition{Contains: words}}}
}

// rule adds a rule about the words to the channel.
func (o *office) rule(c *model.Channel, words string) *model.Rule {
	o.t.Helper()
	r, _, err := o.CreateRule(o.asAdmin(), c.ID, desk.RuleChange{Name: ptr(words), Conditions: about(words), Action: toHumans})
	if err != nil {
		o.t.Fatal(err)
	}
	return r
}

// wantRules fails unless the channel has rules of these names, at the positions 1, 2, 3 ...
func (o *office) wantRules(c *model.Channel, want ...string) {
	o.t.Helper()
	rules, err := o.db.RulesOf(o.t.Context(), o.account, []model.ID{c.ID})
	if err != nil {
		o.t.Fatal(err)
	}
	got := []string{}
	for i, r := range rules[c.ID] {
		got = append(got, r.Name)
		if r.Position != i+1 {
			o.t.Errorf("%s stands at %d, want %d", r.Name, r.Position, i+1)
		}
	}
	if !slices.Equal(got, want) {
		o.t.Errorf("the rules are %q, want %q", got, want)
	}
}

func TestRules(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	c, yuki := o.connect("+15550000001"), o.hire("yuki", model.Supervisor)
	lead := o.as(yuki.ID, model.Supervisor)
	o.events()
	refunds, warnings, err := o.CreateRule(lead, c.ID, desk.RuleChange{Name: ptr(" Refunds "), Conditions: about("refund"), Action: toHumans})
	if err != nil || refunds.Name != "Refunds" || !refunds.Enabled || refunds.Match != model.MatchAll || refunds.Fallback != model.FallbackWait || len(warnings) != 0 {
		t.Fatalf("%+v, %v, %v", refunds, warnings, err)
	}
	o.wantEvents(show(model.Event{Kind: model.ChannelChanged, ChannelID: c.ID}))
	if e := o.wantAudit(yuki.ID, model.AuditRuleCreated, model.AuditRule, refunds.ID, c.ID); e.Before != nil || !strings.Contains(string(e.After), "refund") {
		t.Errorf("noted %s and %s", e.Before, e.After)
	}
	stored, err := o.db.Rule(t.Context(), o.account, refunds.ID)
	if err != nil || stored.Conditions[0].MessageText.Contains != "refund" || !stored.Action.AssignTo.HumanAgents || !stored.CreatedAt.Equal(refunds.CreatedAt) {
		t.Errorf("stored %+v, %v", stored, err)
	}
	all, warnings, err := o.CreateRule(lead, c.ID, desk.RuleChange{Name: ptr("All refunds"), Conditions: about("a refund"), Action: toHumans})
	if err != nil || len(warnings) != 1 || warnings[0].Code != model.WarnShadowed || warnings[0].RuleID != refunds.ID {
		t.Errorf("warned %v, %v", warnings, err)
	}
	if _, err := o.OrderRules(lead, c.ID, []model.ID{all.ID, refunds.ID}); err != nil {
		t.Fatal(err)
	}
	o.wantAudit(yuki.ID, model.AuditRulesOrdered, model.AuditChannel, c.ID, c.ID)
	o.wantRules(c, "All refunds", "Refunds")
	if _, err := o.OrderRules(lead, c.ID, []model.ID{all.ID, refunds.ID}); err != nil || o.version(c) != 4 {
		t.Errorf("the same order once more: %v, version %d", err, o.version(c))
	}
	got, _, err := o.UpdateRule(lead, refunds.ID, desk.RuleChange{Enabled: ptr(false), Match: ptr(model.MatchAny), Conditions: &[]model.Condition{}})
	if err != nil || got.Enabled || got.Match != model.MatchAny || len(got.Conditions) != 0 || got.Name != "Refunds" || got.Position != 2 {
		t.Errorf("%+v, %v", got, err)
	}
	o.wantAudit(yuki.ID, model.AuditRuleUpdated, model.AuditRule, refunds.ID, c.ID)
	if v := o.version(c); v != 5 {
		t.Errorf("version %d after 4 changes", v)
	}
	if _, _, err := o.UpdateRule(lead, refunds.ID, desk.RuleChange{Enabled: ptr(false)}); err != nil || o.version(c) != 5 {
		t.Errorf("what changes nothing: %v, version %d", err, o.version(c))
	}
	if _, err := o.DeleteRule(lead, all.ID); err != nil || o.version(c) != 6 {
		t.Errorf("%v, version %d", err, o.version(c))
	}
	o.wantRules(c, "Refunds")
	if e := o.wantAudit(yuki.ID, model.AuditRuleDeleted, model.AuditRule, all.ID, c.ID); e.After != nil || !strings.Contains(string(e.Before), "All refunds") {
		t.Errorf("noted %s and %s", e.Before, e.After)
	}
}

func TestRulesStoreNothingRefused(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	c, other := o.connect("+15550000001"), o.connect("+15550000002")
	hana, yuki := o.hire("hana", model.AgentRole), o.hire("yuki", model.AgentRole)
	if _, err := o.SetChannelAgents(o.asAdmin(), c.ID, []model.ID{yuki.ID}); err != nil {
		t.Fatal(err)
	}
	if _, err := o.UpdateAgent(o.asAdmin(), desk.AgentChange{Agent: yuki.ID, Disabled: ptr(true)}); err != nil {
		t.Fatal(err)
	}
	o.exec(`INSERT INTO channel_agents (account_id, channel_id, agent_id) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING`, o.account, c.ID, yuki.ID)
	r := o.rule(c, "parcel")
	o.rule(other, "elsewhere")
	version, noted := o.version(c), len(o.audited())
	o.events()
	to := func(a model.AssignTo) desk.RuleChange { return desk.RuleChange{Action: &model.Action{AssignTo: a}} }
	for _, try := range []struct {
		change desk.RuleChange
		code   model.Code
		path   string
	}{
		{desk.RuleChange{Name: ptr(" ")}, model.Invalid, "name"},
		{desk.RuleChange{Match: ptr(model.Match("SOME"))}, model.Invalid, "match"},
		{desk.RuleChange{Fallback: ptr(model.Fallback("NOBODY"))}, model.Invalid, "fallback"},
		{desk.RuleChange{Conditions: &[]model.Condition{{MessageText: &model.TextCondition{Matches: "(a"}}}}, model.Invalid, "conditions.0.messageText.matches"},
		{desk.RuleChange{Conditions: &[]model.Condition{{BusinessHours: model.InsideHours}, {ContactLabels: []model.ID{model.NewID(model.KindLabel)}}}}, model.NotFound, "conditions.1.contactLabelIds"},
		{to(model.AssignTo{}), model.Invalid, "action.assignTo"},
		{to(model.AssignTo{AgentID: hana.ID}), model.NotAMember, "action.assignTo.agentId"},
		{to(model.AssignTo{AgentID: yuki.ID}), model.Unavailable, "action.assignTo.agentId"},
		{to(model.AssignTo{AgentID: o.stranger()}), model.NotFound, "action.assignTo.agentId"},
		{to(model.AssignTo{TeamID: model.NewID(model.KindTeam)}), model.NotFound, "action.assignTo.teamId"},
		{to(model.AssignTo{AiAgentID: model.NewID(model.KindAiAgent)}), model.NotFound, "action.assignTo.aiAgentId"},
		{desk.RuleChange{Action: &model.Action{AssignTo: toHumans.AssignTo, LabelIDs: []model.ID{model.NewID(model.KindLabel)}}}, model.NotFound, "action.labelIds"},
	} {
		path := strings.Split(try.path, ".")
		got, warnings, err := o.UpdateRule(o.asAdmin(), r.ID, try.change)
		wantCode(t, err, try.code, path...)
		if got == nil || got.Name != "parcel" || !got.Action.AssignTo.HumanAgents || warnings != nil {
			t.Errorf("as it is now: %+v", got)
		}
		if try.change.Name == nil {
			try.change.Name = ptr("New")
		}
		if try.change.Action == nil {
			try.change.Action = toHumans
		}
		_, _, err = o.CreateRule(o.asAdmin(), c.ID, try.change)
		wantCode(t, err, try.code, path...)
	}
	o.wantRules(c, "parcel")
	if o.version(c) != version || len(o.audited()) != noted {
		t.Errorf("version %d, want %d; %d entries, want %d", o.version(c), version, len(o.audited()), noted)
	}
	o.wantEvents()
}

func TestRulesOfOthersAreNone(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	c, other := o.connect("+15550000001"), o.connect("+15550000002")
	a, b, elsewhere := o.rule(c, "a"), o.rule(c, "b"), o.rule(other, "elsewhere")
	order := func(code model.Code, ids ...model.ID) {
		t.Helper()
		got, err := o.OrderRules(o.asAdmin(), c.ID, ids)
		wantCode(t, err, code, "ruleIds")
		if got == nil || got.ID != c.ID {
			t.Errorf("as it is now: %+v", got)
		}
	}
	order(model.NotFound, b.ID, a.ID, elsewhere.ID)
	order(model.NotFound, b.ID, model.NewID(model.KindRule))
	order(model.Invalid, b.ID, a.ID, b.ID)
	order(model.Conflict, b.ID)
	order(model.Conflict)
	nothing := model.NewID(model.KindRule)
	_, _, err := o.UpdateRule(o.asAdmin(), nothing, desk.RuleChange{})
	wantCode(t, err, model.NotFound, "ruleId")
	_, err = o.DeleteRule(o.asAdmin(), nothing)
	wantCode(t, err, model.NotFound, "ruleId")
	_, _, err = o.CreateRule(o.asAdmin(), model.NewID(model.KindChannel), desk.RuleChange{Name: ptr("x"), Action: toHumans})
	wantCode(t, err, model.NotFound, "channelId")
	agent := o.as(o.admin, model.AgentRole)
	_, _, err = o.CreateRule(agent, c.ID, desk.RuleChange{Name: ptr("x"), Action: toHumans})
	wantCode(t, err, model.Forbidden)
	_, _, err = o.UpdateRule(agent, a.ID, desk.RuleChange{})
	wantCode(t, err, model.Forbidden)
	_, err = o.DeleteRule(agent, a.ID)
	wantCode(t, err, model.Forbidden)
	_, err = o.OrderRules(agent, c.ID, []model.ID{b.ID, a.ID})
	wantCode(t, err, model.Forbidden)
	o.wantRules(c, "a", "b")
	if _, err := o.RemoveChannel(o.asAdmin(), c.ID); err != nil {
		t.Fatal(err)
	}
	_, _, err = o.UpdateRule(o.asAdmin(), a.ID, desk.RuleChange{Enabled: ptr(false)})
	wantCode(t, err, model.ChannelNotActive, "ruleId")
}

func TestTheRuleBeyondTheLimitIsRefused(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	c := o.connect("+15550000001")
	o.rule(c, "first")
	o.exec(`INSERT INTO rules (account_id, id, channel_id, name, enabled, position, match, conditions, action, fallback, created_at)
		SELECT account_id, gen_random_uuid(), channel_id, 'rule ' || n, false, n, match, conditions, action, fallback, created_at FROM rules, generate_series(2, $1::int) n`, model.MaxRules)
	_, _, err := o.CreateRule(o.asAdmin(), c.ID, desk.RuleChange{Name: ptr("one more"), Action: toHumans})
	wantCode(t, err, model.Invalid, "channelId")
	o.count(model.MaxRules, `rules`)
}

// Rules that are made, deleted and ordered at once keep the positions 1, 2, 3 ..., and none is lost.
func TestRulesChangedAtOnce(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	c := o.connect("+15550000001")
	gone, kept := o.rule(c, "gone"), o.rule(c, "kept")
	var all sync.WaitGroup
	for i := range 8 {
		all.Go(func() { o.rule(c, fmt.Sprint("new ", i)) })
	}
	all.Go(func() {
		if _, err := o.DeleteRule(o.asAdmin(), gone.ID); err != nil {
			t.Error(err)
		}
	})
	for i := range 4 {
		all.Go(func() {
			if _, _, err := o.UpdateRule(o.asAdmin(), kept.ID, desk.RuleChange{Name: ptr(fmt.Sprint("kept ", i))}); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	o.count(9, `rules`)
	o.count(1, `(SELECT 1 FROM rules HAVING min(position) = 1 AND max(position) = 9 AND count(DISTINCT position) = 9) x`)
	if v := o.version(c); v != 1+2+8+1+4 {
		t.Errorf("version %d", v)
	}
	o.count(4, `audit_log WHERE action = 'RULE_UPDATED'`)
}
