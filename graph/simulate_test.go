package graph_test

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/livedesk/livedesk/model"
)

const simulated = `query($i: SimulateRoutingInput!) { simulateRouting(input: $i) { userErrors { code field message } simulation {
	conversationCount skippedCount hasMore movedCount waitingCount byAiCount unusedRules { name position summary } loads { agent { id } before after }
	placements(first: 10) { conversation { id } outcome reason assignee { ... on Agent { id } } fromAssignee { ... on Agent { id } } moved rule { name position } sentence }
	moved: placements(movedOnly: true) { sentence } none: placements(first: 0) { sentence } } } }`

func TestRoutingIsSimulated(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	s := &story{api: a}
	hana, hanaToken := a.hire("hana", model.AgentRole)
	ken, _ := a.hire("ken", model.AgentRole)
	channel := a.connect("Front", "+15550100100", hana, ken)
	a.exec(`UPDATE agents SET connected = true, availability = 'ONLINE'`)
	a.do(a.admin, createRule, vars{"i": vars{"channelId": channel, "name": "Rest", "action": vars{"assignTo": vars{"humanAgents": true}}}})
	plain := a.customer(a.account(), channel, "+447700900101", "Ana", "hello")
	refund := a.customer(a.account(), channel, "+447700900102", "Ben", "a refund")
	rules := []vars{
		{"name": "Orders", "conditions": []vars{{"messageText": vars{"contains": "order"}}}, "action": vars{"assignTo": vars{"agentId": hana}}},
		{"name": "Refunds", "conditions": []vars{{"messageText": vars{"contains": "refund"}}}, "action": vars{"assignTo": vars{"agentId": ken}}},
	}
	now := time.Now()
	past := vars{"past": vars{"from": now.Add(-time.Hour).Format(time.RFC3339), "to": now.Add(time.Hour).Format(time.RFC3339)}}
	got := a.do(a.admin, simulated, vars{"i": vars{"channelId": channel, "rules": rules, "over": past}})
	s.want(got, 2.0, "simulation", "conversationCount")
	s.want(got, 1.0, "simulation", "movedCount")
	s.want(got, 1.0, "simulation", "waitingCount")
	s.want(got, "Orders", "simulation", "unusedRules", 0, "name")
	s.want(got, nil, "simulation", "unusedRules", 1)
	s.want(got, ken, "simulation", "loads", 0, "agent", "id")
	s.want(got, 1.0, "simulation", "loads", 0, "after")
	s.want(got, refund, "simulation", "placements", 0, "conversation", "id")
	s.want(got, ken, "simulation", "placements", 0, "assignee", "id")
	s.want(got, nil, "simulation", "placements", 0, "fromAssignee")
	s.want(got, "Refunds", "simulation", "placements", 0, "rule", "name")
	if text := at(got, "simulation", "placements", 0, "sentence").(string); !strings.Contains(text, "Refunds") || !strings.Contains(text, "ken") {
		t.Errorf("the reason is %q", text)
	}
	s.want(got, plain, "simulation", "placements", 1, "conversation", "id")
	s.want(got, nil, "simulation", "placements", 1, "rule")
	s.want(got, nil, "simulation", "moved", 1)
	s.want(got, nil, "simulation", "none", 0)

	got = a.do(a.admin, simulated, vars{"i": vars{"channelId": channel, "rules": rules, "over": vars{"sample": vars{"text": "My order", "address": "+4477", "name": "Eve"}}}})
	s.want(got, hana, "simulation", "placements", 0, "assignee", "id")
	s.want(got, nil, "simulation", "placements", 0, "conversation")
	s.want(got, 1.0, "simulation", "movedCount")

	rules[1]["name"] = ""
	refused := a.send(a.admin, simulated, vars{"i": vars{"channelId": channel, "rules": rules, "over": past}})
	if refused.code() != "INVALID" || !strings.Contains(refused.raw, `"field":["rules","1","name"]`) || !strings.Contains(refused.raw, `"simulation":null`) {
		t.Errorf("a rule without a name gives %s", refused.raw)
	}
	if got := a.send(hanaToken, simulated, vars{"i": vars{"channelId": channel, "over": past}}); got.code() != "FORBIDDEN" {
		t.Errorf("an agent gets %s", got.raw)
	}
}

