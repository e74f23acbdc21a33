package graph_test

import (
	"strings"
	"testing"

	"github.com/livedesk/livedesk/model"
	"github.com/livedesk/livedesk/server/ai/aitest"
)

const (
	createAi = `mutation($i: CreateAiAgentInput!) { createAiAgent(input: $i) { aiAgent { id keyHint keyHeader baseUrl version maxTokens handOverTopics } userErrors { code field message } } }`
	updateAi = `mutation($i: UpdateAiAgentInput!) { updateAiAgent(input: $i) { aiAgent { name model temperature disabled version } userErrors { code field message } } }`
	setAi    = `mutation($i: SetChannelAiAgentInput!) { setChannelAiAgent(input: $i) { channel { aiAgent { agent { id } started problem { kind text since } } } userErrors { code field message } } }`
)

func robinsSettings() vars {
	return vars{"name": "Robin", "instructions": "Be kind.", "model": aitest.DefaultModel, "apiKey": aitest.Key, "handOverTopics": []string{"refunds"}}
}

func TestAnAiAgentIsAdded(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	got := at(a.do(a.admin, createAi, vars{"i": robinsSettings()}), "aiAgent")
	for field, want := range map[string]any{"keyHint": aitest.Key[len(aitest.Key)-4:], "keyHeader": "BEARER", "baseUrl": model.DefaultAiBaseURL, "version": 1.0, "maxTokens": 600.0} {
		if at(got, field) != want {
			t.Errorf("%s is %v, want %v", field, at(got, field), want)
		}
	}
	if at(got, "handOverTopics", 0) != "refunds" {
		t.Errorf("%v", got)
	}
	log := a.send(a.admin, `{ auditLog { nodes { action subjectKind after } } }`, nil).raw
	if !strings.Contains(log, "AI_AGENT_CREATED") || strings.Contains(log, aitest.Key) {
		t.Errorf("the audit log has %s", log)
	}
}

func TestAnAiAgentThatDoesNotWorkIsRefused(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	for field, change := range map[string]vars{"apiKey": {"apiKey": "sk-wrong"}, "model": {"model": "gpt-none"}, "name": {"name": " "}, "maxTokens": {"maxTokens": 3}, "baseUrl": {"baseUrl": "nowhere"}} {
		input := robinsSettings()
		for name, value := range change {
			input[name] = value
		}
		got := a.send(a.admin, createAi, vars{"i": input})
		refusal := at(got.Data, "createAiAgent", "userErrors", 0)
		if at(refusal, "field", 0) != field || at(got.Data, "createAiAgent", "aiAgent") != nil || strings.Contains(got.raw, "sk-wrong") {
			t.Errorf("with another %s: %s", field, got.raw)
		}
	}
	if got := a.send(a.admin, `{ aiAgents { nodes { id } } }`, nil).raw; strings.Contains(got, `"id"`) {
		t.Errorf("something was stored: %s", got)
	}
}

func TestAnAiAgentOnAChannel(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	channel := a.connect("Front", "+15550100100")
	robin := at(a.do(a.admin, createAi, vars{"i": robinsSettings()}), "aiAgent", "id")
	set := func(input vars) any {
		input["channelId"] = channel
		return at(a.do(a.admin, setAi, vars{"i": input}), "channel", "aiAgent")
	}
	if got := set(vars{"aiAgentId": robin}); at(got, "started") != true || at(got, "agent", "id") != robin {
		t.Errorf("added: %v", got)
	}
	if got := set(vars{"started": false}); at(got, "started") != false || at(got, "agent", "id") != robin {
		t.Errorf("stopped: %v", got)
	}
	a.exec(`UPDATE channels SET ai_problem = 'QUOTA', ai_problem_text = 'No credit is left.', ai_problem_since = now()`)
	if got := set(vars{"started": true}); at(got, "problem", "kind") != "QUOTA" {
		t.Errorf("started: %v", got)
	}
	if got := set(vars{"aiAgentId": nil}); got != nil {
		t.Errorf("taken off: %v", got)
	}
	if code := a.send(a.admin, setAi, vars{"i": vars{"channelId": channel, "started": true}}).code(); code != "INVALID" {
		t.Errorf("nothing was started with %q", code)
	}
}

// The history says why people have what an AI Agent had, and so does a note.
func TestTheHistorySaysWhyAnAiAgentWent(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	channel := a.connect("Front", "+15550100100")
	robin := at(a.do(a.admin, createAi, vars{"i": robinsSettings()}), "aiAgent", "id")
	a.do(a.admin, setAi, vars{"i": vars{"channelId": channel, "aiAgentId": robin}})
	conversation := a.customer(a.account(), channel, "+447700900101", "Ana", "Hello")
	a.desk.EndReceiving()
	a.do(a.admin, setAi, vars{"i": vars{"channelId": channel, "started": false}})
	a.desk.EndReceiving()
	got := a.do(a.admin, `query($id: ID!) { conversation(id: $id) { status assignee { __typename } history { nodes { reason handOver assignee { ... on AiAgent { id } } } }
		messages(last: 10) { nodes { kind text sender { __typename } } } routingDecisions { nodes { outcome assignee { ... on AiAgent { id } } } } } }`, vars{"id": conversation})
	for _, want := range []struct {
		value any
		path  []any
	}{
		{"OPEN", []any{"status"}}, {nil, []any{"assignee"}},
		{"PLACED", []any{"history", "nodes", 1, "reason"}}, {robin, []any{"history", "nodes", 1, "assignee", "id"}}, {nil, []any{"history", "nodes", 1, "handOver"}},
		{"AI_STOPPED", []any{"history", "nodes", 2, "reason"}}, {"STOPPED", []any{"history", "nodes", 2, "handOver"}},
		{"NOTE", []any{"messages", "nodes", 1, "kind"}}, {"Robin handed this conversation over: it was stopped on this channel.", []any{"messages", "nodes", 1, "text"}},
		{"TEXT", []any{"messages", "nodes", 2, "kind"}}, {"AiAgent", []any{"messages", "nodes", 2, "sender", "__typename"}}, {model.DefaultClosing, []any{"messages", "nodes", 2, "text"}},
		{robin, []any{"routingDecisions", "nodes", 1, "assignee", "id"}},
	} {
		if value := at(got, want.path...); value != want.value {
			t.Errorf("%v is %v, want %v", want.path, value, want.value)
		}
	}
	explained := a.send(a.admin, `query($id: ID!) { explainRouting(conversationId: $id) { sentence } }`, vars{"id": conversation})
	if len(explained.Errors) > 0 {
		t.Errorf("%s", explained.raw)
	}
}

