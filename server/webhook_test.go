package server

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/livedesk/livedesk/server/channel/twilio/twiliotest"
)

func TestWebhookAnswersWithNothingThatCouldReachTheCustomer(t *testing.T) {
	t.Parallel()
	d := newDoor(t)
	form := d.form("hello")
	for _, which := range []string{"the first", "a duplicate", "another duplicate"} {
		got := d.knock(knock{form: form})
		if got.status != http.StatusNoContent || got.body != "" || got.header.Get("Content-Type") != "" {
			t.Errorf("%s: answered %d %q of type %q", which, got.status, got.body, got.header.Get("Content-Type"))
		}
	}
	status := url.Values{"MessageSid": {d.sid()}, "MessageStatus": {"delivered"}, "AccountSid": {twiliotest.AccountSid}, "From": {twiliotest.WhatsAppNumber}, "To": {customer}}
	got := d.knock(knock{address: d.webhook + "?m=nobody&a=1", form: status})
	if got.status != http.StatusNoContent || got.body != "" || got.header.Get("Content-Type") != "" {
		t.Errorf("a report on an unknown message: answered %d %q", got.status, got.body)
	}
	if n := d.count("messages WHERE text = 'hello'"); n != 1 {
		t.Errorf("%d messages", n)
	}
}

func TestWebhookRefuses(t *testing.T) {
	t.Parallel()
	d := newDoor(t)
	d.channel("Service", twiliotest.ServiceSid)
	service := withoutFragment(d.twilio.Webhook(twiliotest.ServiceSid))
	through := []string{"MessagingServiceSid", twiliotest.ServiceSid, "To", "whatsapp:" + twiliotest.ServiceNumber}
	raw := func(s string) *string { return &s }
	altered := func(from, to string) func(url.Values) *string {
		return func(f url.Values) *string { return raw(strings.Replace(f.Encode(), from, to, 1)) }
	}
	form, before := d.form("pay 100"), d.stored()
	key := d.webhook[strings.LastIndexByte(d.webhook, '/')+1:]
	at := func(path string) string { return d.server.config.PublicURL + path }
	for _, c := range []struct {
		name string
		knock
		status int
	}{
		{"an unknown key", knock{address: at("/webhooks/twilio/1_" + strings.Repeat("a", 43)), form: form}, 404},
		{"another account's key", knock{address: at("/webhooks/twilio/2" + strings.TrimPrefix(key, "1")), form: form}, 404},
		{"a key in other case", knock{address: at("/webhooks/twilio/" + strings.ToUpper(key)), form: form}, 404},
		{"a malformed key", knock{address: at("/webhooks/twilio/nonsense"), form: form}, 404},
		{"a key with NUL", knock{address: at("/webhooks/twilio/1_%00%ff"), form: form}, 404},
		{"a key that is SQL", knock{address: at("/webhooks/twilio/1_'%20OR%20''='"), form: form}, 404},
		{"a huge account", knock{address: at("/webhooks/twilio/99999999999999999999_a"), form: form}, 404},
		{"another provider's route", knock{address: at("/webhooks/engagelab/" + key), form: form}, 404},
		{"no provider", knock{address: at("/webhooks/" + key), form: form}, 404},
		{"GET", knock{form: form, change: func(r *http.Request) { r.Method = http.MethodGet }}, 405},
		{"PUT", knock{form: form, change: func(r *http.Request) { r.Method = http.MethodPut }}, 405},
		{"no signature", knock{form: form, change: func(r *http.Request) { r.Header.Del("X-Twilio-Signature") }}, 403},
		{"another token's signature", knock{form: form, token: "another0token"}, 403},
		{"the empty token's signature", knock{form: form, change: func(r *http.Request) {
			r.Header.Set("X-Twilio-Signature", twiliotest.Sign("", d.webhook, form))
		}}, 403},
		{"another channel's signature", knock{form: form, signs: service}, 403},
		{"an altered body", knock{form: form, body: altered("100", "900")(form)}, 403},
		{"an added field", knock{form: form, body: raw(form.Encode() + "&Extra=1")}, 403},
		{"a field given twice", knock{form: form, body: raw(form.Encode() + "&Body=pay+900")}, 403},
		{"the same field and value twice", knock{form: form, body: raw(form.Encode() + "&Body=pay+100")}, 403},
		{"a field taken away", knock{form: form, body: altered("&Body=pay+100", "")(form)}, 403},
		{"an altered query", knock{address: d.webhook + "?m=1", signs: d.webhook + "?m=2", form: form}, 403},
		{"an added query", knock{address: d.webhook + "?m=1", signs: d.webhook, form: form}, 403},
		{"the JSON way around the form", knock{address: d.webhook + "?bodySHA256=00", signs: d.webhook + "?bodySHA256=00", form: form, body: altered("100", "900")(form)}, 403},
		{"another Twilio account", knock{form: d.form("x", "AccountSid", "AC"+strings.Repeat("0", 32))}, 403},
		{"no account", knock{form: d.form("x", "AccountSid", "")}, 403},
		{"another number", knock{form: d.form("x", "To", "whatsapp:+15550100999")}, 403},
		{"no number", knock{form: d.form("x", "To", "")}, 403},
		{"an SMS", knock{form: d.form("x", "From", "+447700900101", "To", "+15550100100")}, 403},
		{"another service", knock{address: service, form: d.form("x", append(through, "MessagingServiceSid", "MG"+strings.Repeat("0", 32))...)}, 403},
		{"no service", knock{address: service, form: d.form("x", append(through, "MessagingServiceSid", "")...)}, 403},
		{"no message id", knock{form: d.form("x", "MessageSid", "", "SmsSid", "", "SmsMessageSid", "")}, 400},
		{"no sender", knock{form: d.form("x", "From", "")}, 400},
		{"too large", knock{form: d.form(strings.Repeat("x", maxWebhook))}, 413},
		{"10,000 fields", knock{form: form, body: raw(form.Encode() + strings.Repeat("&k=v", 10_000))}, 400},
		{"JSON", knock{form: form, body: raw(`{"Body":"x"}`), change: contentType("application/json")}, 400},
		{"a multipart form", knock{form: form, change: contentType("multipart/form-data; boundary=x")}, 400},
		{"no content type", knock{form: form, change: contentType("")}, 400},
		{"a broken encoding", knock{form: form, body: raw("Body=%zz")}, 400},
		{"nothing", knock{form: form, body: raw("")}, 403},
	} {
		got := d.knock(c.knock)
		if got.status != c.status {
			t.Errorf("%s: answered %d %q, want %d", c.name, got.status, got.body, c.status)
		}
		if got.status < 400 || strings.Contains(got.body, "pay") || strings.Contains(got.body, twiliotest.AuthToken) {
			t.Errorf("%s: the answer says %q", c.name, got.body)
		}
	}
	if after := d.stored(); after != before {
		t.Errorf("stored before: %s, after: %s", before, after)
	}
	if status := d.says("and now a genuine one"); status != http.StatusNoContent {
		t.Errorf("a genuine one: %d", status)
	}
}

