package graph_test

import (
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
