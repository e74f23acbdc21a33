package graph_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/livedesk/livedesk/model"
)

const (
	createRule = `mutation($i: CreateRoutingRuleInput!) { createRoutingRule(input: $i) { rule { id } warnings { code message ruleId } userErrors { code field message } } }`
	readRules  = `query($id: ID!) { channel(id: $id) { rules { id name enabled position match fallback summary matched30Days channel { name }
		conditions { summary messageText { contains equals startsWith matches } messageKind contactAddress { startsWith } contactName { contains } contactLabels { name }
			contactHistory businessHours localTime { weekdays from to } language adReferral { any sourceId } }
		action { assignTo { agent { name } team { name } aiAgent { name } humanAgents } priority labels { name } } } } }`
)

// Every kind of condition and target comes back as it was given.
func TestRulesAreReadableWhole(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	hana, hanaToken := a.hire("hana", model.AgentRole)
	channel := a.connect("Front", "+15550100100", hana)
	label := at(a.do(a.admin, `mutation($i: CreateLabelInput!) { createLabel(input: $i) { label { id } userErrors { code } } }`, vars{"i": vars{"name": "VIP", "color": "#a0b0c0"}}), "label", "id")
	team := at(a.do(a.admin, `mutation($i: CreateTeamInput!) { createTeam(input: $i) { team { id } userErrors { code } } }`, vars{"i": vars{"name": "Billing", "agentIds": []string{hana}}}), "team", "id")
	conditions := []vars{
		{"messageText": vars{"matches": "^re(fund|turn)"}}, {"messageKind": []string{"MEDIA", "LOCATION"}}, {"contactAddress": vars{"startsWith": "+81"}}, {"contactName": vars{"contains": "lim"}},
		{"contactLabelIds": []any{label}}, {"contactHistory": "RETURNING"}, {"businessHours": "OUTSIDE"}, {"localTime": vars{"weekdays": []string{"FRIDAY"}, "from": "22:00", "to": "02:00"}},
		{"language": []string{"ja"}}, {"adReferral": vars{"any": true}}}
	a.do(a.admin, createRule, vars{"i": vars{"channelId": channel, "name": "Everything", "match": "ANY", "conditions": conditions, "fallback": "AI_AGENT",
		"action": vars{"assignTo": vars{"teamId": team}, "priority": "URGENT", "labelIds": []any{label}}}})
	a.do(a.admin, createRule, vars{"i": vars{"channelId": channel, "name": "Hana", "action": vars{"assignTo": vars{"agentId": hana}}}})
	rules := list(at(a.do(hanaToken, readRules, vars{"id": channel}), "rules"))
	if len(rules) != 2 || at(rules[1], "action", "assignTo", "agent", "name") != "hana" || at(rules[1], "match") != "ALL" || at(rules[1], "fallback") != "WAIT" || at(rules[1], "enabled") != true {
		t.Fatalf("the rules are %v", rules)
	}
	if at(rules[0], "action", "assignTo", "team", "name") != "Billing" || at(rules[0], "action", "priority") != "URGENT" || at(rules[0], "action", "labels", 0, "name") != "VIP" ||
		at(rules[0], "channel", "name") != "Front" || !strings.HasSuffix(at(rules[0], "summary").(string), "assign it to the team Billing with the priority URGENT and the label VIP; if nobody there is free, give it to the channel's AI Agent.") {
		t.Errorf("the first rule is %v", rules[0])
	}
	for i, want := range conditions {
		got := vars{}
		for name, value := range at(rules[0], "conditions", i).(vars) {
			switch text, _ := value.(string); {
			case name == "summary" && (text == "" || strings.Contains(text, "nothing")):
				t.Errorf("condition %d is called %q", i, text)
			case name == "contactLabels" && value != nil:
				got["contactLabelIds"] = []any{label}
			case name != "summary" && value != nil:
				got[name] = without(value)
			}
		}
		g, _ := json.Marshal(got)
		w, _ := json.Marshal(want)
		if string(g) != string(w) {
			t.Errorf("condition %d is %s, want %s", i, g, w)
		}
	}
}

// without leaves out what is null.
func without(value any) any {
	object, ok := value.(vars)
	if !ok {
		return value
	}
	given := vars{}
	for name, v := range object {
		if v != nil {
			given[name] = v
		}
	}
	return given
}

// A conversation counts once for a rule that decided it twice, and only for 30 days.
func TestRulesCountWhatTheyMatched(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	channel := a.connect("Front", "+15550100100")
	rule := at(a.do(a.admin, createRule, vars{"i": vars{"channelId": channel, "name": "All", "action": vars{"assignTo": vars{"humanAgents": true}}}}), "rule", "id")
	for number, days := range map[string][]int{"+447700900101": {1, 2, 29}, "+447700900102": {3}, "+447700900103": {31}} {
		conversation := a.customer(a.account(), channel, number, "Ana", "Hello")
		for _, n := range days {
			a.exec(`INSERT INTO decisions (account_id, id, conversation_id, channel_id, decided_at, automation_version, stage, outcome, reason, rule_id)
				VALUES ($1, gen_random_uuid(), $2, $3, now() - $4::int * interval '1 day', 1, 'ALL', 'WAITING', '', $5)`, a.account(), conversation, channel, n, rule)
		}
	}
	if got := at(a.do(a.admin, readRules, vars{"id": channel}), "rules", 0, "matched30Days"); got != 2.0 {
		t.Errorf("it matched %v, want 2", got)
	}
}

