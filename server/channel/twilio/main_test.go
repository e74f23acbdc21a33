package twilio

import (
	"crypto/hmac"
	"crypto/sha1"
	"encoding/base64"
	"net/http"
	"net/url"
	"slices"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/livedesk/livedesk/model"
	"github.com/livedesk/livedesk/server/channel"
	"github.com/livedesk/livedesk/server/channel/channeltest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	testAccount = "AC00000000000000000000000000000001"
	testService = "MG00000000000000000000000000000002"
	testToken   = "0123456789abcdef0123456789abcdef"
	testNumber  = "+15550001111"
	testPath    = "/webhooks/twilio/7_5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a"
)

var (
	testPublic = &url.URL{Scheme: "https", Host: "desk.example.com"}
	testNow    = time.Date(2026, 11, 23, 9, 30, 0, 0, time.UTC)
	testSecret = model.Secret{AuthToken: testToken}
)

func byNumber(kind model.ChannelKind) *model.Channel {
	return &model.Channel{
		Kind: kind, Provider: model.Twilio,
		Sender: model.Sender{ProviderAccount: testAccount, PhoneNumber: testNumber},
	}
}

func byService(kind model.ChannelKind) *model.Channel {
	return &model.Channel{
		Kind: kind, Provider: model.Twilio,
		Sender: model.Sender{ProviderAccount: testAccount, Service: testService},
	}
}

// recorded reads a webhook as it came over the wire.
func recorded(t testing.TB, file string) *channel.Request {
	t.Helper()
	r := channeltest.Read(t, file)
	r.Public, r.Now = testPublic, testNow
	return r
}

// sign is what Twilio does with a form whose fields differ in name, written apart from the code under test.
func sign(token, address string, fields url.Values) string {
	text := address
	var names []string
	for name := range fields {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		text += name + fields.Get(name)
	}
	mac := hmac.New(sha1.New, []byte(token))
	mac.Write([]byte(text))
	return base64.StdEncoding.EncodeToString(mac.Sum(nil))
}

// posted is a webhook with the fields, signed for the configured address.
func posted(fields url.Values, uri string) *channel.Request {
	r := &channel.Request{
		Method: http.MethodPost, Public: testPublic, URI: uri, Header: http.Header{},
		Body: []byte(fields.Encode()), Now: testNow,
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("X-Twilio-Signature", sign(testToken, testPublic.String()+uri, fields))
	return r
}

// inbound is an ordinary WhatsApp message with some fields changed; an empty value takes the field out.
func inbound(change map[string]string) url.Values {
	fields := url.Values{
		"MessageSid": {"SM00000000000000000000000000000003"}, "SmsStatus": {"received"}, "NumMedia": {"0"},
		"AccountSid": {testAccount}, "From": {"whatsapp:+15551234567"}, "To": {"whatsapp:" + testNumber}, "Body": {"hello"},
	}
	for name, value := range change {
		fields.Set(name, value)
		if value == "" {
			fields.Del(name)
		}
	}
	return fields
}
