package cloudapi

import (
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/livedesk/livedesk/model"
	"github.com/livedesk/livedesk/server/channel"
	"github.com/livedesk/livedesk/server/channel/channeltest"
	"github.com/livedesk/livedesk/server/channel/cloudapi/cloudtest"
	"github.com/livedesk/livedesk/server/channel/cloudapi/cloudtest/openapi"
)

const customer = "+447700900101"

// line is the provider between the fake, whose requests are held against Meta's document, and a test.
type line struct {
	t        testing.TB
	meta     *cloudtest.Meta
	provider *Provider
	webhook  string // that takes everything
}

func newLine(t testing.TB, o cloudtest.Options) *line {
	t.Helper()
	l := &line{t: t, meta: cloudtest.New(o)}
	api := httptest.NewServer(openapi.Around(t, l.meta))
	taken := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Write([]byte(r.URL.Query().Get("hub.challenge")))
	}))
	l.provider, l.webhook = providerAt(t, api.URL), taken.URL
	t.Cleanup(func() {
		l.meta.Close() // lets requests go that hang
		api.Close()
		taken.Close()
	})
	if err := l.meta.SetWebhook(t.Context(), cloudtest.NumberID, l.webhook, "any"); err != nil {
		t.Fatal(err)
	}
	return l
}

func providerAt(t testing.TB, address string) *Provider {
	t.Helper()
	base, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	p := New(Options{BaseURL: base, Timeout: time.Second})
	t.Cleanup(p.Close)
	return p
}

func (l *line) Provider() channel.Provider { return l.provider }
func (l *line) Channel() *model.Channel    { return testChannel() }
func (l *line) Secret() model.Secret       { return testSecret }
func (l *line) SignatureHeader() string    { return signatureHeader }
func (l *line) Address() string            { return customer }
func (l *line) Taken() int                 { return len(l.meta.Messages()) }
func (l *line) Forget()                    { l.meta.Forget() }
func (l *line) Foreign() string            { return "https://lookaside.fbsbx.com.evil.example/a" }

func (l *line) Former() model.Secret {
	return model.Secret{AccessToken: "EAAformer", AppSecret: strings.Repeat("f", 32)}
}

func (l *line) Unreachable() channel.Provider {
	closed, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		l.t.Fatal(err)
	}
	closed.Close()
	return providerAt(l.t, "http://"+closed.Addr().String())
}

func (l *line) Message(id, text string) *channel.Request {
	written, err := json.Marshal(text)
	if err != nil {
		l.t.Fatal(err)
	}
	return posted(fmt.Sprintf(`"contacts":[{"profile":{"name":"Ana"},"wa_id":"447700900101"}],
		"messages":[{"from":"447700900101","id":"wamid.%s","timestamp":"1764000000","type":"text","text":{"body":%s}}]`, id, written))
}

func (l *line) Report(m *channel.Outgoing, id string, status model.DeliveryStatus) *channel.Request {
	return posted(fmt.Sprintf(`"statuses":[{"id":"wamid.%s","status":"%s","recipient_id":"447700900101","biz_opaque_callback_data":"%s","errors":[{"code":131026}]}]`,
		id, strings.ToLower(string(status)), callback(m)))
}

// posted is a webhook of the channel's number that is not signed.
func posted(value string) *channel.Request {
	body := `{"object":"whatsapp_business_account","entry":[{"id":"1","changes":[{"field":"messages","value":{"metadata":{"phone_number_id":"` + cloudtest.NumberID + `"},` + value + `}}]}]}`
	return &channel.Request{Method: http.MethodPost, Public: testPublic, URI: "/webhooks/whatsapp/7_5a", Header: http.Header{"Content-Type": {"application/json"}}, Body: []byte(body), Now: testNow}
}

func (l *line) Sign(r *channel.Request, secret model.Secret) {
	r.Header.Set(signatureHeader, cloudtest.Sign(secret[AppSecret], r.Body))
}

func (l *line) FailNext(f channeltest.Failure) {
	l.meta.FailNext(1, map[channeltest.Failure]cloudtest.Fault{
		channeltest.Hangs:        {Kind: cloudtest.Hang, Accept: true},
		channeltest.Breaks:       {Kind: cloudtest.Reset, Accept: true},
		channeltest.Garbles:      {Kind: cloudtest.Unavailable, Accept: true},
		channeltest.CutShort:     {Kind: cloudtest.Cut},
		channeltest.TooFast:      {Kind: cloudtest.Refuse, Status: 400, Code: 130429, RetryAfter: channeltest.RateWait},
		channeltest.Unauthorised: {Kind: cloudtest.Refuse, Status: 401, Code: 190},
		channeltest.Refused:      {Kind: cloudtest.Refuse, Status: 400, Code: 131026},
	}[f])
}

var picture = []byte("\x89PNG\r\n\x1a\n and the rest of it")

func (l *line) File() (model.IncomingMedia, []byte) {
	return l.sends(cloudtest.File{ContentType: "image/png", Data: picture}), picture
}

// sends lets a customer send a file, and returns what its webhook said.
func (l *line) sends(f cloudtest.File) model.IncomingMedia {
	l.t.Helper()
	body, err := l.meta.Payload(cloudtest.Inbound{From: customer, File: &f})
	if err != nil {
		l.t.Fatal(err)
	}
	r := posted("")
	r.Body = body
	l.Sign(r, testSecret)
	got, err := l.provider.Receive(r, testChannel(), []model.Secret{testSecret})
	if err != nil || len(got.Messages) != 1 || len(got.Messages[0].Media) != 1 {
		l.t.Fatal(got, err)
	}
	return got.Messages[0].Media[0]
}

func TestConformance(t *testing.T) {
	t.Parallel()
	channeltest.Run(t, func(t *testing.T) channeltest.Harness { return newLine(t, cloudtest.Options{Manual: true}) })
}
