package twilio

import (
	"net/http"
	"path/filepath"
	"strings"
	"testing"

	"github.com/livedesk/livedesk/model"
	"github.com/livedesk/livedesk/server/channel"
	"github.com/livedesk/livedesk/server/channel/channeltest"
)

// FuzzReceive reads any body as a webhook of a channel and asks that whatever comes out can be stored: no NUL, no
// invalid UTF-8, a sender and a kind, and a request that is JSON.
func FuzzReceive(f *testing.F) {
	files, err := filepath.Glob("testdata/*/*.txt")
	if err != nil || len(files) == 0 {
		f.Fatal("no recorded requests", err)
	}
	for _, file := range files {
		r := recorded(f, file)
		f.Add(r.Body, r.URI)
	}
	f.Add([]byte("InteractiveData=%7B%22list_reply%22%3A%7B%22id%22%3A%22%5Cud800%5Cu0000%22%7D%7D&From=x&Latitude=1e400"), "?m=%00")
	f.Fuzz(func(t *testing.T, body []byte, uri string) {
		parsed, refusal := readForm(formRequest(body))
		if refusal != nil {
			return
		}
		for _, c := range []*model.Channel{byNumber(model.SMS), byService(model.WhatsApp)} {
			// Make it genuine and the channel's own, so that everything else is read as it came.
			parsed["AccountSid"] = []string{testAccount}
			parsed["MessageSid"] = []string{"SM00000000000000000000000000000003"}
			parsed["To"], parsed["MessagingServiceSid"] = []string{testNumber}, []string{testService}
			r := formRequest([]byte(encode(parsed)))
			r.URI = uri
			r.Header.Set("X-Twilio-Signature", signature(testToken, addresses(testPublic, uri)[0]+signedFields(parsed)))
			got, err := New(Options{}).Receive(r, c, []model.Secret{testSecret})
			if err == nil {
				channeltest.CheckStorable(t, got)
			}
		}
	})
}

func formRequest(body []byte) *channel.Request {
	r := &channel.Request{Method: http.MethodPost, Public: testPublic, Header: http.Header{}, Body: body, Now: testNow}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return r
}

func encode(f form) string {
	var pairs []string
	for name, values := range f {
		for _, v := range values {
			pairs = append(pairs, percent(name)+"="+percent(v))
		}
	}
	return strings.Join(pairs, "&")
}

func percent(s string) string {
	var b strings.Builder
	for _, c := range []byte(s) {
		b.WriteByte('%')
		b.WriteByte("0123456789ABCDEF"[c>>4])
		b.WriteByte("0123456789ABCDEF"[c&15])
	}
	return b.String()
}

// The texts of fault F24: each must become something that Postgres stores, and keep what can be kept.
func TestTextIsCleanedAndKept(t *testing.T) {
	t.Parallel()
	cases := map[string]string{
		"plain":                      "plain",
		"\x00":                       "",
		"a\x00b":                     "ab",
		"\xff":                       "\uFFFD",
		"a\xc3":                      "a\uFFFD",
		"\xed\xa0\x80":               "\uFFFD",          // a lone surrogate
		"\u202Eabc\u200F":            "\u202Eabc\u200F", // right to left
		"\U0001F469\u200D\U0001F4BB": "\U0001F469\u200D\U0001F4BB",
		"e\u0301\u200B\uFEFF":        "e\u0301\u200B\uFEFF",
		"'; drop table x;--":         "'; drop table x;--",
		strings.Repeat("x", model.MaxIncomingText+1):                strings.Repeat("x", model.MaxIncomingText),
		strings.Repeat("\u0301", model.MaxIncomingText/2+1):         strings.Repeat("\u0301", model.MaxIncomingText/2),
		strings.Repeat("x", model.MaxIncomingText-1) + "\U0001F600": strings.Repeat("x", model.MaxIncomingText-1),
	}
	for text, want := range cases {
		got := form{"Body": {text}, "From": {"whatsapp:+15551234567"}}.message(testNow)
		if got.Text != want {
			t.Errorf("%.20q became %.20q (%d bytes), want %.20q (%d bytes)", text, got.Text, len(got.Text), want, len(want))
		}
	}
}
