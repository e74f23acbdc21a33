package twiliotest_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	api "github.com/twilio/twilio-go/rest/api/v2010"

	"github.com/livedesk/livedesk/server/channel/twilio/twiliotest"
)

// Every read operation once; the check against Twilio's documents is in newWorld.
func TestResourcesHaveTwiliosForm(t *testing.T) {
	t.Parallel()
	w := newWorld(t, twiliotest.Options{})
	account := "/2010-04-01/Accounts/" + twiliotest.AccountSid
	w.AddNumber(twiliotest.AccountSid, "12345")
	p := w.writes(t, twiliotest.Inbound{From: ana, To: twiliotest.WhatsAppNumber, Media: []twiliotest.File{
		{Name: "cat.jpg", ContentType: "image/jpeg", Data: []byte("jpeg")},
	}})
	w.sends(t, "From", "12345", "To", "+4917012345678")
	media := strings.TrimPrefix(p.Form.Get("MediaUrl0"), "https://api.twilio.com")
	numbers := w.call(t, account+"/IncomingPhoneNumbers.json?PhoneNumber="+url.QueryEscape(twiliotest.SMSNumber), nil)
	number := numbers.fields["incoming_phone_numbers"].([]any)[0].(map[string]any)["sid"].(string)
	senders := w.call(t, "/v2/Channels/Senders?Channel=whatsapp", nil)
	sender := senders.fields["senders"].([]any)[0].(map[string]any)["sid"].(string)
	for _, path := range []string{
		account + ".json", account + "/Messages.json", account + "/Messages/" + p.MessageSid + ".json",
		account + "/Messages/" + p.MessageSid + "/Media.json", media + ".json",
		account + "/IncomingPhoneNumbers.json", account + "/IncomingPhoneNumbers/" + number + ".json",
		account + "/SMS/ShortCodes.json?ShortCode=12345", "/v1/Services", "/v1/Services/" + twiliotest.ServiceSid,
		"/v1/Services/" + twiliotest.ServiceSid + "/PhoneNumbers",
		"/v1/Services/" + twiliotest.ServiceSid + "/ChannelSenders",
		"/v2/Channels/Senders?Channel=whatsapp", "/v2/Channels/Senders/" + sender,
		"/v1/Content/" + twiliotest.TemplateSid, "/v1/ContentAndApprovals",
	} {
		if a := w.call(t, path, nil); a.status != http.StatusOK {
			t.Errorf("GET %s: %d %s", path, a.status, a.text)
		}
	}
	for path, form := range map[string]url.Values{
		account + "/IncomingPhoneNumbers/" + number + ".json": {"SmsUrl": {"https://desk.example/a#rc=5"}, "SmsMethod": {"POST"}},
		"/v1/Services/" + twiliotest.ServiceSid:               {"InboundRequestUrl": {"https://desk.example/b"}},
		"/v2/Indicators/Typing.json":                          {"channel": {"whatsapp"}, "messageId": {p.MessageSid}},
	} {
		if a := w.call(t, path, form); a.status != http.StatusOK {
			t.Errorf("POST %s: %d %s", path, a.status, a.text)
		}
	}
	if w.Webhook(twiliotest.SMSNumber) != "https://desk.example/a#rc=5" || w.Webhook(twiliotest.ServiceSid) != "https://desk.example/b" {
		t.Errorf("webhooks are %q and %q", w.Webhook(twiliotest.SMSNumber), w.Webhook(twiliotest.ServiceSid))
	}
}

