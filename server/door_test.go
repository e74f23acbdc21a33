package server

import (
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/livedesk/livedesk/server/channel/twilio/twiliotest"
)

const customer = "whatsapp:+447700900101"

// door is a desk with one WhatsApp channel, and somebody who knocks at its webhook by themselves.
type door struct {
	*world
	webhook string // as shown to admins, without the fragment
	sids    atomic.Int64
}

func newDoor(t testing.TB, changes ...func(*Config)) *door {
	t.Helper()
	d := &door{world: newWorld(t, changes...)}
	d.channel("WhatsApp", twiliotest.WhatsAppNumber)
	d.webhook = withoutFragment(d.twilio.Webhook(twiliotest.WhatsAppNumber))
	return d
}

func withoutFragment(address string) string {
	bare, _, _ := strings.Cut(address, "#")
	return bare
}

// form is a message of the customer with an id of its own; fields come in pairs and replace or add, "" removes.
func (d *door) form(text string, fields ...string) url.Values {
	f := twiliotest.InboundForm(twiliotest.AccountSid, d.sid(), twiliotest.Inbound{From: customer, To: twiliotest.WhatsAppNumber, Body: text, ProfileName: "Ana"})
	for i := 0; i < len(fields); i += 2 {
		f.Set(fields[i], fields[i+1])
		if fields[i+1] == "" {
			f.Del(fields[i])
		}
	}
	return f
}

func (d *door) sid() string { return fmt.Sprintf("SM%032x", d.sids.Add(1)) }

// knock is one request to a webhook. What is not given is as Twilio would have it.
type knock struct {
	address string // as Twilio has it; empty: the channel's
	signs   string // the address that is signed, where it is another one
	token   string
	form    url.Values
	body    *string // instead of the form, but signed as if it were the form
	change  func(*http.Request)
}

// heard is what the server answered.
type heard struct {
	status int
	header http.Header
	body   string
}

// request makes the request, to where the server listens.
func (d *door) request(k knock) *http.Request {
	d.t.Helper()
	address, token := k.address, k.token
	if address == "" {
		address = d.webhook
	}
	if k.signs == "" {
		k.signs = address
	}
	if token == "" {
		token = twiliotest.AuthToken
	}
	body, signature := twiliotest.SignedForm(token, k.signs, k.form)
	if k.body != nil {
		body = *k.body
	}
	public, err := url.Parse(address)
	if err != nil {
		d.t.Fatal(err)
	}
	r, err := http.NewRequestWithContext(d.t.Context(), http.MethodPost, d.url()+public.RequestURI(), strings.NewReader(body))
	if err != nil {
		d.t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded; charset=UTF-8")
	r.Header.Set("X-Twilio-Signature", signature)
	if k.change != nil {
		k.change(r)
	}
	return r
}

func (d *door) knock(k knock) heard {
	d.t.Helper()
	return send(d.t, d.request(k))
}

// says posts a genuine message and returns the status.
func (d *door) says(text string, fields ...string) int {
	d.t.Helper()
	return d.knock(knock{form: d.form(text, fields...)}).status
}

func send(t testing.TB, r *http.Request) heard {
	t.Helper()
	resp, err := http.DefaultTransport.RoundTrip(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return heard{resp.StatusCode, resp.Header, string(body)}
}

// count returns how many rows the query counts. Connections that an outage broke are found out by using them.
func (w *world) count(query string, args ...any) (n int) {
	w.t.Helper()
	var err error
	for range 20 {
		if err = w.server.db.Pool().QueryRow(w.t.Context(), "SELECT count(*) FROM "+query, args...).Scan(&n); err == nil {
			return n
		}
	}
	w.t.Fatal(err)
	return 0
}

func (w *world) exec(query string, args ...any) {
	w.t.Helper()
	if _, err := w.server.db.Pool().Exec(w.t.Context(), query, args...); err != nil {
		w.t.Fatal(err)
	}
}

// stored is everything that a webhook can leave behind.
func (w *world) stored() string {
	w.t.Helper()
	return fmt.Sprint(w.count("webhook_requests"), " requests ", w.count("messages"), " messages ", w.count("contacts"), " contacts ",
		w.count("conversations"), " conversations ", w.count("river_job WHERE queue = 'media'"), " jobs")
}
