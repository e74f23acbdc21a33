package twiliotest_test

import (
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/livedesk/livedesk/server/channel/twilio/twiliotest"
)

func TestRetriesAsTheFragmentSays(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		fragment string
		status   int
		attempts int
	}{
		{"", 500, 1},
		{"#rc=5&rp=ct,rt,5xx", 500, 6},
		{"#rc=5&rp=ct,rt,5xx", 403, 1},
		{"#rc=2&rp=4xx", 403, 3},
		{"#rc=3&rp=all", 503, 4},
		{"#rc=9&rp=5xx", 500, 2},
		{"#rc=0&rp=all", 500, 1},
		{"#rc=5&rp=all", 204, 1},
	} {
		w := newWorld(t, twiliotest.Options{})
		w.SetWebhook(twiliotest.WhatsAppNumber, w.desk.URL+"/webhooks"+c.fragment)
		w.desk.answers(func(rw http.ResponseWriter, _ url.Values) { rw.WriteHeader(c.status) })
		p, err := w.CustomerSends(w.ctx, twiliotest.Inbound{From: ana, To: twiliotest.WhatsAppNumber, Body: "hi"})
		if err != nil || len(p.Attempts) != c.attempts || p.Status() != c.status {
			t.Errorf("%q and %d: %d attempts, status %d, %v; want %d", c.fragment, c.status, len(p.Attempts), p.Status(), err, c.attempts)
		}
		if got := len(w.desk.received()); got != c.attempts {
			t.Errorf("%q and %d: %d webhooks were genuine", c.fragment, c.status, got)
		}
	}
}

func TestRetryAfterRefusedConnection(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	l.Close()
	w := newWorld(t, twiliotest.Options{})
	for fragment, want := range map[string]int{"": 2, "#rc=4&rp=ct": 5, "#rc=4&rp=rt": 1} {
		w.SetWebhook(twiliotest.WhatsAppNumber, "http://"+l.Addr().String()+"/x"+fragment)
		p, err := w.CustomerSends(w.ctx, twiliotest.Inbound{From: ana, To: twiliotest.WhatsAppNumber, Body: "hi"})
		if err != nil || len(p.Attempts) != want || p.Status() != 0 || p.Attempts[0].Error == "" {
			t.Errorf("%q: %d attempts %+v, %v; want %d", fragment, len(p.Attempts), p.Attempts, err, want)
		}
	}
}

func TestSlowDeskIsGivenUp(t *testing.T) {
	t.Parallel()
	w := newWorld(t, twiliotest.Options{})
	held := make(chan struct{})
	defer close(held)
	w.desk.answers(func(http.ResponseWriter, url.Values) { <-held })
	for fragment, want := range map[string]int{"#rt=100": 1, "#rt=100&rc=2&rp=rt": 3, "#rt=200&rc=5&rp=rt&tt=300": 2} {
		w.SetWebhook(twiliotest.WhatsAppNumber, w.desk.URL+"/x"+fragment)
		start := time.Now()
		p, err := w.CustomerSends(w.ctx, twiliotest.Inbound{From: ana, To: twiliotest.WhatsAppNumber, Body: "hi"})
		if err != nil || len(p.Attempts) != want || p.Status() != 0 || time.Since(start) > 5*time.Second {
			t.Errorf("%q: %d attempts in %s, %v; want %d", fragment, len(p.Attempts), time.Since(start), err, want)
		}
	}
}

func TestFallback(t *testing.T) {
	t.Parallel()
	w := newWorld(t, twiliotest.Options{})
	second := newDesk(t, twiliotest.AuthToken)
	w.SetFallback(twiliotest.WhatsAppNumber, second.URL+"/fallback")
	w.desk.answers(func(rw http.ResponseWriter, _ url.Values) { rw.WriteHeader(http.StatusForbidden) })
	p := w.writes(t, twiliotest.Inbound{From: ana, To: twiliotest.WhatsAppNumber, Body: "hi"})
	if len(p.Attempts) != 2 || !p.Attempts[1].Fallback || len(second.received()) != 1 {
		t.Errorf("attempts: %+v", p.Attempts)
	}
}

