package twiliotest_test

import (
	"errors"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/livedesk/livedesk/server/channel/twilio/twiliotest"
)

// captured are the parameters of one WhatsApp text that a real account received.
var captured = []string{
	"AccountSid", "ApiVersion", "Body", "ChannelMetadata", "From", "MessageSid", "MessageType", "NumMedia", "NumSegments",
	"ProfileName", "ReferralNumMedia", "SmsMessageSid", "SmsSid", "SmsStatus", "To", "WaId",
}

func TestWebhookOfAText(t *testing.T) {
	t.Parallel()
	w := newWorld(t, twiliotest.Options{})
	p := w.writes(t, twiliotest.Inbound{From: ana, To: twiliotest.WhatsAppNumber, Body: "Grüße 🦊", ProfileName: "Ana"})
	form := w.desk.received()[0]
	if got := slices.Sorted(maps.Keys(form)); !slices.Equal(got, captured) {
		t.Errorf("parameters\n%v, want\n%v", got, captured)
	}
	for name, want := range map[string]string{
		"MessageSid": p.MessageSid, "SmsMessageSid": p.MessageSid, "From": ana, "WaId": "4917012345678",
		"MessageType": "text", "NumMedia": "0", "ReferralNumMedia": "0", "Body": "Grüße 🦊", "ProfileName": "Ana",
	} {
		if form.Get(name) != want {
			t.Errorf("%s is %q, want %q", name, form.Get(name), want)
		}
	}
	if !strings.HasPrefix(p.MessageSid, "SM") || len(w.desk.received()) != 1 {
		t.Errorf("SID %s, %d webhooks", p.MessageSid, len(w.desk.received()))
	}
}

func TestWebhookOfEachKind(t *testing.T) {
	t.Parallel()
	w := newWorld(t, twiliotest.Options{})
	photo := twiliotest.File{Name: "cat.jpg", ContentType: "image/jpeg", Data: []byte("jpeg")}
	for _, c := range []struct {
		name string
		in   twiliotest.Inbound
		want map[string]string
	}{
		{"photo", twiliotest.Inbound{Media: []twiliotest.File{photo}},
			map[string]string{"MessageType": "image", "NumMedia": "1", "MediaContentType0": "image/jpeg", "Body": ""}},
		{"document", twiliotest.Inbound{Media: []twiliotest.File{{Name: "bill.pdf", ContentType: "application/pdf"}}},
			map[string]string{"MessageType": "document", "Body": "bill.pdf"}},
		{"visiting card", twiliotest.Inbound{Media: []twiliotest.File{{ContentType: "text/vcard"}}},
			map[string]string{"MessageType": "contacts", "Body": ""}},
		{"dropped pin", twiliotest.Inbound{Location: &twiliotest.Location{Latitude: 52.52, Longitude: 13.405}},
			map[string]string{"MessageType": "location", "Latitude": "52.52", "Longitude": "13.405", "Label": ""}},
		{"button", twiliotest.Inbound{Button: &twiliotest.Button{Text: "Yes", Payload: "csat:5"}},
			map[string]string{"MessageType": "button", "ButtonText": "Yes", "ButtonPayload": "csat:5", "Body": "Yes"}},
		{"row of a list", twiliotest.Inbound{Row: &twiliotest.Row{ID: "csat:4", Title: "Good"}},
			map[string]string{"MessageType": "interactive", "ListId": "csat:4", "ListTitle": "Good"}},
		{"advertisement", twiliotest.Inbound{Body: "hi", Referral: &twiliotest.Referral{SourceID: "42", ClickID: "c"}},
			map[string]string{"ReferralSourceId": "42", "ReferralCtwaClid": "c"}},
		{"unsupported", twiliotest.Inbound{Type: "unsupported"}, map[string]string{"MessageType": "unsupported"}},
		{"something new", twiliotest.Inbound{Body: "hi", Extra: url.Values{"Mood": {"good"}}}, map[string]string{"Mood": "good"}},
		{"a user id beside the number", twiliotest.Inbound{Body: "hi", ExternalUserID: "whatsapp:DE.123"},
			map[string]string{"ExternalUserId": "whatsapp:DE.123", "WaId": "4917012345678"}},
	} {
		c.in.From, c.in.To = ana, twiliotest.WhatsAppNumber
		p := w.writes(t, c.in)
		for name, want := range c.want {
			if p.Form.Get(name) != want {
				t.Errorf("%s: %s is %q, want %q", c.name, name, p.Form.Get(name), want)
			}
		}
		if strings.HasPrefix(p.MessageSid, "MM") != (len(c.in.Media) > 0) {
			t.Errorf("%s: SID %s", c.name, p.MessageSid)
		}
	}
}