func TestAnAiAgentIsChangedTestedAndDeleted(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	robin := at(a.do(a.admin, createAi, vars{"i": robinsSettings()}), "aiAgent", "id")
	update := func(input vars) any {
		input["aiAgentId"] = robin
		return at(a.do(a.admin, updateAi, vars{"i": input}), "aiAgent")
	}
	if got := update(vars{"name": "Robina", "temperature": 0.5}); at(got, "name") != "Robina" || at(got, "temperature") != 0.5 || at(got, "version") != 2.0 {
		t.Errorf("%v", got)
	}
	if got := update(vars{"disabled": true}); at(got, "temperature") != 0.5 || at(got, "disabled") != true {
		t.Errorf("%v", got)
	}
	if got := update(vars{"temperature": nil}); at(got, "temperature") != nil {
		t.Errorf("%v", got)
	}
	const test = `mutation($i: TestAiAgentInput!) { testAiAgent(input: $i) { works message userErrors { code } } }`
	if got := a.do(a.admin, test, vars{"i": vars{"aiAgentId": robin}}); at(got, "works") != true || at(got, "message") == "" {
		t.Errorf("%v", got)
	}
	const remove = `mutation($i: DeleteAiAgentInput!) { deleteAiAgent(input: $i) { deletedAiAgentId userErrors { code } } }`
	if got := a.do(a.admin, remove, vars{"i": vars{"aiAgentId": robin}}); at(got, "deletedAiAgentId") != robin {
		t.Errorf("%v", got)
	}
	got := a.do(a.admin, `query($id: ID!) { aiAgent(id: $id) { name deleted keyHint } }`, vars{"id": robin})
	if at(got, "name") != "Robina" || at(got, "deleted") != true || at(got, "keyHint") != nil {
		t.Errorf("deleted: %v", got)
	}
	if code := a.send(a.admin, remove, vars{"i": vars{"aiAgentId": robin}}).code(); code != "NOT_FOUND" {
		t.Errorf("deleted again: %q", code)
	}
}

func (a *api) channelNamed(name string) (id string) {
	a.t.Helper()
	if err := a.db.Pool().QueryRow(a.t.Context(), `SELECT id::text FROM channels WHERE name = $1`, name).Scan(&id); err != nil {
		a.t.Fatal(err)
	}
	return id
}

// An agent knows what an AI Agent is called, and where they meet it.
func TestSettingsOfAiAgentsAreForLeads(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	hana, hanaToken := a.hire("hana", model.AgentRole)
	_, soraToken := a.hire("sora", model.Supervisor)
	robin := at(a.do(a.admin, createAi, vars{"i": robinsSettings()}), "aiAgent", "id")
	for _, channel := range []string{a.connect("Front", "+15550100100", hana), a.connect("Back", "+15550100200")} {
		a.do(a.admin, setAi, vars{"i": vars{"channelId": channel, "aiAgentId": robin}})
	}
	a.exec(`UPDATE channels SET ai_problem = 'QUOTA', ai_problem_text = 'No credit is left.', ai_problem_since = now()`)
	conversation := a.customer(a.account(), a.channelNamed("Front"), "+447700900101", "Ana", "Hello")
	a.desk.EndReceiving()
	for token, may := range map[string]bool{hanaToken: false, soraToken: true} {
		got := at(a.do(token, `query($ai: ID!) { conversations(filter: {assignee: {aiAgentId: $ai}}) { nodes { id status assignee { ... on AiAgent { name model } } } } }`, vars{"ai": robin}), "nodes", 0)
		if at(got, "id") != conversation || at(got, "status") != "AI_REPLYING" || at(got, "assignee", "name") != "Robin" || (at(got, "assignee", "model") != nil) != may {
			t.Errorf("%v", got)
		}
	}
	const document = `{ aiAgents { nodes { name instructions model baseUrl keyHint keyHeader temperature maxTokens timeoutSeconds maxTurns handOverTopics closingText
		channels { name aiAgent { started problem { kind } } } } } }`
	for token, may := range map[string]bool{hanaToken: false, soraToken: true} {
		got := at(a.do(token, document, nil), "nodes", 0)
		for _, field := range []string{"instructions", "model", "baseUrl", "keyHint", "keyHeader", "maxTokens", "timeoutSeconds", "maxTurns", "handOverTopics"} {
			if knows := at(got, field) != nil; knows != may {
				t.Errorf("%s is %v", field, at(got, field))
			}
		}
		want := map[bool]int{true: 2, false: 1}[may]
		if channels := list(at(got, "channels")); len(channels) != want || at(got, "name") != "Robin" || (at(channels[0], "aiAgent", "problem") != nil) != may {
			t.Errorf("%v", got)
		}
	}
}
