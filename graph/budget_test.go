package graph_test

import (
	"testing"

	"github.com/livedesk/livedesk/model"
)

// employ fills the account with agents who are all on every channel, and returns a channel's id.
func (a *api) employ(agents, channels int) string {
	a.t.Helper()
	people, lines := ids(agents, model.KindAgent), ids(channels, model.KindChannel)
	a.exec(`INSERT INTO agents (account_id, id, name, email, role, max_load) SELECT $1, id, 'Agent ' || n, 'agent' || n || '@example.com', 'AGENT', 10 FROM unnest($2::uuid[]) WITH ORDINALITY a(id, n)`, a.account(), people)
	a.exec(`INSERT INTO channels (account_id, id, name, kind, provider, sender_account, sender_phone, secret) SELECT $1, id, 'Channel ' || n, 'SMS', 'TWILIO', 'AC', '+1555000' || n, 'k1:x' FROM unnest($2::uuid[]) WITH ORDINALITY c(id, n)`, a.account(), lines)
	a.exec(`INSERT INTO channel_agents (account_id, channel_id, agent_id) SELECT $1, c, a FROM unnest($2::uuid[]) c, unnest($3::uuid[]) a`, a.account(), lines, people)
	return lines[0]
}

// Members and channels hold each other. What nests them is refused by its price or, when that guessed too low, by what
// it comes to: with one error, not with one for each list.
func TestListsOfListsAreLimited(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	channel := a.employ(101, 12)
	for name, document := range map[string]string{
		"by price, thrice": `query { channels(first: 50) { nodes { agents { channels { agents { name } } } } } }`,
		"by price, twice":  `query { channels(first: 50) { nodes { agents { channels { name } } } } }`,
		"by price, teams":  `query { teams(first: 50) { nodes { agents { channels { name } } } } }`,
		"by count":         `query($c: ID!) { channel(id: $c) { agents { channels { agents { name } } } } }`,
	} {
		var variables vars
		if name == "by count" {
			variables = vars{"c": channel}
		}
		if got := a.send(a.admin, document, variables); got.code() != "COMPLEXITY_LIMIT" || len(got.Errors) != 1 || len(got.raw) > 1000 {
			t.Errorf("%s: %d bytes with %d errors, %s", name, len(got.raw), len(got.Errors), got.code())
		}
	}
	got := a.do(a.admin, `query($c: ID!) { channel(id: $c) { agents { channels { name } } } }`, vars{"c": channel})
	agents := list(got["agents"])
	if len(agents) != 101 || len(list(at(agents[100], "channels"))) != 12 {
		t.Errorf("what is allowed came short: %d agents", len(agents))
	}
}
