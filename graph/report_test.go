package graph_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/livedesk/livedesk/model"
)

const csatDocument = `query($f: ReportFilter!) { csatReport(filter: $f) { sent answered responseRate satisfaction average distribution { score count }
	days: series(bucket: DAY) { start end sent answered average satisfaction } hours: series(bucket: HOUR) { sent }
	byAgent { agent { id } sent answered average satisfaction } byAiAgent { aiAgent { id } sent average } byTeam { team { id } sent } byChannel { channel { id } sent satisfaction }
	surveys(first: 10) { nodes { score } } answers: surveys(answered: true, first: 10) { nodes { score } } } }`

// asked puts a survey into the conversation, on top of a resolve.
func (a *api) asked(conversation string, version int, at time.Time, agent, ai, team string, score int) {
	a.t.Helper()
	a.exec(`INSERT INTO conversation_changes (account_id, conversation_id, version, at, reason, status) VALUES ($1, $2, $3, $4, 'SET', 'RESOLVED')`, a.account(), conversation, version, at)
	a.exec(`INSERT INTO surveys (account_id, id, conversation_id, version, channel_id, agent_id, ai_agent_id, team_id, message_id, token_hash, created_at, expires_at, score, answered_at, answered_by)
		SELECT $1, $2::text::uuid, $3::uuid, $4, channel_id, nullif($6, '')::uuid, nullif($7, '')::uuid, nullif($8, '')::uuid, gen_random_uuid(), decode(md5($2::text), 'hex'), $5, $5::timestamptz + interval '1 day',
			nullif($9, 0), CASE WHEN $9 > 0 THEN $5::timestamptz + interval '2 days' END, CASE WHEN $9 > 0 THEN 'PAGE' END FROM conversations WHERE id = $3::uuid`,
		a.account(), string(model.NewIDAt(model.KindSurvey, at)), conversation, version, at, agent, ai, team, score)
}

// Five surveys, worked out by hand. One is sent an hour after the report's time, and one a moment before it.
func TestCsatReportCounts(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	ids := a.furnish(a.admin)
	day := time.Date(2026, 3, 29, 0, 0, 0, 0, time.FixedZone("CET", 3600)) // clocks change in Berlin
	for i, s := range []struct {
		after     time.Duration
		who, team string
		score     int
	}{{0, "agent", "team", 5}, {time.Hour, "agent", "", 4}, {22*time.Hour + 59*time.Minute, "agent", "", 1}, {23 * time.Hour, "aiAgent", "", 3}, {30 * time.Hour, "agent", "", 0}, {48 * time.Hour, "agent", "", 1}, {-1, "agent", "", 1}} {
		agent, ai := ids["agent"], ""
		if s.who == "aiAgent" {
			agent, ai = "", ids["aiAgent"]
		}
		team := ""
		if s.team != "" {
			team = ids["team"]
		}
		a.asked(ids["conversation"], 10+i, day.Add(s.after), agent, ai, team, s.score)
	}
	filter := vars{"from": day.Format(time.RFC3339), "to": day.Add(47 * time.Hour).Format(time.RFC3339), "timeZone": "Europe/Berlin"}
	got := a.do(a.admin, csatDocument, vars{"f": filter})
	for path, want := range map[string]any{"sent": 5.0, "answered": 4.0, "responseRate": 0.8, "satisfaction": 0.5, "average": 3.25} {
		if got[path] != want {
			t.Errorf("%s is %v, want %v", path, got[path], want)
		}
	}
	if text := fmt.Sprint(got["distribution"]); text != "[map[count:1 score:1] map[count:0 score:2] map[count:1 score:3] map[count:1 score:4] map[count:1 score:5]]" {
		t.Error(text)
	}
	days := list(got["days"])
	if len(days) != 2 || at(days[0], "end") != "2026-03-29T22:00:00Z" || at(days[0], "sent") != 3.0 || at(days[0], "satisfaction") != 2.0/3 || at(days[1], "sent") != 2.0 || at(days[1], "average") != 3.0 || len(list(got["hours"])) != 47 {
		t.Errorf("days %v, %d hours", days, len(list(got["hours"])))
	}
	if at(got, "hours", 2, "sent") != 0.0 || at(got, "byAgent", 0, "sent") != 4.0 || at(got, "byAgent", 0, "answered") != 3.0 || at(got, "byAiAgent", 0, "average") != 3.0 ||
		at(got, "byTeam", 0, "team", "id") != ids["team"] || at(got, "byTeam", 0, "sent") != 1.0 || at(got, "byChannel", 0, "satisfaction") != 0.5 {
		t.Errorf("parts of %v", got)
	}
	if len(list(at(got, "surveys", "nodes"))) != 5 || len(list(at(got, "answers", "nodes"))) != 4 || at(got, "surveys", "nodes", 0, "score") != nil {
		t.Errorf("surveys %v", got["surveys"])
	}

	filter["aiAgentIds"] = []string{ids["aiAgent"]}
	if got := a.do(a.admin, csatDocument, vars{"f": filter}); got["sent"] != 1.0 || got["responseRate"] != 1.0 || len(list(at(got, "surveys", "nodes"))) != 1 {
		t.Errorf("of the AI Agent: %v", got)
	}
	filter["channelIds"] = []string{string(model.NewID(model.KindChannel))}
	got = a.do(a.admin, csatDocument, vars{"f": filter})
	if got["sent"] != 0.0 || got["responseRate"] != nil || got["satisfaction"] != nil || got["average"] != nil || at(got, "days", 0, "average") != nil {
		t.Errorf("of nothing: %v", got)
	}
	if got := a.do(a.secondAccount(), csatDocument, vars{"f": vars{"from": filter["from"], "to": filter["to"], "timeZone": "UTC"}}); got["sent"] != 0.0 {
		t.Errorf("another account sees %v", got)
	}
}

