package graph_test

import (
	"slices"
	"strings"
	"testing"

	gql "github.com/vektah/gqlparser/v2/ast"

	"github.com/livedesk/livedesk/graph"
	"github.com/livedesk/livedesk/model"
)

// The root fields that are not for everybody who is signed in.
var (
	forLeads = []string{"csatReport", "conversationReport", "exportReport", "createTeam", "updateTeam", "deleteTeam", "createLabel", "updateLabel", "deleteLabel", "addChannelAgents", "removeChannelAgents", "setChannelAgents",
		"updateGreeting", "updateHours", "updateCsat", "auditLog",
		"createRoutingRule", "updateRoutingRule", "deleteRoutingRule", "orderRoutingRules", "simulateRouting", "setChannelAiAgent", "previewAiAgent",
		"searchArticles", "createArticle", "updateArticle", "deleteArticle", "importArticles"}
	forAdmins = []string{"createAgent", "updateAgent", "resetPassword", "createChannel", "updateChannel", "removeChannel", "rotateWebhookUrl", "updateAssignment",
		"createAiAgent", "updateAiAgent", "deleteAiAgent", "testAiAgent"}
)

// Every root field is asked for by nobody, an agent, a supervisor and an admin.
func TestRolesAreKept(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	_, agent := a.hire("hana", model.AgentRole)
	_, supervisor := a.hire("sora", model.Supervisor)
	schema := graph.Schema().Schema()
	for _, root := range []*gql.Definition{schema.Query, schema.Mutation} {
		for _, field := range root.Fields {
			if field.Name == "signIn" || field.Name == "setPassword" || field.Name == "signOut" || strings.HasPrefix(field.Name, "__") {
				continue
			}
			want := map[string]string{"": "UNAUTHENTICATED"}
			if slices.Contains(forAdmins, field.Name) {
				want[agent], want[supervisor] = "FORBIDDEN", "FORBIDDEN"
			}
			if slices.Contains(forLeads, field.Name) {
				want[agent] = "FORBIDDEN"
			}
			for who, token := range map[string]string{"nobody": "", "an agent": agent, "a supervisor": supervisor, "an admin": a.admin} {
				document, variables := sample{schema: schema}.whole(strings.ToLower(root.Name), field)
				got := a.send(token, document, variables).code()
				refused := got == "UNAUTHENTICATED" || got == "FORBIDDEN"
				if refused && want[token] != got || !refused && want[token] != "" || got == "INTERNAL" {
					t.Errorf("%s asks for %s and gets %q, want %q", who, field.Name, got, want[token])
				}
			}
		}
	}
}

// whole writes an operation with the least arguments.
func (s sample) whole(kind string, field *gql.FieldDefinition) (document string, variables vars) {
	return s.request(place{field, kind, []string{""}})
}

// An agent sees what is on their channels, whichever way they ask for it.
func TestAgentsSeeTheirChannels(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	hana, hanaToken := a.hire("hana", model.AgentRole)
	_, soraToken := a.hire("sora", model.AgentRole)
	front, back := a.connect("Front", "+15550100100", hana), a.connect("Back", "+15550100300")
	seen := a.customer(a.account(), front, "+447700900101", "Ana Lima", "Hello front")
	hidden := a.customer(a.account(), back, "+447700900101", "Ana Lima", "Hello back")
	other := a.customer(a.account(), back, "+447700900102", "Ben Okafor", "Hello back")
	const everything = `{
		conversations { nodes { id } }
		channels { nodes { id } }
		contacts { nodes { id conversations { nodes { id } } } }
		agents { nodes { channels { id } } }
	}`
	got := a.send(hanaToken, everything, nil).raw
	if !strings.Contains(got, seen) || !strings.Contains(got, front) || strings.Contains(got, hidden) || strings.Contains(got, other) || strings.Contains(got, back) {
		t.Errorf("Hana of %s sees %s", front, got)
	}
	if strings.Contains(got, at(a.do(a.admin, `query($id: ID!) { conversation(id: $id) { contact { id } } }`, vars{"id": other}), "contact", "id").(string)) {
		t.Errorf("Hana sees the customer of another channel: %s", got)
	}
	got = a.send(soraToken, everything, nil).raw
	for _, id := range []string{seen, hidden, other, front, back} {
		if strings.Contains(got, id) {
			t.Errorf("Sora, who is a member of nothing, sees %s", got)
		}
	}
	a.wantHidden(hanaToken, hidden, back)
}

