package graph_test

import (
	"strings"
	"testing"

	"github.com/livedesk/livedesk/model"
)

const explained = `query($id: ID!) { explainRouting(conversationId: $id) { outcome reason sentence assignee { ... on Agent { id } }
	rules { matched result sentence rule { id name } conditions { summary matched } }
	candidates { agent { id } reason sentence chosen } wouldFree { sentence steps agents { id } } } }`

// explain is the answer to why a conversation is where it is, once the desk has done what it does by itself.
func (a *api) explain(token, conversation string) vars {
	a.t.Helper()
	a.desk.EndReceiving()
	return a.do(token, explained, vars{"id": conversation})
}

func TestRoutingIsExplained(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	s := &story{api: a}
	hana, token := a.hire("hana", model.AgentRole)
	_, stranger := a.hire("sora", model.AgentRole)
	channel := a.connect("Front", "+15550100100", hana)
	rule := string(model.NewID(model.KindChannel))
	a.exec(`INSERT INTO rules (account_id, id, channel_id, name, enabled, position, match, conditions, action, fallback, created_at)
		VALUES ($1, $2, $3, 'Refunds', true, 0, 'ALL', '[{"messageText":{"contains":"refund"}}]', jsonb_build_object('assignTo', jsonb_build_object('agentId', $4::text)), 'WAIT', now())`,
		a.account(), rule, channel, hana)
	a.exec(`UPDATE channels SET automation_version = 2`)

	plain := a.customer(a.account(), channel, "+447700900101", "Ana", "hello")
	got := a.explain(token, plain)
	s.want(got, "MANUAL", "reason")
	s.want(got, "NOT_MATCHED", "rules", 0, "result")
	s.want(got, false, "rules", 0, "conditions", 0, "matched")
	s.want(got, "TAKE_BY_HAND", "wouldFree", 0, "steps", 0)

	refund := a.customer(a.account(), channel, "+447700900102", "Ben", "a refund")
	got = a.explain(token, refund)
	s.want(got, "WAITING", "outcome")
	s.want(got, true, "rules", 0, "matched")
	s.want(got, "Refunds", "rules", 0, "rule", "name")
	s.want(got, "OFFLINE", "candidates", 0, "reason")
	s.want(got, "GO_ONLINE", "wouldFree", 0, "steps", 0)
	s.want(got, hana, "wouldFree", 0, "agents", 0, "id")
	if text := a.send(stranger, explained, vars{"id": refund}).raw; !strings.Contains(text, `"explainRouting":null`) {
		t.Errorf("who does not work on the channel sees %s", text)
	}

	a.exec(`UPDATE agents SET connected = true WHERE id = $1`, hana)
	a.do(token, `mutation { setAvailability(input: {availability: ONLINE}) { agent { id } } }`, nil)
	got = a.explain(token, refund)
	s.want(got, "ASSIGNED", "outcome")
	s.want(got, hana, "assignee", "id")
	s.want(got, nil, "wouldFree", 0)

	got = a.do(token, `query($id: ID!) { conversation(id: $id) { history(last: 1) { nodes { reason actor { id } } } routingDecisions(first: 1) { nodes { id reason } pageInfo { hasNextPage endCursor } } } }`, vars{"id": refund})
	s.want(got, "PLACED", "history", "nodes", 0, "reason")
	s.want(got, true, "routingDecisions", "pageInfo", "hasNextPage")
	got = a.do(token, `query($id: ID!, $after: String) { conversation(id: $id) { routingDecisions(first: 5, after: $after) { nodes { outcome } pageInfo { hasPreviousPage } } } }`,
		vars{"id": refund, "after": at(got, "routingDecisions", "pageInfo", "endCursor")})
	s.want(got, "WAITING", "routingDecisions", "nodes", 0, "outcome")
	s.want(got, nil, "routingDecisions", "nodes", 1)
}
