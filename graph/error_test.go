package graph_test

import (
	"strings"
	"testing"
)

func TestFaultsAreHiddenAndLoggedOnce(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	seed(t, a.db, a.account())
	a.exec(`ALTER TABLE labels RENAME TO hidden_labels`)
	got := a.send(a.admin, `{ conversations(first: 20) { nodes { id labels { id } } } }`, nil)
	if got.code() != "INTERNAL" || len(got.Errors) != 20 || strings.Contains(got.raw, "labels\\\"") || strings.Contains(got.raw, "relation") {
		t.Errorf("a broken table gave %d errors: %.600s", len(got.Errors), got.raw)
	}
	if lines := strings.Count(a.log.String(), "level=ERROR"); lines != 1 || !strings.Contains(a.log.String(), "labels") {
		t.Errorf("%d lines were logged: %s", lines, a.log)
	}
}

func TestRequestsAreRefusedWithACode(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	for document, want := range map[string]string{
		`{`:                        "GRAPHQL_PARSE_FAILED",
		`{ nothing }`:              "GRAPHQL_VALIDATION_FAILED",
		`{ viewer { id nam } }`:    "GRAPHQL_VALIDATION_FAILED",
		`{ viewer @defer { id } }`: "GRAPHQL_VALIDATION_FAILED",
		`mutation { setConversationStatus(input: {conversationId: "x", status: OPEN, snoozeUntil: "tomorrow"}) { userErrors { code } } }`:                               "INVALID",
		`{ conversations(filter: {assignee: {me: false}}) { nodes { id } } }`:                                                                                           "INVALID",
		`{ conversations(first: 100) { nodes { messages(first: 100) { nodes { id } } } } }`:                                                                             "COMPLEXITY_LIMIT",
		`{ a: conversations { nodes { contact { conversations { nodes { contact { conversations { nodes { contact { conversations { nodes { id } } } } } } } } } } } }`: "COMPLEXITY_LIMIT",
		`{ agents(first: 100) { nodes { channels { agents { channels { agents { channels { id } } } } } } } }`:                                                          "COMPLEXITY_LIMIT",
		`mutation { assignConversation(input: {conversationId: "x", to: {unassigned: false}}) { userErrors { code field } } }`:                                          "INVALID",
		`{ ` + strings.Repeat(`__typename `, 1001) + `}`:                                                                                                                "GRAPHQL_PARSE_FAILED",
		`{ __schema { types { name } } }`: "",
	} {
		got := a.send(a.admin, document, nil)
		if got.code() != want || strings.Contains(got.raw, "Did you mean") {
			t.Errorf("%.100s gave %.300s, want %s", document, got.raw, want)
		}
	}
	if got := a.send("", `{ __schema { types { name } } }`, nil).code(); got != "UNAUTHENTICATED" {
		t.Errorf("the schema is shown to nobody in particular: %q", got)
	}
}

// Ids are opaque: what is no id names nothing.
func TestTextsThatAreNoIdsNameNothing(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	for _, id := range []string{"", "1", "conversation", "00000000-0000-0000-0000-000000000000", "' OR 1=1 --", strings.Repeat("x", 5000)} {
		got := a.send(a.admin, `query($id: ID!) { node(id: $id) { id } conversation(id: $id) { id } nodes(ids: [$id]) { id } }`, vars{"id": id})
		if got.raw != `{"data":{"node":null,"conversation":null,"nodes":[null]}}` {
			t.Errorf("%.40q gave %s", id, got.raw)
		}
		if code := a.send(a.admin, `mutation($id: ID!) { markRead(input: {conversationId: $id}) { userErrors { code } } }`, vars{"id": id}).code(); code != "NOT_FOUND" {
			t.Errorf("markRead of %.40q gave %q", id, code)
		}
	}
}

// What another mutation of the same request changed is seen by the next one.
func TestMutationsSeeOneAnother(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	hana, _ := a.hire("hana", "AGENT")
	sora, _ := a.hire("sora", "AGENT")
	channel := a.connect("Front", "+15550100100")
	got := a.send(a.admin, `mutation($c: ID!, $h: [ID!]!, $s: [ID!]!) {
		one: addChannelAgents(input: {channelId: $c, agentIds: $h}) { channel { agents { name } } }
		two: addChannelAgents(input: {channelId: $c, agentIds: $s}) { channel { agents { name } } }
	}`, vars{"c": channel, "h": []string{hana}, "s": []string{sora}})
	if n := len(list(at(got.Data, "one", "channel", "agents"))); n != 1 {
		t.Errorf("after the first there are %d members: %s", n, got.raw)
	}
	if n := len(list(at(got.Data, "two", "channel", "agents"))); n != 2 {
		t.Errorf("after the second there are %d members: %s", n, got.raw)
	}
}

// Below signIn the viewer is who has just signed in.
func TestSignInShowsWhoSignedIn(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	hana, _ := a.hire("hana", "AGENT")
	channel := a.connect("Front", "+15550100100", hana)
	a.connect("Back", "+15550100300")
	got := a.do("", `mutation($p: String!) { signIn(input: {email: "hana@example.com", password: $p}) { viewer { account { name } channels { id health { secretHint } } } userErrors { code } } }`, vars{"p": password})
	channels := list(at(got, "viewer", "channels"))
	if len(channels) != 1 || at(channels, 0, "id") != channel || at(channels, 0, "health") != nil {
		t.Errorf("Hana signs in and sees %v", got)
	}
}
