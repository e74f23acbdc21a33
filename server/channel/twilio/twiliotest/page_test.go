package twiliotest_test

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"testing"

	"github.com/livedesk/livedesk/server/channel/twilio/twiliotest"
)

// play calls the emulator's own API as the page or curl does.
func (w *world) play(t *testing.T, path string, body any) answer {
	t.Helper()
	text, err := json.Marshal(body)
	if err != nil {
		t.Fatal(err)
	}
	r, err := http.NewRequestWithContext(w.ctx, http.MethodPost, w.url+"/emulator/api/"+path, strings.NewReader(string(text)))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/json")
	return do(r)
}

func (w *world) get(t *testing.T, path string) answer {
	t.Helper()
	r, err := http.NewRequestWithContext(w.ctx, http.MethodGet, w.url+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	return do(r)
}

type fields map[string]any

func TestPageLoadsNothingFromElsewhere(t *testing.T) {
	t.Parallel()
	w := newWorld(t, twiliotest.Options{})
	page := w.get(t, "/")
	if page.status != http.StatusOK || !strings.HasPrefix(page.header.Get("Content-Security-Policy"), "default-src 'none'") {
		t.Errorf("page: %d %v", page.status, page.header)
	}
	named := regexp.MustCompile(`(?:src|href)="([^#"][^"]*)"`).FindAllStringSubmatch(page.text, -1)
	for _, found := range named {
		if !strings.HasPrefix(found[1], "/emulator/page/") {
			t.Errorf("the page loads %q", found[1])
		} else if w.get(t, found[1]).status != http.StatusOK {
			t.Errorf("%s is missing", found[1])
		}
	}
	if len(named) < 5 {
		t.Errorf("found only %v in the page", named)
	}
	if got := w.get(t, "/nothing"); got.status != http.StatusNotFound {
		t.Errorf("an unknown path: %d", got.status)
	}
}

func TestPlayThroughTheAPI(t *testing.T) {
	t.Parallel()
	w := newWorld(t, twiliotest.Options{Links: []twiliotest.Link{{Title: "GraphiQL", URL: "/graphiql"}}})
	for _, c := range []struct {
		path string
		body fields
		want int
	}{
		{"customers", fields{"address": ana, "name": "Ana"}, 204},
		{"customers", fields{"address": "Ana"}, 400},
		{"messages", fields{"from": ana, "to": twiliotest.WhatsAppNumber, "body": "hi"}, 200},
		{"messages", fields{"from": ana, "to": twiliotest.SMSNumber, "body": "hi"}, 400},
		{"messages", fields{"from": ana, "text": "hi"}, 400},
		{"webhooks", fields{"of": twiliotest.SMSNumber, "url": w.desk.URL + "/new#rc=1"}, 204},
		{"webhooks", fields{"of": twiliotest.SMSNumber, "url": "javascript:x"}, 400},
		{"webhooks", fields{"of": "+1999", "url": ""}, 404},
		{"webhooks", fields{"of": twiliotest.WhatsAppNumber, "url": ""}, 204},
		{"messages", fields{"from": ana, "to": twiliotest.WhatsAppNumber, "body": "hi"}, 409},
		{"faults", fields{"kind": "rate-limited", "times": 1}, 204},
		{"faults", fields{"kind": "flood"}, 400},
		{"advance", fields{"hours": 24}, 204},
		{"read", fields{"customer": ana}, 204},
	} {
		if a := w.play(t, c.path, c.body); a.status != c.want {
			t.Errorf("%s %v: %d %s, want %d", c.path, c.body, a.status, a.text, c.want)
		}
	}
	if got := w.Webhook(twiliotest.SMSNumber); got != w.desk.URL+"/new#rc=1" {
		t.Errorf("webhook %q", got)
	}
	if a := w.create(t); a.status != 429 {
		t.Errorf("the fault that was asked for: %d", a.status)
	}
	state := w.get(t, "/emulator/api/state")
	for _, want := range []string{`"title":"GraphiQL"`, `"name":"Ana"`, twiliotest.AuthToken, `"kind":"inbound"`, `"line":"` + twiliotest.WhatsAppNumber} {
		if !strings.Contains(state.text, want) {
			t.Errorf("the state has no %s", want)
		}
	}
	sid := w.Chat(ana)[0].Sid
	if a := w.play(t, "redeliver", fields{"messageSid": sid, "times": 3}); a.status != 200 || len(w.desk.received()) != 4 {
		t.Errorf("redeliver: %d %s, %d webhooks", a.status, a.text, len(w.desk.received()))
	}
}

func TestOtherSitesCannotPlay(t *testing.T) {
	t.Parallel()
	w := newWorld(t, twiliotest.Options{})
	r, err := http.NewRequestWithContext(w.ctx, http.MethodPost, w.url+"/emulator/api/advance", strings.NewReader(`{"hours":1}`))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "text/plain")
	if a := do(r); a.status != http.StatusUnsupportedMediaType {
		t.Errorf("a form of another site: %d %s", a.status, a.text)
	}
}

// stream reads server-sent events: "event id data", one a line.
func (w *world) stream(t *testing.T, query, lastID string) (next func() string) {
	t.Helper()
	ctx, cancel := context.WithCancel(w.ctx)
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, w.url+"/emulator/api/events"+query, nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Last-Event-ID", lastID)
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		cancel()
		resp.Body.Close()
	})
	lines := bufio.NewScanner(resp.Body)
	lines.Buffer(nil, 1<<20)
	return func() string {
		t.Helper()
		var parts []string
		for lines.Scan() && lines.Text() != "" {
			_, value, _ := strings.Cut(lines.Text(), ": ")
			parts = append(parts, value)
		}
		return strings.Join(parts, " ")
	}
}

func TestEventsFollowTheState(t *testing.T) {
	t.Parallel()
	w := newWorld(t, twiliotest.Options{Manual: true})
	from := int(w.get(t, "/emulator/api/state").fields["next"].(float64))
	next := w.stream(t, fmt.Sprint("?from=", from), "")
	if got := next(); got != "still here" {
		t.Errorf("first came %q", got)
	}
	sid := w.sends(t, "StatusCallback", w.desk.URL+"/x")
	for got := ""; !strings.HasPrefix(got, "message"); {
		got = next()
		if strings.HasPrefix(got, "message") && !strings.Contains(got, sid) {
			t.Errorf("another message came: %s", got)
		}
	}
	if _, err := w.Report(w.ctx, sid, "delivered", 0); err != nil {
		t.Fatal(err)
	}
	for got := ""; !strings.Contains(got, `"status":"delivered"`); {
		got = next()
	}
}

func TestEventsResume(t *testing.T) {
	t.Parallel()
	w := newWorld(t, twiliotest.Options{})
	from := int(w.get(t, "/emulator/api/state").fields["next"].(float64))
	w.AddCustomer(twiliotest.Customer{Address: ana, Name: "Ana"})
	got := w.stream(t, "", fmt.Sprint(from))()
	if !strings.HasPrefix(got, fmt.Sprintf("people %d ", from+1)) || !strings.Contains(got, "Ana") {
		t.Errorf("resumed with %q", got)
	}
	if got := w.stream(t, "?from=x", "")(); !strings.HasPrefix(got, "reset ") {
		t.Errorf("a place that never was: %q", got)
	}
	for i := range 5000 {
		w.AddCustomer(twiliotest.Customer{Address: ana, Name: fmt.Sprint(i)})
	}
	if got := w.stream(t, "", fmt.Sprint(from))(); !strings.HasPrefix(got, "reset ") {
		t.Errorf("a place long gone: %q", got)
	}
}
