package twilio_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/livedesk/livedesk/model"
	"github.com/livedesk/livedesk/server/channel"
	"github.com/livedesk/livedesk/server/channel/twilio"
	"github.com/livedesk/livedesk/server/channel/twilio/twiliotest"
)

func TestCustomerWritesThroughTheEmulator(t *testing.T) {
	t.Parallel()
	d := newDesk(t, twiliotest.Options{})
	for path, senders := range map[string][]string{"/whatsapp": {anaWhatsApp, twiliotest.WhatsAppNumber}, "/sms": {anaSMS, twiliotest.SMSNumber}} {
		got := d.writes(t, twiliotest.Inbound{From: senders[0], To: senders[1], Body: "hi\x00 👍", ProfileName: "Ana"})
		if got.Text != "hi 👍" || !slices.Equal(got.Addresses, []string{anaSMS}) || got.Kind != model.TextMessage || got.Data != nil {
			t.Errorf("%s: %+v", path, got)
		}
	}
	cases := map[model.MessageKind]twiliotest.Inbound{
		model.LocationMessage:    {Location: &twiliotest.Location{Latitude: 52.5, Longitude: 13.4, Label: "Office"}},
		model.InteractiveMessage: {Button: &twiliotest.Button{Text: "Yes", Payload: "yes"}},
		model.ContactsMessage:    {Media: []twiliotest.File{{Name: "a.vcf", ContentType: "text/vcard", Data: []byte("BEGIN:VCARD")}}},
		model.MediaMessage:       {Media: []twiliotest.File{{Name: "a.png", ContentType: "image/png", Data: []byte("png")}}},
		model.UnsupportedMessage: {Type: "unsupported"},
	}
	for kind, in := range cases {
		in.From, in.To = anaWhatsApp, twiliotest.WhatsAppNumber
		if got := d.writes(t, in); got.Kind != kind {
			t.Errorf("%s arrived as %+v", kind, got)
		}
	}
	hidden := d.writes(t, twiliotest.Inbound{From: "whatsapp:DE.13491208655302741918", To: twiliotest.WhatsAppNumber, Body: "hi"})
	both := d.writes(t, twiliotest.Inbound{From: anaWhatsApp, ExternalUserID: "whatsapp:DE.4566546130240823", To: twiliotest.WhatsAppNumber,
		Row: &twiliotest.Row{ID: "csat:5", Title: "Very good"}, Referral: &twiliotest.Referral{SourceID: "1", Headline: "Sale"}})
	if !slices.Equal(hidden.Addresses, []string{"DE.13491208655302741918"}) || !slices.Equal(both.Addresses, []string{anaSMS, "DE.4566546130240823"}) {
		t.Errorf("addresses %q and %q", hidden.Addresses, both.Addresses)
	}
	if both.Data == nil || both.Data.Choice == nil || both.Data.Choice.ID != "csat:5" || both.Data.Referral == nil {
		t.Errorf("data %+v", both.Data)
	}
}

// A number in a pool names its Messaging Service in each webhook, whichever way the desk knows it.
func TestPoolNumbersThroughTheEmulator(t *testing.T) {
	t.Parallel()
	for _, path := range []string{"/service-sms", "/pool-number"} {
		d := newDesk(t, twiliotest.Options{})
		d.connect(twiliotest.ServiceSid, path)
		if got := d.writes(t, twiliotest.Inbound{From: anaSMS, To: twiliotest.ServiceNumber, Body: "hi"}); got.Text != "hi" {
			t.Errorf("%s: %+v", path, got)
		}
	}
	d := newDesk(t, twiliotest.Options{})
	d.connect(twiliotest.SMSNumber, "/service-sms") // the wrong channel's URL
	post, err := d.emulator.CustomerSends(d.ctx, twiliotest.Inbound{From: anaSMS, To: twiliotest.SMSNumber, Body: "hi"})
	if err != nil || post.Status() != http.StatusForbidden {
		t.Errorf("message for another channel: %v, answered %d", err, post.Status())
	}
}

