package graph_test

import (
	"testing"

	"github.com/livedesk/livedesk/model"
)

const surveyFields = `{ id score comment createdAt sentAt notDelivered expiresAt answeredAt answeredBy changes channel { id }
	conversation { id status } creditedTo { __typename ... on Agent { id } } creditedTeam { id } }`

func TestSurveysAreShown(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	hana, token := a.hire("hana", model.AgentRole)
	_, other := a.hire("ken", model.AgentRole)
	channel := a.connect("Front", "+15550100100", hana)
	label := at(a.do(a.admin, `mutation { createLabel(input: {name: "VIP", color: "#a0b0c0"}) { label { id } userErrors { code } } }`, nil), "label", "id")
	settings := vars{"channelId": channel, "enabled": true, "language": "JA", "thankYou": "Thanks!", "skipLabelIds": []any{label},
		"template": vars{"id": "HX1", "variables": []vars{{"name": "1", "value": "{link}"}}}}
	got := a.do(a.admin, `mutation($i: UpdateCsatInput!) { updateCsat(input: $i) { userErrors { code field }
		channel { csat { enabled question thankYou expiresAfterHours language askLabels { id } skipLabels { id name } template { id variables { name value } } } } } }`, vars{"i": settings})
	csat := at(got, "channel", "csat")
	for path, want := range map[string]any{"enabled": true, "question": "", "thankYou": "Thanks!", "expiresAfterHours": 24.0, "language": "JA"} {
		if value := at(csat, path); value != want {
			t.Errorf("%s is %v, want %v", path, value, want)
		}
	}
	if at(csat, "skipLabels", 0, "name") != "VIP" || len(list(at(csat, "askLabels"))) != 0 || at(csat, "template", "variables", 0, "value") != "{link}" {
		t.Errorf("csat %v", csat)
	}

	conversation := a.customer(a.account(), channel, "+447700900101", "Ana Lima", "Hello")
	a.do(token, `mutation($id: ID!) { setConversationStatus(input: {conversationId: $id, status: RESOLVED}) { conversation { id } userErrors { code } } }`, vars{"id": conversation})
	got = a.do(token, `query($id: ID!) { conversation(id: $id) { surveys(first: 5) { nodes `+surveyFields+` } } }`, vars{"id": conversation})
	survey := at(got, "surveys", "nodes", 0)
	if at(survey, "creditedTo", "id") != hana || at(survey, "conversation", "status") != "RESOLVED" || at(survey, "sentAt") == nil || at(survey, "notDelivered") != nil || at(survey, "score") != nil {
		t.Errorf("survey %v", survey)
	}
	id := vars{"id": at(survey, "id")}
	if node := a.do(token, `query($id: ID!) { node(id: $id) { id ... on Survey { expiresAt } } }`, id); at(node, "expiresAt") == nil {
		t.Errorf("node %v", node)
	}
	if got := a.send(other, `query($id: ID!) { node(id: $id) { id } }`, id); got.Data["node"] != nil {
		t.Errorf("an agent of another channel sees %s", got.raw)
	}
}
