package model

import (
	"encoding/json"
	"errors"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// contractRule is the input of createRoutingRule as automation.graphql shows it.
const contractRule = `{"name":"Refunds at night","enabled":true,"match":"ALL",
	"conditions":[{"messageText":{"contains":"refund"}},{"businessHours":"OUTSIDE"},{"contactAddress":{"startsWith":"+81"}}],
	"action":{"assignTo":{"teamId":"billing"},"priority":"HIGH","labelIds":["money"]},"fallback":"NEXT_RULE"}`

func parseRule(t *testing.T, text string) Rule {
	t.Helper()
	r := Rule{ID: "rule", Name: "r", Enabled: true}
	if err := json.Unmarshal([]byte(text), &r); err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	r.Clean()
	return r
}

func TestTheContractsRuleIsUnderstood(t *testing.T) {
	t.Parallel()
	r := parseRule(t, contractRule)
	if err := r.Check(); err != nil {
		t.Fatal(err)
	}
	names := func(id ID) string { return map[ID]string{"billing": "Billing", "money": "money"}[id] }
	const want = `When the message contains "refund" and it is outside business hours and the customer's address starts with "+81", ` +
		`assign it to the team Billing with the priority HIGH and the label money; if nobody there is free, go on with the next rule.`
	if got := r.Summary(names); got != want {
		t.Error(got)
	}
	text, _ := json.Marshal(r)
	var again Rule
	if err := json.Unmarshal(text, &again); err != nil || !reflect.DeepEqual(again, r) {
		t.Errorf("%v: %s became %+v", err, text, again)
	}
}

func TestCleanFillsInDefaults(t *testing.T) {
	t.Parallel()
	r := Rule{Name: "  a "}
	if r.Clean(); r.Name != "a" || r.Match != MatchAll || r.Fallback != FallbackWait || r.Conditions == nil {
		t.Errorf("%+v", r)
	}
}

func TestBadRulesAreRefusedByTheirField(t *testing.T) {
	t.Parallel()
	condition := func(c string) string {
		return `{"conditions":[{"businessHours":"INSIDE"},` + c + `],"action":{"assignTo":{"humanAgents":true}}}`
	}
	action := func(a string) string { return `{"action":` + a + `}` }
	for _, c := range []struct{ rule, field string }{
		{`{"name":" ","action":{"assignTo":{"humanAgents":true}}}`, "name"},
		{`{"name":"` + strings.Repeat("é", 101) + `","action":{"assignTo":{"humanAgents":true}}}`, "name"},
		{`{"match":"SOME","action":{"assignTo":{"humanAgents":true}}}`, "match"},
		{`{"fallback":"NOBODY","action":{"assignTo":{"humanAgents":true}}}`, "fallback"},
		{`{"conditions":[` + strings.Repeat(`{"businessHours":"INSIDE"},`, 20) + `{}],"action":{"assignTo":{"humanAgents":true}}}`, "conditions"},
		{condition(`{}`), "conditions.1"},
		{condition(`{"businessHours":"INSIDE","contactHistory":"RETURNING"}`), "conditions.1"},
		{condition(`{"businessHours":"AT_NIGHT"}`), "conditions.1.businessHours"},
		{condition(`{"contactHistory":"OFTEN"}`), "conditions.1.contactHistory"},
		{condition(`{"messageText":{}}`), "conditions.1.messageText"},
		{condition(`{"messageText":{"contains":""}}`), "conditions.1.messageText"},
		{condition(`{"messageText":{"contains":"a","equals":"a"}}`), "conditions.1.messageText"},
		{condition(`{"messageText":{"contains":" \n"}}`), "conditions.1.messageText.contains"},
		{condition(`{"messageText":{"equals":"\u0000a"}}`), "conditions.1.messageText.equals"},
		{condition(`{"messageText":{"startsWith":"` + strings.Repeat("x", 501) + `"}}`), "conditions.1.messageText.startsWith"},
		{condition(`{"messageText":{"matches":"(a"}}`), "conditions.1.messageText.matches"},
		{condition(`{"messageText":{"matches":"a(?=b)"}}`), "conditions.1.messageText.matches"},
		{condition(`{"messageText":{"matches":"` + strings.Repeat("x", 501) + `"}}`), "conditions.1.messageText.matches"},
		{condition(`{"messageText":{"matches":"((a{1,10}b){1,10}c){1,10}"}}`), "conditions.1.messageText.matches"},
		{condition(`{"messageText":{"matches":"(abcdefgh){1000}"}}`), "conditions.1.messageText.matches"},
		{condition(`{"messageKind":[]}`), "conditions.1.messageKind"},
		{condition(`{"messageKind":["NOTE"]}`), "conditions.1.messageKind"},
		{condition(`{"contactAddress":{"startsWith":" "}}`), "conditions.1.contactAddress.startsWith"},
		{condition(`{"contactName":{"contains":""}}`), "conditions.1.contactName.contains"},
		{condition(`{"contactLabelIds":[]}`), "conditions.1.contactLabelIds"},
		{condition(`{"contactLabelIds":[""]}`), "conditions.1.contactLabelIds"},
		{condition(`{"contactLabelIds":["a"` + strings.Repeat(`,"a"`, 50) + `]}`), "conditions.1.contactLabelIds"},
		{condition(`{"language":["e"]}`), "conditions.1.language"},
		{condition(`{"language":["en/GB"]}`), "conditions.1.language"},
		{condition(`{"adReferral":{}}`), "conditions.1.adReferral"},
		{condition(`{"adReferral":{"any":true,"sourceId":"1"}}`), "conditions.1.adReferral"},
		{condition(`{"localTime":{}}`), "conditions.1.localTime"},
		{condition(`{"localTime":{"weekdays":[]}}`), "conditions.1.localTime.weekdays"},
		{condition(`{"localTime":{"weekdays":["SOMEDAY"]}}`), "conditions.1.localTime.weekdays"},
		{condition(`{"localTime":{"from":"09:00"}}`), "conditions.1.localTime.to"},
		{condition(`{"localTime":{"to":"09:00"}}`), "conditions.1.localTime.from"},
		{condition(`{"localTime":{"from":"24:00","to":"09:00"}}`), "conditions.1.localTime.from"},
		{condition(`{"localTime":{"from":"09:00","to":"09:00"}}`), "conditions.1.localTime.to"},
		{`{}`, "action.assignTo"},
		{action(`{"assignTo":{"humanAgents":false}}`), "action.assignTo"},
		{action(`{"assignTo":{"agentId":"a","teamId":"b"}}`), "action.assignTo"},
		{action(`{"assignTo":{"agentId":"a"},"priority":"HOT"}`), "action.priority"},
		{action(`{"assignTo":{"agentId":"a"},"labelIds":[""]}`), "action.labelIds"},
	} {
		r := parseRule(t, c.rule)
		var refusal *Error
		if err := r.Check(); !errors.As(err, &refusal) || refusal.Code != Invalid || strings.Join(refusal.Field, ".") != c.field || refusal.Text == "" {
			t.Errorf("%.200s\nis refused with %v at %v, not at %s", c.rule, err, refusal, c.field)
		}
	}
	bad := LocalTime(-1) // what ParseLocalTime makes of a text it cannot read
	r := parseRule(t, condition(`{"localTime":{"from":"09:00","to":"10:00"}}`))
	r.Conditions[1].LocalTime.To = &bad
	if err := r.check(); err == nil || err.Field[3] != "to" {
		t.Errorf("a malformed time: %v", err)
	}
}

func TestALawfulRuleOfEachKindPasses(t *testing.T) {
	t.Parallel()
	for _, c := range []string{`{"messageText":{"matches":"(?i)\\b(refund|money back)\\b.*\\d{4,10}"}}`, `{"localTime":{"from":"22:00","to":"02:00"}}`,
		`{"localTime":{"weekdays":["SUNDAY"]}}`, `{"language":["zh-Hant-TW"]}`, `{"messageKind":["UNSUPPORTED"]}`} {
		r := parseRule(t, `{"conditions":[`+c+`],"action":{"assignTo":{"aiAgentId":"x"}}}`)
		if err := r.Check(); err != nil {
			t.Errorf("%s: %v", c, err)
		}
	}
}

func TestTheRulesOfAChannelAreBounded(t *testing.T) {
	t.Parallel()
	many := slices.Repeat([]Rule{parseRule(t, contractRule)}, MaxRules+1)
	if CheckRules(many[1:], 0) != nil || CodeOf(CheckRules(many, 0)) != Invalid {
		t.Errorf("a channel has %d rules", MaxRules)
	}
	heavy := parseRule(t, `{"conditions":[{"messageText":{"matches":"[ab]{1,240}"}}],"action":{"assignTo":{"humanAgents":true}}}`)
	if err := heavy.Check(); err != nil {
		t.Fatal(err)
	}
	rules := slices.Concat(many[:100], slices.Repeat([]Rule{heavy}, 11))
	if CheckRules(rules[:110], 109) != nil || CodeOf(CheckRules(rules, 110)) != Invalid || CheckRules(rules, 0) != nil {
		t.Error("eleven heavy expressions are too much together, and only for a rule that has one")
	}
}

func TestARuleSetTellsWhatToLoad(t *testing.T) {
	t.Parallel()
	set := CompileRules([]Rule{parseRule(t, contractRule), parseRule(t, `{"action":{"assignTo":{"agentId":"hana"}},"conditions":[{"contactLabelIds":["b","a"]}]}`),
		parseRule(t, `{"action":{"assignTo":{"agentId":"hana"}},"conditions":[{"contactLabelIds":["b"]}]}`)})
	if !slices.Equal(set.AgentIDs(), []ID{"hana"}) || !slices.Equal(set.TeamIDs(), []ID{"billing"}) || !slices.Equal(set.LabelIDs(), []ID{"a", "b"}) {
		t.Errorf("%v, %v, %v", set.AgentIDs(), set.TeamIDs(), set.LabelIDs())
	}
	var none *RuleSet
	if none.AgentIDs() != nil || none.TeamIDs() != nil || none.LabelIDs() != nil {
		t.Error("no rules name something")
	}
}

func TestSummaries(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		`{"action":{"assignTo":{"humanAgents":true}}}`:                                              `Always, assign it to the channel's human agents.`,
		`{"action":{"assignTo":{"aiAgentId":"aiko"}},"fallback":"NEXT_RULE"}`:                       `Always, assign it to the AI Agent Aiko.`,
		`{"action":{"assignTo":{"agentId":"hana"},"labelIds":["a","b"]},"fallback":"HUMAN_AGENTS"}`: `Always, assign it to Hana with the labels A and B; if that agent is not free, give it to the channel's human agents.`,
		`{"action":{"assignTo":{"humanAgents":true}},"fallback":"AI_AGENT"}`:                        `Always, assign it to the channel's human agents; if nobody there is free, give it to the channel's AI Agent.`,
		`{"match":"ANY","conditions":[{"messageText":{"equals":"a"}},{"messageText":{"startsWith":"b"}},{"messageText":{"matches":"\\d"}}],"action":{"assignTo":{"agentId":"hana"}}}`: `When the message is "a" or the message starts with "b" or the message matches "\\d", assign it to Hana.`,
	} {
		r := parseRule(t, text)
		if got := r.Summary(title); got != want {
			t.Errorf("%s\nnot %s", got, want)
		}
	}
	for text, want := range map[string]string{
		`{"messageKind":["TEXT","MEDIA","REACTION"]}`:                       `the message is a text, a file or a reaction`,
		`{"contactName":{"contains":"花"}}`:                                  `the customer's name contains "花"`,
		`{"contactLabelIds":["gold"]}`:                                      `the customer has the label Gold`,
		`{"contactHistory":"FIRST_TIME"}`:                                   `the customer writes for the first time`,
		`{"contactHistory":"RETURNING"}`:                                    `the customer has written before`,
		`{"businessHours":"INSIDE"}`:                                        `it is inside business hours`,
		`{"localTime":{"weekdays":["MONDAY","SUNDAY"]}}`:                    `it is Monday or Sunday`,
		`{"localTime":{"from":"09:00","to":"24:00"}}`:                       `it is between 09:00 and 24:00`,
		`{"localTime":{"weekdays":["FRIDAY"],"from":"22:00","to":"02:00"}}`: `it is Friday from 22:00 to 02:00`,
		`{"language":["ja","en"]}`:                                          `the customer's language is ja or en`,
		`{"adReferral":{"any":true}}`:                                       `the customer came from an advertisement`,
		`{"adReferral":{"sourceId":"1"}}`:                                   `the customer came from the advertisement "1"`,
	} {
		c := parseCondition(t, text)
		if got := c.Summary(title); got != want {
			t.Errorf("%s\nnot %s", got, want)
		}
	}
	if r := parseRule(t, contractRule); !strings.Contains(r.Summary(nil), "the team that is gone") {
		t.Error(r.Summary(nil))
	}
}

