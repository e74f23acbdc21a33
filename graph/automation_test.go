package graph_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/livedesk/livedesk/graph"
	"github.com/livedesk/livedesk/model"
	"github.com/livedesk/livedesk/server/ai/aitest"
)

// automation sends what the contract has about what a channel does by itself.
func (s *story) automation(channel string) {
	got := s.ask(s.admin, "UpdateGreeting", vars{"input": vars{"channelId": channel, "enabled": false, "text": "Hello! We will be with you shortly."}})
	s.want(got, "Hello! We will be with you shortly.", "channel", "greeting", "text")
	got = s.ask(s.admin, "UpdateHours", vars{"input": vars{"channelId": channel, "enabled": true, "timeZone": "Asia/Tokyo", "unavailableMessage": "We are back at nine.",
		"weekly":     []vars{{"day": "MONDAY", "intervals": []vars{{"opens": "00:00", "closes": "24:00"}}}},
		"exceptions": []vars{{"date": "2026-12-25", "name": "Christmas", "intervals": []vars{}}}}})
	s.want(got, "Asia/Tokyo", "channel", "hours", "timeZone")
	s.want(got, "24:00", "channel", "hours", "weekly", 0, "intervals", 0, "closes")
	s.want(got, "Christmas", "channel", "hours", "exceptions", 0, "name")
	s.rules(channel)
	s.aiAgent(channel)
	// The rest is told of a channel that says nothing by itself.
	got = s.ask(s.admin, "UpdateHours", vars{"input": vars{"channelId": channel, "enabled": false, "timeZone": "Asia/Tokyo", "unavailableMessage": "We are back at nine.", "weekly": []vars{}, "exceptions": []vars{}}})
	s.want(got, true, "channel", "hours", "isOpen")
}

func (s *story) aiAgent(channel string) {
	got := s.ask(s.admin, "CreateAiAgent", vars{"input": vars{"name": "Robin", "instructions": "Answer kindly.", "model": aitest.DefaultModel, "baseUrl": "https://api.openai.com/v1", "apiKey": aitest.Key}})
	s.want(got, aitest.DefaultModel, "aiAgent", "model")
	robin := at(got, "aiAgent", "id")
	got = s.ask(s.admin, "SetChannelAiAgent", vars{"input": vars{"channelId": channel, "aiAgentId": robin, "started": false}})
	s.want(got, robin, "channel", "aiAgent", "agent", "id")
	s.want(got, false, "channel", "aiAgent", "started")
	got = s.ask(s.admin, "AiAgents", vars{"first": 10})
	s.want(got, "Answer kindly.", "nodes", 0, "instructions")
	s.want(got, channel, "nodes", 0, "channels", 0, "id")
	got = s.ask(s.admin, "ChannelAutomation", vars{"id": channel})
	s.want(got, "Robin", "aiAgent", "agent", "name")
	got = s.ask(s.admin, "SetChannelAiAgent", vars{"input": vars{"channelId": channel, "aiAgentId": nil}})
	s.want(got, nil, "channel", "aiAgent")
}

func (s *story) rules(channel string) {
	refunds := vars{"channelId": channel, "name": "Refunds", "enabled": true, "match": "ALL", "action": vars{"assignTo": vars{"humanAgents": true}, "priority": "HIGH"},
		"conditions": []vars{{"messageText": vars{"contains": "refund"}}, {"businessHours": "OUTSIDE"}, {"contactAddress": vars{"startsWith": "+81"}}}}
	got := s.ask(s.admin, "CreateRoutingRule", vars{"input": refunds})
	s.want(got, `When the message contains "refund" and it is outside business hours and the customer's address starts with "+81", assign it to the channel's human agents with the priority HIGH.`, "rule", "summary")
	first := at(got, "rule", "id")
	got = s.ask(s.admin, "CreateRoutingRule", vars{"input": vars{"channelId": channel, "name": "Rest", "enabled": false, "match": "ALL", "conditions": []vars{}, "action": vars{"assignTo": vars{"humanAgents": true}}}})
	s.want(got, 2.0, "rule", "position")
	second := at(got, "rule", "id")
	got = s.ask(s.admin, "OrderRoutingRules", vars{"input": vars{"channelId": channel, "ruleIds": []any{second, first}}})
	s.want(got, "Rest", "channel", "rules", 0, "name")
	got = s.ask(s.admin, "UpdateRoutingRule", vars{"input": vars{"ruleId": second, "enabled": true}})
	s.want(got, "SHADOWS", "warnings", 0, "code")
	s.want(got, first, "warnings", 0, "ruleId")
	got = s.ask(s.admin, "DeleteRoutingRule", vars{"input": vars{"ruleId": second}})
	s.want(got, first, "channel", "rules", 0, "id")
	s.want(got, 1.0, "channel", "rules", 0, "position")
}

