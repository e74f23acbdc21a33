package twilio_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/livedesk/livedesk/model"
	"github.com/livedesk/livedesk/server/channel"
	"github.com/livedesk/livedesk/server/channel/twilio"
	"github.com/livedesk/livedesk/server/channel/twilio/twiliotest"
	"github.com/livedesk/livedesk/server/channel/twilio/twiliotest/openapi"
)

const (
	anaWhatsApp = "whatsapp:+4917012345678"
	anaSMS      = "+4917012345678"
)

// desk is the provider between the emulator, whose API is held against Twilio's documents, and a server that takes its
// webhooks as the desk will.
type desk struct {
	*httptest.Server
	emulator *twiliotest.Twilio
	provider *twilio.Provider
	secrets  []model.Secret
	ctx      context.Context

	mu       sync.Mutex
	messages []model.Incoming
	statuses []model.StatusReport
}

// channels are those of the emulator's default account, by the path of their webhooks.
var channels = map[string]*model.Channel{
	"/whatsapp":         {Kind: model.WhatsApp, Sender: model.Sender{ProviderAccount: twiliotest.AccountSid, PhoneNumber: model.CleanAddress(twiliotest.WhatsAppNumber)}},
	"/sms":              {Kind: model.SMS, Sender: model.Sender{ProviderAccount: twiliotest.AccountSid, PhoneNumber: twiliotest.SMSNumber}},
	"/service-whatsapp": {Kind: model.WhatsApp, Sender: model.Sender{ProviderAccount: twiliotest.AccountSid, Service: twiliotest.ServiceSid}},
	"/service-sms":      {Kind: model.SMS, Sender: model.Sender{ProviderAccount: twiliotest.AccountSid, Service: twiliotest.ServiceSid}},
	"/pool-number":      {Kind: model.SMS, Sender: model.Sender{ProviderAccount: twiliotest.AccountSid, PhoneNumber: twiliotest.ServiceNumber}},
}

func newDesk(t *testing.T, o twiliotest.Options) *desk {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	t.Cleanup(cancel)
	d := &desk{emulator: twiliotest.New(o), ctx: ctx, secrets: []model.Secret{{twilio.AuthToken: twiliotest.AuthToken}}}
	d.emulator.AddDefault()
	api := httptest.NewServer(openapi.Around(t, d.emulator))
	base, err := url.Parse(api.URL)
	if err != nil {
		t.Fatal(err)
	}
	d.provider = twilio.New(twilio.Options{BaseURL: base})
	d.Server = httptest.NewServer(d)
	t.Cleanup(func() {
		d.emulator.Close()
		d.provider.Close()
		api.Close()
		d.Close()
	})
	d.connect(twiliotest.WhatsAppNumber, "/whatsapp")
	d.connect(twiliotest.SMSNumber, "/sms")
	return d
}

// connect sets the webhook at the emulator to the channel at the path.
func (d *desk) connect(sender, path string) {
	d.emulator.SetWebhook(sender, d.URL+path+"#"+d.provider.Fragment())
}

func (d *desk) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return
	}
	public, err := url.Parse(d.URL)
	if err != nil {
		return
	}
	request := &channel.Request{Method: r.Method, Public: public, URI: r.RequestURI, Header: r.Header, Body: body, Now: time.Now()}
	d.mu.Lock()
	defer d.mu.Unlock()
	got, err := d.provider.Receive(request, channels[r.URL.Path], d.secrets)
	var refusal *channel.Refusal
	if errors.As(err, &refusal) {
		w.WriteHeader(refusal.Status)
		return
	}
	d.messages = append(d.messages, got.Messages...)
	d.statuses = append(d.statuses, got.Statuses...)
	w.WriteHeader(http.StatusNoContent)
}

// writes lets a customer write, and returns what the desk made of it.
func (d *desk) writes(t *testing.T, in twiliotest.Inbound) model.Incoming {
	t.Helper()
	post, err := d.emulator.CustomerSends(d.ctx, in)
	if err != nil || !post.OK() {
		t.Fatalf("customer sends: %v, answered %d", err, post.Status())
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.messages[len(d.messages)-1]
}

// reports are the statuses that came for one of our messages, in the order of their rank, each once.
func (d *desk) reports(id model.ID) []model.DeliveryStatus {
	d.mu.Lock()
	defer d.mu.Unlock()
	var list []model.DeliveryStatus
	for _, s := range d.statuses {
		if s.MessageID == id {
			list = append(list, s.Status)
		}
	}
	slices.SortFunc(list, func(a, b model.DeliveryStatus) int { return a.Rank() - b.Rank() })
	return slices.Compact(list)
}

// outgoing is a message whose reports come to the channel at the path.
func (d *desk) outgoing(path, to, text string) *channel.Outgoing {
	id := model.NewID(model.KindMessage)
	return &channel.Outgoing{MessageID: id, To: to, Text: text, StatusURL: d.URL + path + "?m=" + string(id)}
}

// shortened is a provider that does not wait long for the same emulator.
func shortened(t *testing.T, d *desk) *twilio.Provider {
	t.Helper()
	api := httptest.NewServer(openapi.Around(t, d.emulator))
	base, err := url.Parse(api.URL)
	if err != nil {
		t.Fatal(err)
	}
	p := twilio.New(twilio.Options{BaseURL: base, Timeout: time.Second})
	t.Cleanup(func() {
		d.emulator.Close() // lets requests go that hang
		p.Close()
		api.Close()
	})
	return p
}