// wantHidden asks for a conversation, its parts and its channel one by one.
func (a *api) wantHidden(token, conversation, channel string) {
	a.t.Helper()
	got := a.do(a.admin, `query($id: ID!) { conversation(id: $id) { lastMessage { id } } }`, vars{"id": conversation})
	for _, id := range []string{conversation, channel, at(got, "lastMessage", "id").(string)} {
		const document = `query($id: ID!) { node(id: $id) { id } nodes(ids: [$id]) { id } conversation(id: $id) { id } channel(id: $id) { id } message(id: $id) { id } contact(id: $id) { id } }`
		if raw := a.send(token, document, vars{"id": id}).raw; strings.Contains(raw, id) || strings.Contains(raw, "errors") {
			a.t.Errorf("what is hidden is answered with %s", raw)
		}
	}
	for name, input := range map[string]vars{
		"sendMessage":           {"conversationId": conversation, "clientKey": "k", "text": "Hello"},
		"addNote":               {"conversationId": conversation, "clientKey": "k", "text": "Hello"},
		"setConversationStatus": {"conversationId": conversation, "status": "RESOLVED"},
		"updateConversation":    {"conversationId": conversation, "priority": "HIGH"},
		"markRead":              {"conversationId": conversation},
		"assignConversation":    {"conversationId": conversation, "to": vars{"unassigned": true}},
		"retryMessage":          {"messageId": at(got, "lastMessage", "id")},
	} {
		typ := strings.ToUpper(name[:1]) + name[1:] + "Input!"
		if code := a.send(token, "mutation($i: "+typ+") { "+name+"(input: $i) { userErrors { code } } }", vars{"i": input}).code(); code != "NOT_FOUND" {
			a.t.Errorf("%s of what is hidden gives %q, want NOT_FOUND", name, code)
		}
	}
}

// What only those who arrange the work may know is null for an agent.
func TestWebhookURLAndHealthAreForLeads(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	hana, hanaToken := a.hire("hana", model.AgentRole)
	_, soraToken := a.hire("sora", model.Supervisor)
	a.connect("Front", "+15550100100", hana)
	const document = `{ channels { nodes { webhookUrl health { secretHint refusedCount providerAccount } } } }`
	for token, may := range map[string]bool{hanaToken: false, soraToken: true, a.admin: true} {
		channel := at(a.do(token, document, nil), "nodes", 0)
		if knows := at(channel, "webhookUrl") != nil; knows != may {
			t.Errorf("webhookUrl is %v", at(channel, "webhookUrl"))
		}
		if knows := at(channel, "health") != nil; knows != may {
			t.Errorf("health is %v", at(channel, "health"))
		}
	}
}

// Below a signIn, what is told depends on who has just signed in.
func TestSignInTellsWhatTheNewViewerMayKnow(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	hana, hanaToken := a.hire("hana", model.AgentRole)
	channel := a.connect("Front", "+15550100100", hana)
	admin := at(a.do(a.admin, `{ viewer { id } }`, nil), "id")
	a.do(a.admin, `mutation($i: AddChannelAgentsInput!) { addChannelAgents(input: $i) { userErrors { code } } }`, vars{"i": vars{"channelId": channel, "agentIds": []any{admin}}})
	const document = `mutation($i: SignInInput!) { signIn(input: $i) { viewer { channels { name webhookUrl } } userErrors { code } } }`
	for email, may := range map[string]bool{adminEmail: true, "hana@example.com": false} {
		for _, before := range []string{"", hanaToken, a.admin} {
			got := at(a.do(before, document, vars{"i": vars{"email": email, "password": password}}), "viewer", "channels", 0)
			if knows := at(got, "webhookUrl") != nil; at(got, "name") != "Front" || knows != may {
				t.Errorf("%s is told %v", email, got)
			}
		}
	}
}
