package twilio

import (
	"errors"
	"net/http"
	"path/filepath"
	"strings"
	"testing"

	"github.com/livedesk/livedesk/model"
	"github.com/livedesk/livedesk/server/channel"
	"github.com/livedesk/livedesk/server/channel/channeltest"
)

// TestRecorded reads requests in the shape that Twilio sends them, signed. The beginning of the file name says what channel
// they are for.
func TestRecorded(t *testing.T) {
	t.Parallel()
	channeltest.Recorded(t, "testdata/*/*.txt", func(t *testing.T, file string) (*channel.Received, error) {
		return New(Options{}).Receive(recorded(t, file), channelOf(filepath.Base(file)), []model.Secret{testSecret})
	})
}

func channelOf(file string) *model.Channel {
	switch {
	case strings.HasPrefix(file, "service-sms"):
		return byService(model.SMS)
	case strings.HasPrefix(file, "service"):
		return byService(model.WhatsApp)
	case strings.HasPrefix(file, "sms"):
		return byNumber(model.SMS)
	}
	return byNumber(model.WhatsApp)
}

func TestReceiveRefusesWhatIsForAnotherChannel(t *testing.T) {
	t.Parallel()
	whatsapp, sms := byNumber(model.WhatsApp), byNumber(model.SMS)
	cases := map[string]struct {
		channel *model.Channel
		change  map[string]string
		status  int
		reason  string
	}{
		"other account":         {whatsapp, map[string]string{"AccountSid": "AC0000000000000000000000000000000f"}, 403, "account"},
		"no account":            {&model.Channel{Kind: model.WhatsApp}, map[string]string{"AccountSid": ""}, 403, "account"},
		"other number":          {whatsapp, map[string]string{"To": "whatsapp:+15550002222"}, 403, "number"},
		"no number":             {whatsapp, map[string]string{"To": ""}, 403, "number"},
		"channel of no number":  {&model.Channel{Kind: model.WhatsApp, Sender: model.Sender{ProviderAccount: testAccount}}, map[string]string{"To": ""}, 403, "number"},
		"SMS on WhatsApp":       {whatsapp, map[string]string{"From": "+15551234567", "To": testNumber}, 403, "came by SMS"},
		"WhatsApp on SMS":       {sms, nil, 403, "came by WhatsApp"},
		"Messenger on SMS":      {sms, map[string]string{"From": "messenger:12345678"}, 403, "another medium"},
		"other service":         {byService(model.WhatsApp), map[string]string{"MessagingServiceSid": "MG0000000000000000000000000000000f"}, 403, "Service"},
		"no service":            {byService(model.WhatsApp), nil, 403, "Service"},
		"no sender":             {whatsapp, map[string]string{"From": "whatsapp:"}, 400, "sender"},
		"no message":            {whatsapp, map[string]string{"MessageSid": ""}, 400, "no message"},
		"account before number": {whatsapp, map[string]string{"AccountSid": "AC0", "To": "whatsapp:+15550002222"}, 403, "account"},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := New(Options{}).Receive(posted(inbound(tc.change), testPath), tc.channel, []model.Secret{testSecret})
			wantRefusal(t, got, err, tc.status, tc.reason)
		})
	}
}

func TestReceiveRefusesWhatIsNoForm(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		change func(*channel.Request)
		reason string
	}{
		"GET":           {func(r *channel.Request) { r.Method = http.MethodGet }, "HTTP POST"},
		"JSON":          {func(r *channel.Request) { r.Header.Set("Content-Type", "application/json") }, "not a form"},
		"no type":       {func(r *channel.Request) { r.Header.Del("Content-Type") }, "not a form"},
		"bad escape":    {func(r *channel.Request) { r.Body = append(r.Body, "&x=%zz"...) }, "not encoded"},
		"bad name":      {func(r *channel.Request) { r.Body = append(r.Body, "&%=1"...) }, "not encoded"},
		"10,000 fields": {func(r *channel.Request) { r.Body = []byte(strings.Repeat("a=1&", 10000)) }, "too many"},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := posted(inbound(nil), testPath)
			tc.change(r)
			got, err := New(Options{}).Receive(r, byNumber(model.WhatsApp), []model.Secret{testSecret})
			wantRefusal(t, got, err, http.StatusBadRequest, tc.reason)
		})
	}
}

func wantRefusal(t *testing.T, got *channel.Received, err error, status int, reason string) {
	t.Helper()
	var refusal *channel.Refusal
	if !errors.As(err, &refusal) || got != nil {
		t.Fatalf("got %+v, %v; want a refusal", got, err)
	}
	if refusal.Status != status || !strings.Contains(refusal.Reason, reason) {
		t.Errorf("refused with %d %q, want %d and %q", refusal.Status, refusal.Reason, status, reason)
	}
	for _, hidden := range []string{testToken, "5a5a5a5a", "15551234567", testNumber} {
		if strings.Contains(refusal.Reason, hidden) {
			t.Errorf("the reason %q holds %q", refusal.Reason, hidden)
		}
	}
}
