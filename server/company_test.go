package server

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/livedesk/livedesk/model"
	"github.com/livedesk/livedesk/server/channel/cloudapi/cloudtest"
	meta "github.com/livedesk/livedesk/server/channel/cloudapi/cloudtest/openapi"
	"github.com/livedesk/livedesk/server/channel/twilio/twiliotest"
)

// company is the fake of a provider, as stories see it.
type company interface {
	// connect makes a channel at the address, and enters its webhook at the company.
	connect(w *world, name, address string)
	credentials(w *world, address string) string
	customerSays(ctx context.Context, from, text, to string, picture bool) (status int, err error)
	customerReceives(ctx context.Context, who, text string) error
	redeliver(ctx context.Context, n int) []int
	breakCredentials(w *world)
	taken() int // the status of a webhook that was taken
}

type twilioCompany struct {
	twilio *twiliotest.Twilio
	last   twiliotest.Post
}

func (c *twilioCompany) taken() int { return http.StatusNoContent }

func (c *twilioCompany) connect(w *world, name, address string) {
	c.twilio = w.twilio
	made := w.admin.must("createChannel", `{"name":"`+name+`","credentials":`+c.credentials(w, address)+`}`)
	url, _ := w.created(name, address, made)
	w.twilio.SetWebhook(address, url)
}

func (c *twilioCompany) credentials(w *world, address string) string {
	kind, sender := "twilioSms", `"phoneNumber":"`+address+`"`
	if number, ok := strings.CutPrefix(address, "whatsapp:"); ok {
		kind, sender = "twilioWhatsapp", `"phoneNumber":"`+number+`"`
	}
	if strings.HasPrefix(address, "MG") {
		kind, sender = "twilioWhatsapp", `"messagingServiceSid":"`+address+`"`
	}
	return `{"` + kind + `":{"accountSid":"` + twiliotest.AccountSid + `","authToken":"` + w.token + `","sender":{` + sender + `}}}`
}

func (c *twilioCompany) customerSays(ctx context.Context, from, text, to string, picture bool) (int, error) {
	in := twiliotest.Inbound{From: from, To: to, Body: text}
	if strings.HasPrefix(to, "MG") {
		in.Service, in.To = to, "whatsapp:"+twiliotest.ServiceNumber
	}
	if picture {
		in.Media = []twiliotest.File{{ContentType: "image/png", Data: pixel}}
	}
	var err error
	c.last, err = c.twilio.CustomerSends(ctx, in)
	return c.last.Status(), err
}

func (c *twilioCompany) customerReceives(ctx context.Context, who, text string) error {
	_, err := c.twilio.WaitForMessage(ctx, who, twiliotest.Says(text))
	return err
}

func (c *twilioCompany) redeliver(ctx context.Context, n int) (list []int) {
	for _, post := range c.twilio.Redeliver(ctx, c.last.MessageSid, n) {
		list = append(list, post.Status())
	}
	return list
}

func (c *twilioCompany) breakCredentials(w *world) {
	w.token = strings.Repeat("b", 32)
	w.twilio.SetToken(twiliotest.AccountSid, w.token)
}

// metaCompany is the WhatsApp Cloud API.
type metaCompany struct {
	meta  *cloudtest.Meta
	token string
	last  cloudtest.Post
}

// newMetaWorld is a world whose channels are at the WhatsApp Cloud API.
func newMetaWorld(t testing.TB) *world {
	t.Helper()
	c := &metaCompany{meta: cloudtest.New(cloudtest.Options{}), token: cloudtest.Token}
	host := httptest.NewServer(meta.Around(t, c.meta))
	t.Cleanup(func() { c.meta.Close(); host.Close() })
	w := newWorld(t, func(config *Config) { config.MetaURL = host.URL })
	w.company = c
	return w
}

func (c *metaCompany) taken() int { return http.StatusOK }

func (c *metaCompany) connect(w *world, name, address string) {
	made := w.admin.must("createChannel", `{"name":"`+name+`","credentials":`+c.credentials(w, address)+`}`)
	url, verify := w.created(name, address, made)
	if err := c.meta.SetWebhook(w.t.Context(), cloudtest.NumberID, url, verify); err != nil {
		w.t.Fatalf("%s: %v", w.line, err)
	}
}

func (c *metaCompany) credentials(_ *world, address string) string {
	return `{"whatsappCloud":{"phoneNumber":"` + model.CleanAddress(address) + `","phoneNumberId":"` + cloudtest.NumberID + `","businessAccountId":"` + cloudtest.AccountID +
		`","accessToken":"` + c.token + `","appSecret":"` + cloudtest.Secret + `"}}`
}

func (c *metaCompany) customerSays(ctx context.Context, from, text, _ string, picture bool) (int, error) {
	in := cloudtest.Inbound{From: model.CleanAddress(from), Text: text}
	if picture {
		in.File = &cloudtest.File{ContentType: "image/png", Data: pixel}
	}
	var err error
	c.last, err = c.meta.CustomerSends(ctx, in)
	return c.last.Status, err
}

func (c *metaCompany) customerReceives(ctx context.Context, who, text string) error {
	_, err := c.meta.WaitForMessage(ctx, model.CleanAddress(who), text)
	return err
}

func (c *metaCompany) redeliver(ctx context.Context, n int) (list []int) {
	for _, post := range c.meta.Redeliver(ctx, c.last.MessageID, n) {
		list = append(list, post.Status)
	}
	return list
}

func (c *metaCompany) breakCredentials(*world) {
	c.token = "EAAanotherToken"
	c.meta.SetToken(c.token)
}