func TestTokenRotationThroughTheEmulator(t *testing.T) {
	t.Parallel()
	const fresh = "0f0e0d0c0b0a09080706050403020100"
	d := newDesk(t, twiliotest.Options{})
	d.secrets = []model.Secret{{twilio.AuthToken: fresh}, d.secrets[0]}
	d.writes(t, twiliotest.Inbound{From: anaSMS, To: twiliotest.SMSNumber, Body: "signed with the former token"})
	d.emulator.SetToken(twiliotest.AccountSid, fresh)
	d.writes(t, twiliotest.Inbound{From: anaSMS, To: twiliotest.SMSNumber, Body: "signed with today's"})
}

func TestSendThroughTheEmulator(t *testing.T) {
	t.Parallel()
	for path, customer := range map[string]string{"/whatsapp": anaWhatsApp, "/sms": anaSMS, "/service-whatsapp": anaWhatsApp, "/service-sms": anaSMS} {
		t.Run(path, func(t *testing.T) {
			t.Parallel()
			d := newDesk(t, twiliotest.Options{ReadReceipts: true})
			d.connect(twiliotest.ServiceSid, path)
			c := channels[path]
			in := twiliotest.Inbound{From: customer, Service: c.Sender.Service, Body: "hi"}
			if in.Service == "" {
				in.To = map[string]string{"/whatsapp": twiliotest.WhatsAppNumber, "/sms": twiliotest.SMSNumber}[path]
			}
			d.writes(t, in)
			m := d.outgoing(path, anaSMS, "welcome & hello 👍")
			begun := time.Now()
			sid, err := d.provider.Send(d.ctx, c, d.secrets[0], m)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := d.emulator.WaitForMessage(d.ctx, customer, twiliotest.Says(m.Text)); err != nil {
				t.Fatal(err)
			}
			if err := d.emulator.WaitIdle(d.ctx); err != nil {
				t.Fatal(err)
			}
			want := []model.DeliveryStatus{model.Sent, model.Delivered}
			if c.Kind == model.WhatsApp {
				want = append(want, model.Read)
			}
			if got := d.reports(m.MessageID); !slices.Equal(got, want) {
				t.Errorf("reports %v, want %v", got, want)
			}
			found, err := d.provider.Find(d.ctx, c, d.secrets[0], m, begun, func(string) bool { return false })
			if err != nil || found == nil || found.ExternalID != sid || found.Status != want[len(want)-1] {
				t.Errorf("Find = %+v, %v; want %s", found, err, sid)
			}
		})
	}
}

// Whatever goes wrong, the class of the error is not kinder than the truth, and Find tells what really happened.
func TestFaultsOfTheEmulator(t *testing.T) {
	t.Parallel()
	d := newDesk(t, twiliotest.Options{HideUnsent: true, Manual: true})
	impatient := shortened(t, d)
	d.writes(t, twiliotest.Inbound{From: anaWhatsApp, To: twiliotest.WhatsAppNumber, Body: "hi"})
	cases := map[string]struct {
		fault   twiliotest.Fault
		outcome channel.Outcome
		taken   bool
	}{
		"hang, taken":        {twiliotest.Fault{Kind: twiliotest.Hang, Accept: true}, channel.Ambiguous, true},
		"hang, not taken":    {twiliotest.Fault{Kind: twiliotest.Hang}, channel.Ambiguous, false},
		"reset, taken":       {twiliotest.Fault{Kind: twiliotest.Reset, Accept: true}, channel.Ambiguous, true},
		"reset, not taken":   {twiliotest.Fault{Kind: twiliotest.Reset}, channel.Ambiguous, false},
		"500, taken":         {twiliotest.Fault{Kind: twiliotest.ServerError, Accept: true}, channel.Ambiguous, true},
		"500, not taken":     {twiliotest.Fault{Kind: twiliotest.ServerError}, channel.Ambiguous, false},
		"503 page":           {twiliotest.Fault{Kind: twiliotest.Unavailable}, channel.Ambiguous, false},
		"half of the answer": {twiliotest.Fault{Kind: twiliotest.Cut}, channel.Ambiguous, true},
		"rate":               {twiliotest.Fault{Kind: twiliotest.RateLimited, RetryAfter: 3 * time.Second}, channel.NotSent, false},
		"wrong token":        {twiliotest.Fault{Kind: twiliotest.Unauthorized}, channel.Credentials, false},
		"queue full":         {twiliotest.Fault{Kind: twiliotest.Refuse, Status: 400, Code: 21611, Text: "full"}, channel.NotSent, false},
		"opted out":          {twiliotest.Fault{Kind: twiliotest.Refuse, Status: 400, Code: 21610, Text: "no"}, channel.Rejected, false},
	}
	for name, tc := range cases {
		m := d.outgoing("/whatsapp", anaSMS, name)
		d.emulator.FailNext(1, tc.fault)
		sender := d.provider
		if tc.fault.Kind == twiliotest.Hang {
			sender = impatient
		}
		begun := time.Now()
		sid, err := sender.Send(context.Background(), channels["/whatsapp"], d.secrets[0], m)
		var e *channel.SendError
		if sid != "" || !errors.As(err, &e) || e.Outcome != tc.outcome || e.RetryAfter != tc.fault.RetryAfter {
			t.Errorf("%s: %q, %+v, want outcome %d", name, sid, err, tc.outcome)
		}
		found, err := d.provider.Find(d.ctx, channels["/whatsapp"], d.secrets[0], m, begun, func(string) bool { return false })
		if err != nil || (found != nil) != tc.taken {
			t.Errorf("%s: Find = %+v, %v; taken %v", name, found, err, tc.taken)
		}
	}
}

