package twilio

import (
	"encoding/json"
	"errors"
	"flag"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/livedesk/livedesk/model"
	"github.com/livedesk/livedesk/server/channel"
)

var update = flag.Bool("update", false, "write the expected results anew")

// TestRecorded reads requests in the shape that Twilio sends them, signed, and compares all of what the desk gets with
// the JSON beside them. The beginning of the file name says what channel they are for.
func TestRecorded(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/*/*.txt")
	if err != nil || len(files) < 50 {
		t.Fatalf("%d recorded requests, %v", len(files), err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txt"), func(t *testing.T) {
			t.Parallel()
			got, err := New(Options{}).Receive(recorded(t, file), channelOf(filepath.Base(file)), []model.Secret{testSecret})
			if err != nil {
				t.Fatal(err)
			}
			compare(t, strings.TrimSuffix(file, ".txt")+".json", got)
		})
	}
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

func compare(t *testing.T, golden string, got *channel.Received) {
	t.Helper()
	var tree any
	text, err := json.Marshal(got)
	if err == nil {
		err = json.Unmarshal(text, &tree)
	}
	if err == nil {
		text, err = json.MarshalIndent(prune(tree), "", "  ")
	}
	if err != nil {
		t.Fatal(err)
	}
	if *update {
		if err := os.WriteFile(golden, append(text, '\n'), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if string(want) != string(text)+"\n" {
		t.Errorf("%s differs; got\n%s", golden, text)
	}
}

// prune leaves out what is empty, except in the request as it came, so that a new field of the model changes no file.
func prune(tree any) any {
	switch v := tree.(type) {
	case map[string]any:
		for name, value := range v {
			if name == "Raw" {
				continue
			}
			if value = prune(value); value == nil || value == "" || value == 0.0 || value == false {
				delete(v, name)
			}
		}
	case []any:
		for i := range v {
			v[i] = prune(v[i])
		}
	}
	return tree
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