func contentType(s string) func(*http.Request) {
	return func(r *http.Request) {
		r.Header.Set("Content-Type", s)
		if s == "" {
			r.Header.Del("Content-Type")
		}
	}
}

func TestChannelTellsOfRefusedWebhooks(t *testing.T) {
	t.Parallel()
	d := newDoor(t)
	if h := d.health(); h.RefusedCount != 0 || h.LastAcceptedAt != nil || h.LastRefusedReason != nil {
		t.Errorf("a new channel: %+v", h)
	}
	d.says("hello")
	for range 3 {
		d.knock(knock{form: d.form("canary"), token: "wrong"})
	}
	d.knock(knock{form: d.form("canary", "To", "whatsapp:+15550100999")})
	h := d.health()
	if h.RefusedCount != 4 || h.LastAcceptedAt == nil || h.LastRefusedAt == nil {
		t.Fatalf("after four refusals: %+v", h)
	}
	if why := *h.LastRefusedReason; why != "The message is for another number." {
		t.Errorf("the reason is %q", why)
	}
}

type channelReport struct {
	LastAcceptedAt, LastRefusedAt, LastRefusedReason *string
	RefusedCount                                     int
}

// health is what an admin reads, once the process has written down what it saw.
func (d *door) health() (h channelReport) {
	d.t.Helper()
	if err := d.server.desk.SaveHealth(d.t.Context()); err != nil {
		d.t.Fatal(err)
	}
	data := d.admin.query(`query($id: ID!) { channel(id: $id) { health { lastAcceptedAt lastRefusedAt lastRefusedReason refusedCount } } }`, `{"id":"`+d.channels["WhatsApp"]+`"}`)
	var c struct{ Health channelReport }
	if err := json.Unmarshal(data["channel"], &c); err != nil {
		d.t.Fatal(err)
	}
	return c.Health
}

// A number in the pool of a Messaging Service posts the service's SID with every message, also on a channel that was
// connected by number.
func TestNumberChannelIgnoresTheServiceOfItsPool(t *testing.T) {
	t.Parallel()
	d := newDoor(t)
	if status := d.says("from the pool", "MessagingServiceSid", "MG"+strings.Repeat("9", 32)); status != http.StatusNoContent {
		t.Errorf("answered %d", status)
	}
	if n := d.count("messages WHERE text = 'from the pool'"); n != 1 {
		t.Errorf("%d messages", n)
	}
}