func TestRulesAreHiddenWithTheirChannel(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	hana, hanaToken := a.hire("hana", model.AgentRole)
	front, back := a.connect("Front", "+15550100100", hana), a.connect("Back", "+15550100300")
	for channel, seen := range map[string]bool{front: true, back: false} {
		rule := at(a.do(a.admin, createRule, vars{"i": vars{"channelId": channel, "name": "All", "action": vars{"assignTo": vars{"humanAgents": true}}}}), "rule", "id")
		got := a.send(hanaToken, `query($id: ID!) { node(id: $id) { id ... on RoutingRule { name channel { name } } } }`, vars{"id": rule})
		if len(got.Errors) > 0 || (got.Data["node"] != nil) != seen {
			t.Errorf("Hana sees %s, want %v", got.raw, seen)
		}
	}
}

// What is wrong in a rule is a refusal that names it; a flag that is false, too.
func TestBadRulesAreRefusedWithTheirPlace(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	stranger, _ := a.hire("stranger", model.AgentRole)
	channel := a.connect("Front", "+15550100100")
	humans := vars{"assignTo": vars{"humanAgents": true}}
	for _, c := range []struct {
		path, code string
		conditions []vars
		action     vars
	}{
		{"conditions.0.messageText.matches", "INVALID", []vars{{"messageText": vars{"matches": "("}}}, humans},
		{"conditions.0.messageText", "INVALID", []vars{{"messageText": vars{"contains": ""}}}, humans},
		{"conditions.0.messageKind", "INVALID", []vars{{"messageKind": []string{}}}, humans},
		{"conditions.0.adReferral", "INVALID", []vars{{"adReferral": vars{"any": false}}}, humans},
		{"conditions.0.localTime.from", "INVALID", []vars{{"localTime": vars{"from": "nine", "to": "10:00"}}}, humans},
		{"action.assignTo", "INVALID", []vars{}, vars{"assignTo": vars{"humanAgents": false}}},
		{"action.assignTo.agentId", "NOT_A_MEMBER", []vars{}, vars{"assignTo": vars{"agentId": stranger}}},
		{"action.assignTo.agentId", "NOT_FOUND", []vars{}, vars{"assignTo": vars{"agentId": "nonsense"}}},
	} {
		got := a.send(a.admin, createRule, vars{"i": vars{"channelId": channel, "name": "Rule", "conditions": c.conditions, "action": c.action}})
		var field []string
		for _, step := range list(at(got.Data, "createRoutingRule", "userErrors", 0, "field")) {
			field = append(field, step.(string))
		}
		if got.code() != c.code || strings.Join(field, ".") != c.path {
			t.Errorf("%v %v gave %s, want %s at %s", c.conditions, c.action, got.raw, c.code, c.path)
		}
	}
	two := vars{"channelId": channel, "name": "Rule", "action": vars{"assignTo": vars{"humanAgents": true, "agentId": stranger}}}
	if got := a.send(a.admin, createRule, vars{"i": two}); got.code() != "GRAPHQL_VALIDATION_FAILED" {
		t.Errorf("two targets gave %s", got.raw)
	}
	if rules := list(at(a.do(a.admin, readRules, vars{"id": channel}), "rules")); len(rules) != 0 {
		t.Errorf("stored %v", rules)
	}
}

// A rule beyond what a channel may have, and an order that names a rule twice, leaves out one or names one of nowhere, are
// refused, and the rules stay as they are.
func TestTooManyRulesAndBadOrders(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	channel := a.connect("Front", "+15550100100")
	create := vars{"i": vars{"channelId": channel, "name": "Rule", "action": vars{"assignTo": vars{"humanAgents": true}}}}
	first, second := at(a.do(a.admin, createRule, create), "rule", "id"), at(a.do(a.admin, createRule, create), "rule", "id")
	const order = `mutation($i: OrderRoutingRulesInput!) { orderRoutingRules(input: $i) { channel { id } userErrors { code field message } } }`
	for code, ids := range map[string][]any{"INVALID": {second, first, second}, "CONFLICT": {second}, "NOT_FOUND": {second, first, model.NewID(model.KindRule)}} {
		if got := a.send(a.admin, order, vars{"i": vars{"channelId": channel, "ruleIds": ids}}); got.code() != code || !strings.Contains(got.raw, `"field":["ruleIds"]`) {
			t.Errorf("want %s, got %s", code, got.raw)
		}
	}
	if rules := list(at(a.do(a.admin, readRules, vars{"id": channel}), "rules")); len(rules) != 2 || at(rules[0], "id") != first {
		t.Errorf("the rules are %v", rules)
	}
	a.exec(`INSERT INTO rules (account_id, id, channel_id, name, enabled, position, match, conditions, action, fallback, created_at)
		SELECT account_id, gen_random_uuid(), channel_id, 'rule ' || n, false, n, match, conditions, action, fallback, created_at FROM rules, generate_series(3, $2::int) n WHERE id = $1`, first, model.MaxRules)
	if got := a.send(a.admin, createRule, create); got.code() != "INVALID" || !strings.Contains(got.raw, `"field":["channelId"]`) {
		t.Errorf("one more gives %s", got.raw)
	}
	thousand := slices.Repeat([]vars{{"name": "Rule", "action": vars{"assignTo": vars{"humanAgents": true}}}}, 1000)
	got := a.send(a.admin, simulated, vars{"i": vars{"channelId": channel, "rules": thousand, "over": vars{"sample": vars{"text": "Hello"}}}})
	if got.code() != "INVALID" || !strings.Contains(got.raw, `"field":["rules"]`) {
		t.Errorf("a thousand give %s", got.raw)
	}
	var stored int
	if err := a.db.Pool().QueryRow(t.Context(), `SELECT count(*) FROM rules`).Scan(&stored); err != nil || stored != model.MaxRules {
		t.Errorf("%d rules are stored, %v", stored, err)
	}
}
