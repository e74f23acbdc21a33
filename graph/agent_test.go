package graph_test

import (
	"testing"

	"github.com/livedesk/livedesk/model"
)

// Away and pass on: one's own conversations go to who is there, and only those who lead do so for others.
func TestPassOn(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	s := &story{api: a}
	hana, token := a.hire("hana", model.AgentRole)
	sora, soraToken := a.hire("sora", model.AgentRole)
	channel := a.connect("Front", "+15550100100", hana, sora)
	a.do(a.admin, `mutation($c: ID!) { updateAssignment(input: {channelId: $c, mode: CONCURRENT_LOAD}) { channel { id } userErrors { message } } }`, vars{"c": channel})
	a.exec(`UPDATE agents SET connected = true`)
	const set = `mutation($i: SetAvailabilityInput!) { setAvailability(input: $i) { agent { availability load } userErrors { code field } } }`
	a.do(token, set, vars{"i": vars{"availability": "ONLINE"}})
	c := a.customer(a.account(), channel, "+447700900101", "Ana", "hello")
	const read = `query($id: ID!) { conversation(id: $id) { assignee { ... on Agent { id } } history(last: 2) { nodes { reason actor { id } } } } }`
	s.want(a.do(token, read, vars{"id": c}), hana, "assignee", "id")
	a.do(soraToken, set, vars{"i": vars{"availability": "ONLINE"}})

	got := a.send(token, set, vars{"i": vars{"availability": "BUSY", "passOn": true}})
	s.want(got.code(), "INVALID")
	s.want(at(got.Data, "setAvailability", "userErrors", 0, "field", 0), "passOn")
	s.want(a.send(soraToken, set, vars{"i": vars{"availability": "AWAY", "passOn": true, "agentId": hana}}).code(), "FORBIDDEN")
	s.want(a.do(token, set, vars{"i": vars{"availability": "AWAY", "passOn": false}}), 1.0, "agent", "load")
	s.want(a.do(a.admin, set, vars{"i": vars{"availability": "AWAY", "passOn": true, "agentId": hana}}), 0.0, "agent", "load")
	a.desk.EndReceiving()
	now := a.do(token, read, vars{"id": c})
	s.want(now, sora, "assignee", "id")
	s.want(now, "PASSED_ON", "history", "nodes", 0, "reason")
	s.want(now, "PLACED", "history", "nodes", 1, "reason")
	log := a.do(a.admin, `query($id: ID!) { auditLog(filter: {subjectId: $id}, first: 1) { nodes { action after } } }`, vars{"id": hana})
	s.want(log, "AVAILABILITY_SET", "nodes", 0, "action")
	s.want(log, 1.0, "nodes", 0, "after", "passedOn")
}