// at is the API at a moment.
func (a *api) at(now time.Time) func(document string, variables vars) vars {
	handler := graph.NewHandler(graph.Options{Desk: a.desk, DB: a.db, Now: func() time.Time { return now }})
	viewer, _, err := a.desk.Authenticate(a.t.Context(), a.admin)
	if err != nil {
		a.t.Fatal(err)
	}
	return func(document string, variables vars) vars {
		a.t.Helper()
		body, err := json.Marshal(vars{"query": document, "variables": variables})
		if err != nil {
			a.t.Fatal(err)
		}
		request := httptest.NewRequestWithContext(model.WithViewer(a.t.Context(), viewer), "POST", "/graphql", bytes.NewReader(body))
		request.Header.Set("Content-Type", "application/json")
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, request)
		var got struct{ Data vars }
		if err := json.Unmarshal(w.Body.Bytes(), &got); err != nil || strings.Contains(w.Body.String(), `"errors"`) {
			a.t.Fatalf("%v: %s", err, w.Body.String())
		}
		return got.Data
	}
}

const updateHours = `mutation($i: UpdateHoursInput!) { updateHours(input: $i) { channel { hours { isOpen nextChange } } userErrors { code field message } } }`

// 2026-11-23 is a Monday; Tokyo is nine hours ahead.
func TestHoursAtAMoment(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	channel := a.connect("Front", "+15550100100")
	const document = `query($id: ID!) { channel(id: $id) { greeting { enabled text } hours { enabled timeZone unavailableMessage isOpen nextChange weekly { day } exceptions { date } week { date exception open { start end } } } } }`
	monday := time.Date(2026, 11, 23, 3, 0, 0, 0, time.UTC)
	got, _ := json.Marshal(at(a.at(monday)(document, vars{"id": channel}), "channel"))
	if text := string(got); !strings.Contains(text, `"greeting":{"enabled":false,"text":""}`) || !strings.Contains(text, `"enabled":false,"exceptions":[],"isOpen":true,"nextChange":null,"timeZone":"UTC","unavailableMessage":"","week":[{"date":"2026-11-23"`) {
		t.Errorf("nothing was set: %s", text)
	}
	a.do(a.admin, updateHours, vars{"i": vars{"channelId": channel, "enabled": true, "timeZone": "Asia/Tokyo",
		"weekly":     []vars{{"day": "MONDAY", "intervals": []vars{{"opens": "09:00", "closes": "18:00"}}}, {"day": "FRIDAY", "intervals": []vars{{"opens": "22:00", "closes": "02:00"}}}},
		"exceptions": []vars{{"date": "2026-11-24", "name": "Fair", "intervals": []vars{{"opens": "00:00", "closes": "24:00"}}}}}})
	for at0, want := range map[string][2]any{
		"2026-11-22T23:59:59Z": {false, "2026-11-23T00:00:00Z"},
		"2026-11-23T00:00:00Z": {true, "2026-11-23T09:00:00Z"},
		"2026-11-23T09:00:00Z": {false, "2026-11-23T15:00:00Z"},
		"2026-11-24T10:00:00Z": {true, "2026-11-24T15:00:00Z"},
		"2026-11-27T16:30:00Z": {true, "2026-11-27T17:00:00Z"},
	} {
		now, err := time.Parse(time.RFC3339, at0)
		if err != nil {
			t.Fatal(err)
		}
		hours := at(a.at(now)(document, vars{"id": channel}), "channel", "hours")
		if at(hours, "isOpen") != want[0] || at(hours, "nextChange") != want[1] {
			t.Errorf("at %s open is %v until %v, want %v", at0, at(hours, "isOpen"), at(hours, "nextChange"), want)
		}
	}
	week := at(a.at(monday)(document, vars{"id": channel}), "channel", "hours", "week")
	if text, _ := json.Marshal(week); string(text) != `[{"date":"2026-11-23","exception":null,"open":[{"end":"2026-11-23T09:00:00Z","start":"2026-11-23T00:00:00Z"}]},`+
		`{"date":"2026-11-24","exception":"Fair","open":[{"end":"2026-11-24T15:00:00Z","start":"2026-11-23T15:00:00Z"}]},`+
		`{"date":"2026-11-25","exception":null,"open":[]},{"date":"2026-11-26","exception":null,"open":[]},`+
		`{"date":"2026-11-27","exception":null,"open":[{"end":"2026-11-27T15:00:00Z","start":"2026-11-27T13:00:00Z"}]},`+
		`{"date":"2026-11-28","exception":null,"open":[{"end":"2026-11-27T17:00:00Z","start":"2026-11-27T15:00:00Z"}]},{"date":"2026-11-29","exception":null,"open":[]}]` {
		t.Errorf("the week is %s", text)
	}
}

