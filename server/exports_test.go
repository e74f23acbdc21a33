package server

import (
	"encoding/csv"
	"net/http"
	"net/url"
	"path"
	"strings"
	"testing"
	"time"
)

// export asks for one and returns its path at this server.
func (p *person) export(rows string) string {
	p.t.Helper()
	now := time.Now()
	var made struct {
		URL        string
		ExpiresAt  time.Time
		UserErrors []struct{ Code string }
	}
	filter := `{"from":"` + now.Add(-time.Hour).Format(time.RFC3339) + `","to":"` + now.Add(time.Hour).Format(time.RFC3339) + `","timeZone":"Asia/Kolkata"}`
	decode(p.t, p.mutate("exportReport", `{"rows":"`+rows+`","filter":`+filter+`}`, "url expiresAt"), &made)
	u, err := url.Parse(made.URL)
	if err != nil || len(made.UserErrors) > 0 || time.Until(made.ExpiresAt) > 15*time.Minute {
		p.t.Fatal(made, err)
	}
	return "/exports/" + path.Base(u.Path) + "?" + u.RawQuery
}

// table fetches an export as CSV.
func (w *world) table(address string) [][]string {
	w.t.Helper()
	got := send(w.t, w.get(address))
	if got.status != http.StatusOK || got.header.Get("Content-Type") != "text/csv; charset=utf-8; header=present" || !strings.HasPrefix(got.header.Get("Content-Disposition"), "attachment; filename=") ||
		got.header.Get("Cache-Control") != "no-store" {
		w.t.Fatalf("%d %v %s", got.status, got.header, got.body)
	}
	if !strings.HasSuffix(got.body, "\r\n") {
		w.t.Errorf("lines end otherwise than by RFC 4180: %q", got.body)
	}
	rows, err := csv.NewReader(strings.NewReader(got.body)).ReadAll()
	if err != nil {
		w.t.Fatal(err)
	}
	return rows
}

func column(rows [][]string, name string) string {
	for i, head := range rows[0] {
		if head == name {
			return rows[1][i]
		}
	}
	return "no such column"
}

func TestReportsAreExported(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.channel("Front", "whatsapp:+15550100100")
	w.agent("hana", "Front")
	w.admin.must("updateCsat", `{"channelId":"`+w.channels["Front"]+`","enabled":true}`)
	w.customerSays("whatsapp:+447700900101", "Hello", "whatsapp:+15550100100", false)
	hana := w.agents["hana"]
	hana.seesMessage("Hello")
	hana.reply("Hi", "")
	hana.setStatus("RESOLVED")
	w.exec(`UPDATE contacts SET name = '=HYPERLINK("http://evil.example","Ana")'`)
	w.exec(`UPDATE surveys SET score = 4, answered_at = created_at, answered_by = 'PAGE', comment = E'-1+1, "so so"\nand more'`)

	rows := w.table(w.admin.export("SURVEYS"))
	for name, want := range map[string]string{"customer": `'=HYPERLINK("http://evil.example","Ana")`, "comment": "'-1+1, \"so so\"\nand more", "score": "4", "agent": "hana", "channel": "Front"} {
		if got := column(rows, name); got != want {
			t.Errorf("%s is %q, want %q", name, got, want)
		}
	}
	if sent := column(rows, "sent"); !strings.HasSuffix(sent, "+05:30") {
		t.Errorf("sent %s, in another zone", sent)
	}
	rows = w.table(w.admin.export("CONVERSATIONS"))
	for name, want := range map[string]string{"messages received": "1", "messages sent": "1", "resolved": "1", "agent": "hana", "status now": "RESOLVED"} {
		if got := column(rows, name); got != want || len(rows) != 2 {
			t.Errorf("%s is %q, want %q, in %d rows", name, got, want, len(rows))
		}
	}
	if seconds := column(rows, "first response s"); seconds == "" || seconds != column(rows, "first response business s") {
		t.Errorf("first response after %q", seconds)
	}
	for _, kind := range []string{"CSAT_REPORT", "CONVERSATION_REPORT"} {
		if rows := w.table(w.admin.export(kind)); len(rows) < 2 || !strings.Contains(column(rows, "start"), "T00:00:00+05:30") {
			t.Errorf("%s: %v", kind, rows)
		}
	}
}

// An address opens nothing when it was altered, or its maker may no longer see reports.
func TestExportsAreGuarded(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.channel("Front", "whatsapp:+15550100100")
	w.agent("hana", "Front")
	hana := w.agents["hana"]
	w.exec(`UPDATE agents SET role = 'SUPERVISOR' WHERE id = $1`, hana.id)
	address := hana.export("SURVEYS")
	other := w.admin.export("SURVEYS")
	w.table(address)
	swapped := path.Dir(address) + "/" + path.Base(strings.Split(other, "?")[0]) + "?" + strings.Split(address, "?")[1]
	for name, bad := range map[string]string{"altered": strings.Replace(address, "exp=1", "exp=2", 1), "another's": swapped, "unsigned": strings.Split(address, "?")[0],
		"a file's": strings.Replace(address, "/exports/", "/media/", 1)} {
		if got := send(t, w.get(bad)); got.status != http.StatusNotFound {
			t.Errorf("%s: %d %s", name, got.status, got.body)
		}
	}
	w.exec(`UPDATE agents SET role = 'AGENT' WHERE id = $1`, hana.id)
	if got := send(t, w.get(address)); got.status != http.StatusNotFound {
		t.Errorf("an agent fetches it: %d", got.status)
	}
	w.exec(`UPDATE agents SET role = 'ADMIN', disabled_at = now() WHERE id = $1`, hana.id)
	if got := send(t, w.get(address)); got.status != http.StatusNotFound {
		t.Errorf("who was disabled fetches it: %d", got.status)
	}
	w.exec(`UPDATE report_exports SET expires_at = now() - interval '1 minute'`)
	if err := w.server.desk.ForgetExpired(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := send(t, w.get(other)); got.status != http.StatusNotFound {
		t.Errorf("one that was forgotten: %d", got.status)
	}
}