func TestWebhookOfAnSMS(t *testing.T) {
	t.Parallel()
	w := newWorld(t, twiliotest.Options{})
	form := w.writes(t, twiliotest.Inbound{From: "+4917012345678", To: twiliotest.SMSNumber, Body: "hi"}).Form
	for _, name := range []string{"MessageType", "ProfileName", "WaId", "ReferralNumMedia", "MessagingServiceSid"} {
		if form.Has(name) {
			t.Errorf("an SMS has %s", name)
		}
	}
	if form.Get("FromCountry") != "DE" || form.Get("ToCountry") != "US" || !form.Has("FromZip") {
		t.Errorf("geography: %v", form)
	}
}

func TestCustomerWhoHidesTheirNumber(t *testing.T) {
	t.Parallel()
	w := newWorld(t, twiliotest.Options{})
	hidden := "whatsapp:DE.4566546130240823"
	form := w.writes(t, twiliotest.Inbound{From: hidden, To: twiliotest.WhatsAppNumber, Body: "hi"}).Form
	if form.Get("From") != hidden || form.Get("ExternalUserId") != hidden || form.Has("WaId") {
		t.Errorf("webhook: %v", form)
	}
	w.writes(t, twiliotest.Inbound{From: ana, To: twiliotest.WhatsAppNumber, Body: "it is me", ExternalUserID: hidden})
	w.sends(t, "To", hidden, "Body", "hello there")
	m, err := w.WaitForMessage(w.ctx, ana, twiliotest.Says("hello there"))
	if err != nil || m.To != hidden {
		t.Errorf("the answer to the user id: %+v, %v", m, err)
	}
	if n := len(w.Chat(hidden)); n != 3 || n != len(w.Chat(ana)) {
		t.Errorf("the phone of both addresses shows %d and %d messages, want 3", n, len(w.Chat(ana)))
	}
}

func TestNumberInAPoolAlwaysNamesItsService(t *testing.T) {
	t.Parallel()
	w := newWorld(t, twiliotest.Options{})
	number := "whatsapp:" + twiliotest.ServiceNumber
	w.SetWebhook(number, w.desk.URL+"/number")
	toNumber := w.writes(t, twiliotest.Inbound{From: ana, To: number, Body: "hi"})
	toService := w.writes(t, twiliotest.Inbound{From: ana, Service: twiliotest.ServiceSid, Body: "hi"})
	for _, p := range []twiliotest.Post{toNumber, toService} {
		if p.Form.Get("MessagingServiceSid") != twiliotest.ServiceSid || p.Form.Get("To") != number {
			t.Errorf("webhook: %v", p.Form)
		}
		if !strings.Contains(p.URL, "/webhooks/twilio/") {
			t.Errorf("the number's webhook won: %s", p.URL)
		}
	}
	w.SetUseNumberWebhook(twiliotest.ServiceSid, true)
	if p := w.writes(t, twiliotest.Inbound{From: ana, To: number, Body: "hi"}); p.URL != w.desk.URL+"/number" {
		t.Errorf("posted to %s, want the number's webhook", p.URL)
	}
}

