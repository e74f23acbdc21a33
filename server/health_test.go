package server

import (
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/livedesk/livedesk/server/channel/twilio/twiliotest"
)

func TestHealthAndReadiness(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	if got := send(t, w.get("/healthz")); got.status != http.StatusOK || got.body != "ok\n" {
		t.Errorf("/healthz: %d %q", got.status, got.body)
	}
	status, findings := w.ready()
	if status != http.StatusOK {
		t.Errorf("/readyz: %d %v", status, findings)
	}
	for _, name := range []string{"server", "database", "migrations", "attachments", "events", "jobs"} {
		if !findings[name] {
			t.Errorf("/readyz finds %s not to be well: %v", name, findings)
		}
	}
	folder := filepath.Join(w.server.config.DataDir, "attachments")
	for name, change := range map[string]struct{ breaks, mends func() }{
		"events": {
			func() {
				w.exec(`INSERT INTO event_outbox (account_id, kind, created_at) VALUES (-1, 'AGENT_CHANGED', now() - interval '1 minute')`)
			},
			func() { w.exec(`DELETE FROM event_outbox WHERE account_id = -1`) },
		},
		"jobs": {
			func() {
				w.exec(`INSERT INTO river_job (args, kind, max_attempts, queue, state, scheduled_at) VALUES ('{}', 'none', 1, 'nobodys', 'available', now() - interval '2 minutes')`)
			},
			func() { w.exec(`DELETE FROM river_job WHERE queue = 'nobodys'`) },
		},
		"attachments": {
			func() { must(t, os.Rename(folder, folder+" away")) },
			func() { must(t, os.Rename(folder+" away", folder)) },
		},
	} {
		change.breaks()
		// Another process would have the same trouble, and webhooks are taken all the same.
		if status, findings := w.ready(); status != http.StatusOK || findings[name] {
			t.Errorf("/readyz with %s broken: %d %v", name, status, findings)
		}
		if got := send(t, w.get("/readyz")); !strings.Contains(got.body, `{"name":"`+name+`","ok":false,"warning":true,"do":`) {
			t.Errorf("/readyz with %s broken does not warn: %s", name, got.body)
		}
		change.mends()
	}
	if status, findings := w.ready(); status != http.StatusOK {
		t.Errorf("/readyz once mended: %d %v", status, findings)
	}
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// Requests that a proxy still sends to a process that is stopping are told to go elsewhere.
func TestReadinessOfAProcessThatStops(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.server.health.stopping.Store(true)
	if status, findings := w.ready(); status != http.StatusServiceUnavailable || findings["server"] || !findings["database"] {
		t.Errorf("/readyz: %d %v", status, findings)
	}
	if got := send(t, w.get("/healthz")); got.status != http.StatusOK {
		t.Errorf("/healthz: %d", got.status)
	}
}

var sample = regexp.MustCompile(`(?m)^(livedesk_\w+)(?:\{(.*)\})? (\S+)$`)

func TestMetrics(t *testing.T) {
	t.Parallel()
	d := newDoor(t)
	d.agent("canaryname", "WhatsApp")
	p := d.agents["canaryname"]
	d.customerSays(customer, "canarytext", twiliotest.WhatsAppNumber, true)
	p.seesMessage("canarytext")
	p.seesAttachment("READY")
	p.reply("canaryreply", "")
	d.customerReceives(customer, "canaryreply")
	path := strings.TrimPrefix(d.webhook, d.server.config.PublicURL)
	for _, odd := range []knock{
		{form: d.form("x"), token: "wrong"},
		{address: d.url() + "/webhooks/canaryprovider/canarykey", form: d.form("x")},
		{address: d.url() + "/webhooks/canaryprovider/canarykey", form: d.form(strings.Repeat("x", maxWebhook))},
		{address: d.url() + strings.Replace(path, "twilio", "canaryprovider", 1), form: d.form("x")},
	} {
		d.knock(odd)
	}
	send(t, d.asked(p.token, `query canaryquery { canaryalias: conversation(id: "canaryid") { id } }`))
	send(t, d.asked("canarytoken", `{ viewer { id } }`))
	send(t, d.asked("", `mutation { signIn(input: {email: "canary@example.org", password: "canarypassword"}) { token } }`))
	send(t, d.get("/canarypath?canary=query"))
	var body string
	d.eventually("the metrics have seen it all", func() bool {
		got := send(t, d.get("/metrics"))
		body = got.body
		return got.status == http.StatusOK && strings.Contains(body, `livedesk_job_seconds_count{kind="send_messages",outcome="ok"}`)
	})
	if strings.Contains(body, "canary") || strings.Contains(body, "4477") || strings.Contains(body, p.token) || strings.Contains(body, p.id) {
		t.Errorf("the metrics hold what users wrote:\n%s", body)
	}
	var names []string
	for _, m := range sample.FindAllStringSubmatch(body, -1) {
		names = append(names, strings.TrimSuffix(strings.TrimSuffix(strings.TrimSuffix(m[1], "_bucket"), "_sum"), "_count"))
	}
	slices.Sort(names)
	names = slices.Compact(names)
	if want := documented; !slices.Equal(names, want) {
		t.Errorf("metrics are %q, want %q", names, want)
	}
	for _, line := range []string{
		`livedesk_webhook_seconds_count{provider="twilio",status="403"} 1`, `livedesk_webhook_seconds_count{provider="unknown",status="404"} 2`,
		`livedesk_webhook_seconds_count{provider="unknown",status="413"} 1`, `livedesk_graphql_seconds_count{code="",field="createChannel"} 1`,
		`livedesk_graphql_seconds_count{code="UNAUTHENTICATED",field="viewer"} 1`, `livedesk_sockets 1`, `livedesk_subscriptions 1`, `livedesk_shared_executions 1`,
		`livedesk_slow_closes 0`,
	} {
		if !strings.Contains(body, line+"\n") {
			t.Errorf("no line %s", line)
		}
	}
}

// documented are the names that operators build alarms on.
var documented = []string{"livedesk_ai_calls_total", "livedesk_ai_hand_overs_total", "livedesk_ai_tokens_total", "livedesk_ai_turn_age_seconds", "livedesk_ai_turn_seconds", "livedesk_database_connections", "livedesk_database_waits", "livedesk_graphql_seconds", "livedesk_job_age_seconds", "livedesk_job_seconds", "livedesk_jobs",
	"livedesk_log_age_seconds", "livedesk_outbox_age_seconds", "livedesk_send_age_seconds", "livedesk_sessions", "livedesk_shared_executions", "livedesk_slow_closes", "livedesk_sockets",
	"livedesk_subscriptions", "livedesk_webhook_seconds"}

// What every answer carries, and what unknown addresses get.
func TestEveryAnswerIsGuarded(t *testing.T) {
	t.Parallel()
	w := newWorld(t, func(c *Config) { c.Mode = Production })
	ids := map[string]bool{}
	for path, status := range map[string]int{"/healthz": 200, "/readyz": 200, "/metrics": 200, "/": 404, "/assets/": 404, "/nothing": 404, "/webhooks": 404, "/media/x": 404,
		"/password/x": 200, "/uploads": 405, "/graphql": 400, "/%2e%2e/etc/passwd": 404, "/debug/pprof/": 404} {
		got := send(t, w.get(path))
		if got.status != status {
			t.Errorf("%s: %d %s", path, got.status, got.body)
		}
		for name, want := range map[string]string{"X-Content-Type-Options": "nosniff", "X-Frame-Options": "DENY", "Referrer-Policy": "no-referrer"} {
			if got.header.Get(name) != want {
				t.Errorf("%s: %s is %q", path, name, got.header.Get(name))
			}
		}
		id := got.header.Get("X-Request-Id")
		if len(id) < 20 || ids[id] {
			t.Errorf("%s: request id %q", path, id)
		}
		ids[id] = true
	}
}

// A panic is one request's: it is answered without a word of what broke, and logged without what it holds.
func TestPanicIsContained(t *testing.T) {
	t.Parallel()
	var log strings.Builder
	h := contained(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic("canary") }), NewLog(&log, Production))
	answer := httptest.NewRecorder()
	h.ServeHTTP(answer, httptest.NewRequest(http.MethodGet, "/", nil))
	id := answer.Header().Get("X-Request-Id")
	if answer.Code != http.StatusInternalServerError || strings.Contains(answer.Body.String(), "canary") || strings.Contains(answer.Body.String(), ".go") || !strings.Contains(answer.Body.String(), id) {
		t.Errorf("answered %d %s", answer.Code, answer.Body)
	}
	if !strings.Contains(log.String(), id) || !strings.Contains(log.String(), "health_test.go") || strings.Contains(log.String(), "canary") {
		t.Errorf("logged %s", log.String())
	}
}