// What is wrong in the input is a refusal that names it, and the channel comes back as it is.
func TestBadHoursAreRefusedWithTheirPlace(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	channel := a.connect("Front", "+15550100100")
	for path, change := range map[string]vars{
		"timeZone":                    {"timeZone": "Mars/Olympus"},
		"weekly.0.intervals.0.opens":  {"weekly": []vars{{"day": "MONDAY", "intervals": []vars{{"opens": "9am", "closes": "18:00"}}}}},
		"weekly.0.intervals.0.closes": {"weekly": []vars{{"day": "MONDAY", "intervals": []vars{{"opens": "09:00", "closes": "25:00"}}}}},
		"exceptions.0.date":           {"exceptions": []vars{{"date": "25 December"}}},
		"weekly.0.intervals.1":        {"weekly": []vars{{"day": "MONDAY", "intervals": []vars{{"opens": "09:00", "closes": "18:00"}, {"opens": "17:00", "closes": "19:00"}}}}},
		"weekly.1.day":                {"weekly": []vars{{"day": "MONDAY", "intervals": []vars{}}, {"day": "MONDAY", "intervals": []vars{}}}},
		"exceptions.1.date":           {"exceptions": []vars{{"date": "2026-12-25"}, {"date": "2026-12-25"}}},
	} {
		input := vars{"channelId": channel, "enabled": true, "timeZone": "UTC", "weekly": []vars{}}
		for name, value := range change {
			input[name] = value
		}
		got := a.send(a.admin, updateHours, vars{"i": input})
		refusal := at(got.Data, "updateHours", "userErrors", 0)
		var field []string
		for _, step := range list(at(refusal, "field")) {
			field = append(field, step.(string))
		}
		if got.code() != "INVALID" || strings.Join(field, ".") != path || at(got.Data, "updateHours", "channel", "hours", "isOpen") != true {
			t.Errorf("%v gave %s, want INVALID at %s", change, got.raw, path)
		}
	}
	var stored int
	if err := a.db.Pool().QueryRow(t.Context(), `SELECT count(*) FROM channels WHERE hours IS NOT NULL`).Scan(&stored); err != nil || stored != 0 {
		t.Errorf("%d channels have hours, %v", stored, err)
	}
}

func TestAuditLogIsForLeads(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	hana, hanaToken := a.hire("hana", model.AgentRole)
	channel, other := a.connect("Front", "+15550100100", hana), a.connect("Back", "+15550100300")
	for i, id := range []string{channel, other, channel} {
		a.do(a.admin, `mutation($i: UpdateGreetingInput!) { updateGreeting(input: $i) { userErrors { code } } }`, vars{"i": vars{"channelId": id, "enabled": true, "text": fmt.Sprint("Hello ", i)}})
	}
	const document = `query($f: AuditFilter, $n: Int, $after: String) { auditLog(filter: $f, first: $n, after: $after) {
		nodes { id at action actor { name } system subjectKind subjectId channel { name } before after } pageInfo { hasNextPage endCursor } } }`
	greetings := vars{"actions": []string{"GREETING_UPDATED"}}
	got := a.do(a.admin, document, vars{"n": 2, "f": greetings})
	first := at(got, "nodes", 0)
	if at(first, "after", "text") != "Hello 2" || at(first, "before", "text") != "Hello 0" || at(first, "actor", "name") != "Admin" || at(first, "channel", "name") != "Front" ||
		at(first, "subjectId") != channel || at(first, "system") != nil || at(got, "pageInfo", "hasNextPage") != true {
		t.Errorf("the log begins %v", got)
	}
	got = a.do(a.admin, document, vars{"n": 2, "f": greetings, "after": at(got, "pageInfo", "endCursor")})
	if len(list(got["nodes"])) != 1 || at(got, "nodes", 0, "after", "text") != "Hello 0" {
		t.Errorf("the log goes on %v", got)
	}
	for name, f := range map[string]vars{"channel": {"channelId": other}, "subject": {"subjectId": other}} {
		f["actions"] = greetings["actions"]
		if got := a.do(a.admin, document, vars{"f": f}); len(list(got["nodes"])) != 1 {
			t.Errorf("by %s: %v", name, got)
		}
	}
	if got := a.do(a.admin, document, vars{"f": vars{"agentId": hana}}); len(list(got["nodes"])) != 0 {
		t.Errorf("by Hana: %v", got)
	}
	if got := a.send(hanaToken, document, nil); got.code() != "FORBIDDEN" {
		t.Errorf("Hana gets %s", got.raw)
	}
	node := vars{"id": at(first, "id")}
	if got := a.do(a.admin, `query($id: ID!) { node(id: $id) { ... on AuditEntry { action } } }`, node); got["action"] != "GREETING_UPDATED" {
		t.Errorf("the node is %v", got)
	}
	if got := a.send(hanaToken, `query($id: ID!) { node(id: $id) { id } }`, node); got.Data["node"] != nil {
		t.Errorf("Hana sees %s", got.raw)
	}
}