// A sample is asked all that conditions ask.
func TestASampleIsDescribedWhole(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	hana, _ := a.hire("hana", model.AgentRole)
	channel := a.connect("Front", "+15550100100", hana)
	label := at(a.do(a.admin, `mutation($i: CreateLabelInput!) { createLabel(input: $i) { label { id } userErrors { code } } }`, vars{"i": vars{"name": "VIP", "color": "#a0b0c0"}}), "label", "id")
	whole := func(change vars) vars {
		sample := vars{"text": "My order", "kind": "MEDIA", "address": "+819012345678", "name": "Eve Lima", "returning": true, "language": "ja-JP",
			"contactLabelIds": []any{label}, "adReferral": vars{"sourceId": "ad-1"}, "at": "2026-11-23T12:00:00Z"}
		for name, value := range change {
			sample[name] = value
		}
		return sample
	}
	tries := func(condition, sample vars) answer {
		rule := vars{"name": "Rule", "conditions": []vars{condition}, "action": vars{"assignTo": vars{"agentId": hana}}}
		return a.send(a.admin, simulated, vars{"i": vars{"channelId": channel, "rules": []vars{rule}, "over": vars{"sample": sample}}})
	}
	for _, c := range []struct {
		condition vars
		without   vars // what of the sample it holds by, changed
	}{
		{vars{"messageText": vars{"contains": "order"}}, vars{"text": "Hello"}},
		{vars{"messageKind": []string{"MEDIA"}}, vars{"kind": "TEXT"}},
		{vars{"contactAddress": vars{"startsWith": "+81"}}, vars{"address": nil}},
		{vars{"contactName": vars{"contains": "lima"}}, vars{"name": "Eve"}},
		{vars{"contactLabelIds": []any{label}}, vars{"contactLabelIds": []any{}}},
		{vars{"contactHistory": "RETURNING"}, vars{"returning": false}},
		{vars{"language": []string{"ja"}}, vars{"language": nil}},
		{vars{"localTime": vars{"weekdays": []string{"MONDAY"}}}, vars{"at": "2026-11-24T12:00:00Z"}},
		{vars{"adReferral": vars{"any": true}}, vars{"adReferral": nil}},
		{vars{"adReferral": vars{"sourceId": "ad-1"}}, vars{"adReferral": vars{"sourceId": "ad-2"}}},
		{vars{"adReferral": vars{"sourceId": "ad-1"}}, vars{"adReferral": vars{}}},
	} {
		for matched, change := range map[bool]vars{true: {}, false: c.without} {
			got := tries(c.condition, whole(change))
			if rule := at(got.Data, "simulateRouting", "simulation", "placements", 0, "rule", "name"); got.code() != "" || (rule == "Rule") != matched {
				t.Errorf("%v with %v: the rule is %v: %s", c.condition, change, rule, got.raw)
			}
		}
	}
	fromAd := vars{"adReferral": vars{"any": true}}
	if rule := at(tries(fromAd, whole(vars{"adReferral": vars{}})).Data, "simulateRouting", "simulation", "placements", 0, "rule", "name"); rule != "Rule" {
		t.Errorf("from an advertisement that is not known: %v", rule)
	}
	for code, labels := range map[string][]any{"NOT_FOUND": {model.NewID(model.KindLabel)}, "INVALID": slices.Repeat([]any{label}, model.MaxRuleValues+1)} {
		got := tries(fromAd, whole(vars{"contactLabelIds": labels}))
		if got.code() != code || !strings.Contains(got.raw, `"field":["over","sample","contactLabelIds"]`) {
			t.Errorf("want %s, got %s", code, got.raw)
		}
	}
}

// While a draft of the account is being tried another one is refused, and holds nothing meanwhile.
func TestOneDraftIsTriedAtATime(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	channel := a.connect("Front", "+15550100100")
	past := vars{"i": vars{"channelId": channel, "over": vars{"past": vars{"from": "2026-01-01T00:00:00Z", "to": "2027-01-01T00:00:00Z"}}}}
	tx, err := a.db.Pool().Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer tx.Rollback(context.Background())
	if _, err := tx.Exec(t.Context(), `LOCK TABLE decisions IN ACCESS EXCLUSIVE MODE`); err != nil {
		t.Fatal(err)
	}
	first := make(chan answer)
	go func() { first <- a.send(a.admin, simulated, past) }()
	for waiting := false; !waiting; {
		if err := tx.QueryRow(t.Context(), `SELECT EXISTS (SELECT 1 FROM pg_locks WHERE NOT granted AND relation = 'decisions'::regclass)`).Scan(&waiting); err != nil {
			t.Fatal(err)
		}
	}
	held := a.db.Pool().Stat().AcquiredConns()
	if got := a.send(a.admin, simulated, past); got.code() != "RATE_LIMITED" || !strings.Contains(got.raw, "Try again") || !strings.Contains(got.raw, `"simulateRouting":null`) {
		t.Errorf("the second one gives %s", got.raw)
	}
	if now := a.db.Pool().Stat().AcquiredConns(); now != held {
		t.Errorf("%d connections are held, want %d", now, held)
	}
	if err := tx.Rollback(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := <-first; got.code() != "" {
		t.Errorf("the first one gives %s", got.raw)
	}
	a.do(a.admin, simulated, past)
}