func TestReportsRefuseWhatTheyCannotShow(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	const document = `query($f: ReportFilter!) { conversationReport(filter: $f) { opened series(bucket: HOUR) { start } } }`
	from := "2026-01-01T00:00:00Z"
	many := make([]string, model.MaxReportIDs+1)
	for i := range many {
		many[i] = string(model.NewID(model.KindAgent))
	}
	for name, f := range map[string]vars{
		"no such zone":  {"from": from, "to": "2026-01-02T00:00:00Z", "timeZone": "Mars/Olympus"},
		"the local one": {"from": from, "to": "2026-01-02T00:00:00Z", "timeZone": "Local"},
		"no time":       {"from": from, "to": from, "timeZone": "UTC"},
		"too long":      {"from": from, "to": "2028-03-12T00:00:00Z", "timeZone": "UTC"},
		"many buckets":  {"from": from, "to": "2026-02-13T00:00:00Z", "timeZone": "UTC"},
		"many agents":   {"from": from, "to": "2026-01-02T00:00:00Z", "timeZone": "UTC", "agentIds": many},
	} {
		if got := a.send(a.admin, document, vars{"f": f}); got.code() != "INVALID" {
			t.Errorf("%s: %s", name, got.raw)
		}
	}
	got := a.do(a.admin, document, vars{"f": vars{"from": from, "to": "2026-02-11T16:00:00Z", "timeZone": "UTC"}})
	if len(list(got["series"])) != model.MaxReportBuckets {
		t.Errorf("%d buckets", len(list(got["series"])))
	}
	export := `mutation($f: ReportFilter!) { exportReport(input: {rows: CSAT_REPORT, bucket: HOUR, filter: $f}) { url userErrors { code field } } }`
	if got := a.send(a.admin, export, vars{"f": vars{"from": from, "to": from, "timeZone": "UTC"}}); got.code() != "INVALID" || len(got.Errors) > 0 {
		t.Errorf("export: %s", got.raw)
	}
}

// Several figures are opened at once, also by variables; each shows its own conversations, a page at a time.
func TestFiguresAreOpened(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	ids := a.furnish(a.admin)
	other := a.customer(a.account(), ids["channel"], "+447700900102", "Ben", "Hello")
	a.do(a.admin, `mutation($id: ID!) { setConversationStatus(input: {conversationId: $id, status: RESOLVED}) { conversation { id } userErrors { code } } }`, vars{"id": other})
	now := time.Now()
	got := a.do(a.admin, `query($f: ReportFilter!, $r: ReportFigure) { conversationReport(filter: $f) { opened resolution { count wall { median } business { p90 } } firstResponse { count wall { average } }
		resolved: conversations(figure: $r) { nodes { id } } first: conversations(figure: OPENED, first: 1) { nodes { id } pageInfo { hasNextPage endCursor } }
		last: conversations(figure: OPENED, last: 1) { nodes { id } pageInfo { hasPreviousPage } } sent: conversations(figure: MESSAGES_SENT) { nodes { id } } all: conversations { nodes { id } } } }`,
		vars{"f": vars{"from": now.Add(-time.Hour).Format(time.RFC3339), "to": now.Add(time.Hour).Format(time.RFC3339), "timeZone": "UTC"}, "r": "RESOLVED"})
	for path, want := range map[string][]string{"resolved": {other}, "first": {other}, "last": {ids["conversation"]}, "sent": nil, "all": {other, ids["conversation"]}} {
		nodes := list(at(got, path, "nodes"))
		if len(nodes) != len(want) {
			t.Fatalf("%s: %v, want %v", path, nodes, want)
		}
		for i := range want {
			if at(nodes[i], "id") != want[i] {
				t.Errorf("%s: %v, want %v", path, nodes, want)
			}
		}
	}
	if got["opened"] != 2.0 || at(got, "resolution", "count") != 1.0 || at(got, "first", "pageInfo", "hasNextPage") != true || at(got, "last", "pageInfo", "hasPreviousPage") != true ||
		at(got, "firstResponse", "count") != 0.0 || at(got, "firstResponse", "wall", "average") != nil {
		t.Errorf("report %v", got)
	}
}