func TestSenderTakesItsWebhookAsJSON(t *testing.T) {
	t.Parallel()
	w := newWorld(t, twiliotest.Options{})
	senders := w.call(t, "/v2/Channels/Senders?Channel=whatsapp", nil)
	sid := senders.fields["senders"].([]any)[0].(map[string]any)["sid"].(string)
	body := `{"webhook":{"callback_url":"https://desk.example/c","callback_method":"POST","status_callback_url":"https://desk.example/s"}}`
	r, err := http.NewRequestWithContext(w.ctx, http.MethodPost, w.url+"/v2/Channels/Senders/"+sid, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.SetBasicAuth(twiliotest.AccountSid, twiliotest.AuthToken)
	r.Header.Set("Content-Type", "application/json")
	if a := do(r); a.status != http.StatusAccepted || w.Webhook(twiliotest.WhatsAppNumber) != "https://desk.example/c" {
		t.Errorf("update: %d %s; webhook %q", a.status, a.text, w.Webhook(twiliotest.WhatsAppNumber))
	}
}

func TestListMessages(t *testing.T) {
	t.Parallel()
	start := time.Date(2026, 3, 1, 23, 59, 0, 0, time.UTC)
	w := newWorld(t, twiliotest.Options{Now: func() time.Time { return start }, HideUnsent: true, Manual: true})
	var sids []string
	for i := range 7 {
		p := w.writes(t, twiliotest.Inbound{From: ana, To: twiliotest.WhatsAppNumber, Body: fmt.Sprint(i)})
		sids = append([]string{p.MessageSid}, sids...)
		w.Advance(time.Minute)
	}
	w.writes(t, twiliotest.Inbound{From: "+4917012345678", To: twiliotest.SMSNumber, Body: "not this one"})
	w.sends(t)
	list := func(p *api.ListMessageParams) (found []string) {
		t.Helper()
		messages, err := w.library().ListMessage(p)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range messages {
			found = append(found, *m.Sid)
		}
		return found
	}
	toUs := func() *api.ListMessageParams {
		return new(api.ListMessageParams).SetTo(twiliotest.WhatsAppNumber)
	}
	for _, c := range []struct {
		name   string
		params *api.ListMessageParams
		want   []string
	}{
		{"all, over pages", toUs().SetPageSize(2), sids},
		{"after", toUs().SetDateSentAfter(start.Add(4 * time.Minute)), sids[:3]},
		{"before", toUs().SetDateSentBefore(start.Add(time.Minute)), sids[5:]},
		{"between", toUs().SetDateSentAfter(start.Add(time.Minute)).SetDateSentBefore(start.Add(2 * time.Minute)), sids[4:6]},
		{"a day", toUs().SetDateSent(start), sids[6:]},
		{"from somebody else", toUs().SetFrom("whatsapp:+4999"), nil},
		{"not yet sent", new(api.ListMessageParams).SetTo(ana).SetDateSentAfter(start), nil},
	} {
		if got := list(c.params); fmt.Sprint(got) != fmt.Sprint(c.want) {
			t.Errorf("%s:\n%v, want\n%v", c.name, got, c.want)
		}
	}
	if got := list(new(api.ListMessageParams).SetTo(ana)); len(got) != 1 {
		t.Errorf("without a date the unsent message is listed: %v", got)
	}
}

func TestLibrarySendsAndFetches(t *testing.T) {
	t.Parallel()
	w := newWorld(t, twiliotest.Options{})
	params := new(api.CreateMessageParams).SetTo("+4917012345678").SetFrom(twiliotest.SMSNumber).SetBody("hello")
	created, err := w.library().CreateMessage(params)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.WaitForStatus(w.ctx, *created.Sid, "delivered"); err != nil {
		t.Fatal(err)
	}
	fetched, err := w.library().FetchMessage(*created.Sid, nil)
	if err != nil || *fetched.Status != "delivered" || fetched.DateSent == nil {
		t.Errorf("fetched %+v, %v", fetched, err)
	}
	if err := w.library().DeleteMessage(*created.Sid, nil); err != nil {
		t.Error(err)
	}
	if _, err := w.library().FetchMessage(*created.Sid, nil); err == nil || len(w.Ledger()) != 1 {
		t.Errorf("after deletion: %v, %d in the ledger", err, len(w.Ledger()))
	}
}

func TestMediaIsBehindARedirect(t *testing.T) {
	t.Parallel()
	w := newWorld(t, twiliotest.Options{})
	p := w.writes(t, twiliotest.Inbound{From: ana, To: twiliotest.WhatsAppNumber, Media: []twiliotest.File{
		{Name: "cat.jpg", ContentType: "image/jpeg", Data: []byte("jpeg")},
	}})
	path := strings.TrimPrefix(p.Form.Get("MediaUrl0"), "https://api.twilio.com")
	if a := w.callAs(t, twiliotest.AccountSid, "wrong", path, nil); a.status != http.StatusUnauthorized {
		t.Errorf("without the token: %d", a.status)
	}
	a := w.call(t, path, nil)
	if a.status != http.StatusTemporaryRedirect {
		t.Fatalf("with the token: %d %s", a.status, a.text)
	}
	resp, err := http.Get(w.url + a.header.Get("Location"))
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	data, err := io.ReadAll(resp.Body)
	if err != nil || string(data) != "jpeg" || resp.Header.Get("Content-Type") != "image/jpeg" {
		t.Errorf("the file: %q, %v, %v", data, resp.Header, err)
	}
	w.call(t, a.header.Get("Location"), nil)
	if got := w.MediaFetches(); len(got) != 2 || got[0].Authorized || !got[1].Authorized {
		t.Errorf("fetches: %+v", got)
	}
}

func TestOutboundMediaIsFetched(t *testing.T) {
	t.Parallel()
	w := newWorld(t, twiliotest.Options{})
	w.writes(t, twiliotest.Inbound{From: ana, To: twiliotest.WhatsAppNumber, Body: "hi"})
	p := w.writes(t, twiliotest.Inbound{From: ana, To: twiliotest.WhatsAppNumber, Media: []twiliotest.File{
		{Name: "bill.pdf", ContentType: "application/pdf", Data: []byte("pdf")},
	}})
	m, _ := w.Message(p.MessageSid)
	w.sends(t, "MediaUrl", w.url+m.Media[0].Path)
	got, err := w.WaitForMessage(w.ctx, ana, twiliotest.Anything)
	if err != nil || len(got.Media) != 1 || got.Media[0].ContentType != "application/pdf" || !strings.HasPrefix(got.Sid, "MM") {
		t.Errorf("arrived: %+v, %v", got, err)
	}
}

func TestReceives(t *testing.T) {
	t.Parallel()
	w := newWorld(t, twiliotest.Options{})
	w.writes(t, twiliotest.Inbound{From: ana, To: twiliotest.WhatsAppNumber, Body: "hi"})
	w.sends(t, "Body", "before")
	if err := w.WaitIdle(w.ctx); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(w.ctx)
	arrivals := w.Receives(ctx, ana)
	for i := range 5 {
		w.sends(t, "Body", fmt.Sprint(i))
		if m := <-arrivals; m.Body != fmt.Sprint(i) {
			t.Errorf("received %q, want %d", m.Body, i)
		}
	}
	cancel()
	if m, open := <-arrivals; open {
		t.Errorf("received %q after the end", m.Body)
	}
}