func TestWithoutWebhook(t *testing.T) {
	t.Parallel()
	w := newWorld(t, twiliotest.Options{})
	w.SetWebhook(twiliotest.WhatsAppNumber, "")
	w.SetWebhook(twiliotest.ServiceSid, "")
	_, err := w.CustomerSends(w.ctx, twiliotest.Inbound{From: ana, To: twiliotest.WhatsAppNumber, Body: "hi"})
	if !errors.Is(err, twiliotest.ErrNoWebhook) || len(w.Chat(ana)) != 1 {
		t.Errorf("a number without webhook: %v, %d messages", err, len(w.Chat(ana)))
	}
	_, err = w.CustomerSends(w.ctx, twiliotest.Inbound{From: ana, Service: twiliotest.ServiceSid, Body: "hi"})
	if !errors.Is(err, twiliotest.ErrNotReceived) || len(w.Chat(ana)) != 1 {
		t.Errorf("a service without inbound URL: %v, %d messages", err, len(w.Chat(ana)))
	}
}

func TestDuplicateWebhooks(t *testing.T) {
	t.Parallel()
	w := newWorld(t, twiliotest.Options{})
	p := w.writes(t, twiliotest.Inbound{From: ana, To: twiliotest.WhatsAppNumber, Body: "hi"})
	for _, again := range w.Redeliver(w.ctx, p.MessageSid, 50) {
		if !again.OK() || again.MessageSid != p.MessageSid || again.Token != p.Token {
			t.Fatalf("delivered again: %+v", again)
		}
	}
	w.SetMischief(twiliotest.Mischief{DuplicateInbound: 1})
	w.writes(t, twiliotest.Inbound{From: ana, To: twiliotest.WhatsAppNumber, Body: "twice"})
	if err := w.WaitIdle(w.ctx); err != nil {
		t.Fatal(err)
	}
	if got := len(w.desk.received()); got != 1+50+2 {
		t.Errorf("%d webhooks, want 53", got)
	}
	if got := len(w.Chat(ana)); got != 2 {
		t.Errorf("%d messages, want 2", got)
	}
}

func TestCustomersSendAtOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t, twiliotest.Options{Seed: 5})
	var all []twiliotest.Inbound
	for i := range 100 {
		all = append(all, twiliotest.Inbound{From: ana, To: twiliotest.WhatsAppNumber, Body: fmt.Sprint(i)})
	}
	posts, err := w.CustomersSend(w.ctx, append(all, twiliotest.Inbound{From: ana, To: "+1555"})...)
	if err == nil || len(posts) != 101 || posts[100].OK() {
		t.Errorf("a message to nobody: %v", err)
	}
	for i, p := range posts[:100] {
		if !p.OK() || p.Form.Get("Body") != fmt.Sprint(i) || w.Chat(ana)[i].Body != fmt.Sprint(i) {
			t.Fatalf("message %d: %+v", i, p)
		}
	}
	inOrder := true
	for i, form := range w.desk.received() {
		inOrder = inOrder && form.Get("Body") == fmt.Sprint(i)
	}
	if inOrder || len(w.desk.received()) != 100 {
		t.Errorf("%d webhooks came, in order: %v", len(w.desk.received()), inOrder)
	}
}

func TestStopAndStart(t *testing.T) {
	t.Parallel()
	w := newWorld(t, twiliotest.Options{})
	sms := func(text string) {
		t.Helper()
		w.writes(t, twiliotest.Inbound{From: "+4917012345678", To: twiliotest.SMSNumber, Body: text})
	}
	fields := []string{"From", twiliotest.SMSNumber, "To", "+4917012345678"}
	sms(" stop ")
	if a := w.create(t, fields...); a.fields["code"] != 21610.0 {
		t.Errorf("after STOP: %d %s", a.status, a.text)
	}
	sms("START")
	w.sends(t, fields...)
	for _, part := range []string{"unsubscribed", "re-subscribed", "hello"} {
		if _, err := w.WaitForMessage(w.ctx, "+4917012345678", twiliotest.Contains(part)); err != nil {
			t.Error(err)
		}
	}
	w.NothingUnexpected(t)
}