// A callback that comes before the answer to the send carries our id and teaches the SID.
func TestEarlyCallbackThroughTheEmulator(t *testing.T) {
	t.Parallel()
	d := newDesk(t, twiliotest.Options{})
	d.emulator.FailNext(1, twiliotest.Fault{Kind: twiliotest.EarlyAnswers, Delay: 50 * time.Millisecond})
	m := d.outgoing("/sms", anaSMS, "hello")
	sid, err := d.provider.Send(d.ctx, channels["/sms"], d.secrets[0], m)
	if err != nil {
		t.Fatal(err)
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if len(d.statuses) == 0 || d.statuses[0].MessageID != m.MessageID || d.statuses[0].ExternalID != sid {
		t.Errorf("reports before the answer: %+v", d.statuses)
	}
}

func TestFailedDeliveryThroughTheEmulator(t *testing.T) {
	t.Parallel()
	d := newDesk(t, twiliotest.Options{})
	m := d.outgoing("/whatsapp", anaSMS, "the window is closed")
	if _, err := d.provider.Send(d.ctx, channels["/whatsapp"], d.secrets[0], m); err != nil {
		t.Fatal(err)
	}
	if err := d.emulator.WaitIdle(d.ctx); err != nil {
		t.Fatal(err)
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	last := d.statuses[len(d.statuses)-1]
	if last.Status != model.Failed || last.ErrorCode != "63016" || !strings.Contains(last.Advice, "template") {
		t.Errorf("report %+v", last)
	}
}

func TestTemplateThroughTheEmulator(t *testing.T) {
	t.Parallel()
	d := newDesk(t, twiliotest.Options{})
	m := d.outgoing("/whatsapp", anaSMS, "")
	m.Template = &model.TemplateCall{ID: twiliotest.TemplateSid, Variables: map[string]string{"1": "Ana"}}
	begun := time.Now()
	sid, err := d.provider.Send(d.ctx, channels["/whatsapp"], d.secrets[0], m)
	if err != nil {
		t.Fatal(err)
	}
	arrived, err := d.emulator.WaitForMessage(d.ctx, anaWhatsApp, twiliotest.Contains("Ana"))
	if err != nil || arrived.ContentSid != twiliotest.TemplateSid || arrived.Variables != `{"1":"Ana"}` {
		t.Errorf("arrived %+v, %v", arrived, err)
	}
	found, err := d.provider.Find(d.ctx, channels["/whatsapp"], d.secrets[0], m, begun, func(string) bool { return false })
	if err != nil || found == nil || found.ExternalID != sid {
		t.Errorf("Find = %+v, %v", found, err)
	}
}

func TestCheckThroughTheEmulator(t *testing.T) {
	t.Parallel()
	d := newDesk(t, twiliotest.Options{})
	d.connect(twiliotest.ServiceSid, "/service-sms")
	for path, c := range channels {
		checked, err := d.provider.Check(d.ctx, c, d.secrets[0])
		if err != nil || len(checked.Warnings) > 0 {
			t.Errorf("%s: %+v, %v", path, checked, err)
		}
	}
	stranger := &model.Channel{Kind: model.SMS, Sender: model.Sender{ProviderAccount: twiliotest.AccountSid, PhoneNumber: "+15550199999"}}
	_, err := d.provider.Check(d.ctx, stranger, d.secrets[0])
	wantRefusal(t, "number of others", err, "sender.phoneNumber")
	_, err = d.provider.Check(d.ctx, channels["/sms"], model.Secret{twilio.AuthToken: "wrong"})
	wantRefusal(t, "wrong token", err, "authToken")
	stranger.Sender = model.Sender{ProviderAccount: twiliotest.AccountSid, Service: "MG00000000000000000000000000000009"}
	_, err = d.provider.Check(d.ctx, stranger, d.secrets[0])
	wantRefusal(t, "unknown service", err, "sender.messagingServiceSid")
	d.emulator.SetUseNumberWebhook(twiliotest.ServiceSid, true)
	checked, err := d.provider.Check(d.ctx, channels["/service-sms"], d.secrets[0])
	if err != nil || len(checked.Warnings) != 1 {
		t.Errorf("webhook of the number wins: %+v, %v", checked, err)
	}
}

func wantRefusal(t *testing.T, name string, err error, field string) {
	t.Helper()
	var e *model.Error
	if !errors.As(err, &e) || e.Code != model.ProviderRefused || strings.Join(e.Field, ".") != field {
		t.Errorf("%s: %v, want PROVIDER_REFUSED at %s", name, err, field)
	}
}

func TestFetchMediaThroughTheEmulator(t *testing.T) {
	t.Parallel()
	d := newDesk(t, twiliotest.Options{})
	in := d.writes(t, twiliotest.Inbound{From: anaWhatsApp, To: twiliotest.WhatsAppNumber,
		Media: []twiliotest.File{{Name: "bill.pdf", ContentType: "application/pdf", Data: []byte("%PDF-1.7 bill")}}})
	if len(in.Media) != 1 || in.Media[0].FileName != "bill.pdf" {
		t.Fatalf("message %+v", in)
	}
	media, err := d.provider.FetchMedia(d.ctx, channels["/whatsapp"], d.secrets[0], in.Media[0].URL)
	if err != nil {
		t.Fatal(err)
	}
	defer media.Body.Close()
	data, err := io.ReadAll(media.Body)
	if err != nil || string(data) != "%PDF-1.7 bill" || media.ContentType != "application/pdf" {
		t.Errorf("%q, %+v, %v", data, media, err)
	}
	fetches := d.emulator.MediaFetches()
	if len(fetches) != 1 || fetches[0].Authorized {
		t.Errorf("the store saw %+v", fetches)
	}
	_, err = d.provider.FetchMedia(d.ctx, channels["/whatsapp"], model.Secret{twilio.AuthToken: "wrong"}, in.Media[0].URL)
	if model.CodeOf(err) != model.ProviderRefused {
		t.Errorf("with a wrong token: %v", err)
	}
}

// A customer on WhatsApp sees that an answer is being written, for as long as their message is known.
func TestTypingThroughTheEmulator(t *testing.T) {
	t.Parallel()
	d := newDesk(t, twiliotest.Options{})
	sid := d.writes(t, twiliotest.Inbound{From: anaWhatsApp, To: twiliotest.WhatsAppNumber, Body: "hi"}).ExternalID
	whatsapp := &model.Channel{Kind: model.WhatsApp, Provider: model.Twilio, Sender: model.Sender{ProviderAccount: twiliotest.AccountSid, PhoneNumber: twiliotest.WhatsAppNumber}}
	secret := model.Secret{twilio.AuthToken: twiliotest.AuthToken}
	if err := d.provider.Type(t.Context(), whatsapp, secret, sid); err != nil {
		t.Error(err)
	}
	chat := d.emulator.Chat(anaWhatsApp)
	if len(chat) != 1 || chat[0].Typing != 1 {
		t.Errorf("%+v", chat)
	}
	var refused *channel.SendError
	if err := d.provider.Type(t.Context(), whatsapp, secret, "SM"+strings.Repeat("0", 32)); !errors.As(err, &refused) {
		t.Error(err)
	}
	sms := *whatsapp
	sms.Kind = model.SMS
	if err := d.provider.Type(t.Context(), &sms, secret, sid); err != nil {
		t.Error(err)
	}
}