func TestWebhookByGet(t *testing.T) {
	t.Parallel()
	var genuine atomic.Int64
	server := httptest.NewServer(nil)
	t.Cleanup(server.Close)
	server.Config.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		want := twiliotest.Sign(twiliotest.AuthToken, server.URL+r.RequestURI, nil)
		if r.Method == http.MethodGet && r.URL.Query().Get("Body") == "hi" && r.Header.Get("X-Twilio-Signature") == want {
			genuine.Add(1)
		}
	})
	w := newWorld(t, twiliotest.Options{})
	w.SetWebhook(twiliotest.WhatsAppNumber, server.URL+"/x?channel=1")
	w.SetWebhookMethod(twiliotest.WhatsAppNumber, http.MethodGet)
	w.writes(t, twiliotest.Inbound{From: ana, To: twiliotest.WhatsAppNumber, Body: "hi"})
	if genuine.Load() != 1 {
		t.Errorf("the GET was not signed over its whole URL")
	}
}

func TestAnswersThatReachTheCustomer(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, contentType, body string
		said                    []string
		note                    string
	}{
		{"plain text", "text/plain; charset=utf-8", "OK", []string{"OK"}, "text/plain"},
		{"TwiML", "text/xml", "<Response><Message>one</Message><Message><Body>two</Body></Message></Response>", []string{"one", "two"}, ""},
		{"empty TwiML", "application/xml", "<Response/>", nil, ""},
		{"broken TwiML", "text/xml", "<Response>", nil, "12100"},
		{"an empty 200", "", "", nil, "empty 200"},
		{"JSON", "application/json", "{}", nil, "12300"},
		{"too much", "text/plain", strings.Repeat("x", 70000), nil, "11750"},
	} {
		w := newWorld(t, twiliotest.Options{})
		w.desk.answers(func(rw http.ResponseWriter, _ url.Values) {
			rw.Header().Set("Content-Type", c.contentType)
			rw.Write([]byte(c.body))
		})
		p := w.writes(t, twiliotest.Inbound{From: ana, To: twiliotest.WhatsAppNumber, Body: "hi"})
		if !strings.HasPrefix(p.Attempts[0].Note, c.note) || (c.note == "") != (p.Attempts[0].Note == "") {
			t.Errorf("%s: note %q, want %q", c.name, p.Attempts[0].Note, c.note)
		}
		for _, text := range c.said {
			if _, err := w.WaitForMessage(w.ctx, ana, twiliotest.Says(text)); err != nil {
				t.Errorf("%s: %v", c.name, err)
			}
		}
		w.NothingUnexpected(t)
	}
}

func TestNothingUnexpectedReports(t *testing.T) {
	t.Parallel()
	w := newWorld(t, twiliotest.Options{})
	w.writes(t, twiliotest.Inbound{From: ana, To: twiliotest.WhatsAppNumber, Body: "hi"})
	w.sends(t, "Body", "expected", "StatusCallback", w.desk.URL+"/1")
	w.sends(t, "Body", "expected", "StatusCallback", w.desk.URL+"/1")
	if _, err := w.WaitForMessage(w.ctx, ana, twiliotest.Says("expected")); err != nil {
		t.Fatal(err)
	}
	if err := w.WaitIdle(w.ctx); err != nil {
		t.Fatal(err)
	}
	var unexpected, doubled complaints
	w.NothingUnexpected(&unexpected)
	w.NoDuplicates(&doubled)
	if unexpected != 1 || doubled != 1 {
		t.Errorf("%d unexpected messages and %d duplicates reported, want 1 and 1", unexpected, doubled)
	}
}

// complaints counts what a check reports.
type complaints int

func (*complaints) Helper()                 {}
func (c *complaints) Errorf(string, ...any) { *c++ }
