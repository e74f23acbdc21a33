package cloudapi

import (
	"net/url"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/livedesk/livedesk/model"
	"github.com/livedesk/livedesk/server/channel"
	"github.com/livedesk/livedesk/server/channel/channeltest"
	"github.com/livedesk/livedesk/server/channel/cloudapi/cloudtest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var (
	testPublic = &url.URL{Scheme: "https", Host: "desk.example.com"}
	testNow    = time.Date(2026, 11, 23, 9, 30, 0, 0, time.UTC)
	testSecret = model.Secret{AccessToken: cloudtest.Token, AppSecret: cloudtest.Secret}
)

func testChannel() *model.Channel {
	return &model.Channel{Kind: model.WhatsApp, Provider: model.WhatsAppCloud,
		Sender: model.Sender{ProviderAccount: cloudtest.AccountID, PhoneNumber: cloudtest.Number, NumberID: cloudtest.NumberID}}
}

// recorded reads a webhook as it came over the wire.
func recorded(t testing.TB, file string) *channel.Request {
	r := channeltest.Read(t, file)
	r.Public, r.Now = testPublic, testNow
	return r
}

func TestRecorded(t *testing.T) {
	t.Parallel()
	channeltest.Recorded(t, "testdata/*/*.txt", func(t *testing.T, file string) (*channel.Received, error) {
		return New(Options{}).Receive(recorded(t, file), testChannel(), []model.Secret{testSecret})
	})
}

// FuzzReceive reads any well-signed body as a webhook and asks that whatever comes out can be stored.
func FuzzReceive(f *testing.F) {
	for _, file := range []string{"batch", "odd-values", "interactive-flow", "contacts-two", "nul-and-lone-surrogate"} {
		f.Add(recorded(f, "testdata/inbound/"+file+".txt").Body)
	}
	f.Add(recorded(f, "testdata/status/failed-window.txt").Body)
	f.Fuzz(func(t *testing.T, body []byte) {
		r := recorded(t, "testdata/inbound/text.txt")
		r.Body = body
		r.Header.Set(signatureHeader, cloudtest.Sign(cloudtest.Secret, body))
		if got, err := New(Options{}).Receive(r, testChannel(), []model.Secret{testSecret}); err == nil {
			channeltest.CheckStorable(t, got)
		}
	})
}