// FuzzRule reads a rule from JSON. Whatever comes is refused or works: it has a summary, warnings and decides something.
func FuzzRule(f *testing.F) {
	f.Add(contractRule)
	f.Add(`{"conditions":[{"messageText":{"matches":"(a|b){3}"}},{"localTime":{"from":"22:00","to":"02:00"}},{}],"action":{"assignTo":{"agentId":"a"}}}`)
	f.Add(`{"match":"ANY","conditions":[{"language":["en"]},{"adReferral":{"any":true}},null],"fallback":"AI_AGENT"}`)
	f.Fuzz(func(t *testing.T, text string) {
		r := Rule{Name: "fuzz", Enabled: true}
		if json.Unmarshal([]byte(text), &r) != nil {
			return
		}
		r.Clean()
		err := r.Check()
		if err != nil && CodeOf(err) != Invalid {
			t.Errorf("%v", err)
		}
		rules := []Rule{r, r}
		s := Snapshot{Automation: Automation{Rules: CompileRules(rules)}, Message: MessageFacts{Text: text}, ConversationID: ID(strconv.Itoa(len(text)))}
		d := Route(s)
		if broken := d.Rules[0].Reason == RoutingRuleBroken; r.Enabled && broken != (err != nil) {
			t.Errorf("%v, and %+v", err, d.Rules[0])
		}
		if r.Summary(nil) == "" || d.Explain(nil).Sentence == "" || RuleWarnings(rules, 1) == nil && r.Enabled && err == nil && r.Fallback != FallbackNextRule {
			t.Errorf("%q, %v", r.Summary(nil), RuleWarnings(rules, 1))
		}
	})
}
