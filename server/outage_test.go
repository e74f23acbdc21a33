package server

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5"
)

// outage makes the database refuse everybody, those who are connected too, until end.
func (w *world) outage() (end func()) {
	w.t.Helper()
	u, err := url.Parse(w.server.config.DatabaseURL)
	if err != nil {
		w.t.Fatal(err)
	}
	name := strings.TrimPrefix(u.Path, "/")
	u.Path = "/postgres"
	conn, err := pgx.Connect(w.t.Context(), u.String())
	if err != nil {
		w.t.Fatal(err)
	}
	do := func(query string, args ...any) {
		w.t.Helper()
		if _, err := conn.Exec(w.t.Context(), query, args...); err != nil {
			w.t.Fatal(err)
		}
	}
	do("ALTER DATABASE " + name + " ALLOW_CONNECTIONS false")
	do("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1", name)
	return func() {
		do("ALTER DATABASE " + name + " ALLOW_CONNECTIONS true")
		conn.Close(w.t.Context())
	}
}

// Without its database the desk takes nothing and says so; when the database is back everything goes on by itself.
func TestDatabaseOutage(t *testing.T) {
	t.Parallel()
	d := newDoor(t)
	d.agent("hana", "WhatsApp")
	hana := d.agents["hana"]
	if got := d.says("before"); got != http.StatusNoContent {
		t.Fatalf("before: %d", got)
	}
	hana.seesMessage("before")
	end := d.outage()
	forms := make([]url.Values, 20)
	var posts sync.WaitGroup
	for i := range forms {
		forms[i] = d.form("during", "From", customer+strings.Repeat("1", i%3))
		posts.Go(func() {
			got := d.knock(knock{form: forms[i]})
			if got.status != http.StatusServiceUnavailable || strings.Contains(got.body, "SQL") || strings.Contains(got.body, "database") {
				t.Errorf("during: answered %d %q", got.status, got.body)
			}
		})
	}
	posts.Wait()
	if status, findings := d.ready(); status != http.StatusServiceUnavailable || findings["database"] {
		t.Errorf("/readyz during: %d %v", status, findings)
	}
	if got := send(t, d.get("/healthz")); got.status != http.StatusOK {
		t.Errorf("/healthz during: %d", got.status)
	}
	if got := send(t, d.get("/metrics")); got.status != http.StatusOK || !strings.Contains(got.body, `livedesk_webhook_seconds_count{provider="twilio",status="503"} 20`) {
		t.Errorf("/metrics during: %d", got.status)
	}
	if got := send(t, d.asked(hana.token, `{ viewer { id } }`)); got.status != http.StatusServiceUnavailable {
		t.Errorf("a query during: %d %s", got.status, got.body)
	}
	end()
	d.eventually("ready again", func() bool { status, _ := d.ready(); return status == http.StatusOK })
	for _, form := range forms {
		if got := d.knock(knock{form: form}); got.status != http.StatusNoContent {
			t.Errorf("posted again: %d", got.status)
		}
	}
	if n := d.count("messages WHERE text = 'during'"); n != len(forms) {
		t.Errorf("%d messages of %d", n, len(forms))
	}
	hana.until("every message", func() bool {
		n := 0
		for _, e := range hana.seen {
			if e.Event.Typename == "MessageAdded" && e.Event.Message.Text == "during" {
				n++
			}
		}
		return n == len(forms)
	})
}

// ready asks /readyz and returns its findings by name.
func (w *world) ready() (int, map[string]bool) {
	w.t.Helper()
	got := send(w.t, w.get("/readyz"))
	var answer struct {
		Ready    bool
		Findings []struct {
			Name string
			OK   bool
			Do   string
		}
	}
	if err := json.Unmarshal([]byte(got.body), &answer); err != nil {
		w.t.Fatalf("%s: %v", got.body, err)
	}
	findings := map[string]bool{}
	for _, f := range answer.Findings {
		findings[f.Name] = f.OK
		if !f.OK && f.Do == "" {
			w.t.Errorf("/readyz does not say what to do about %s", f.Name)
		}
	}
	if answer.Ready != (got.status == http.StatusOK) {
		w.t.Errorf("/readyz is %d with %s", got.status, got.body)
	}
	return got.status, findings
}

// get makes a GET request for a path of the desk.
func (w *world) get(path string) *http.Request {
	w.t.Helper()
	r, err := http.NewRequestWithContext(w.t.Context(), http.MethodGet, w.url()+path, nil)
	if err != nil {
		w.t.Fatal(err)
	}
	return r
}

// asked makes the request of a GraphQL operation without variables.
func (w *world) asked(token, query string) *http.Request {
	w.t.Helper()
	body, _ := json.Marshal(map[string]string{"query": query})
	r, err := http.NewRequestWithContext(w.t.Context(), http.MethodPost, w.url()+"/graphql", strings.NewReader(string(body)))
	if err != nil {
		w.t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Authorization", "Bearer "+token)
	return r
}
