package twiliotest_test

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/twilio/twilio-go/client"

	"github.com/livedesk/livedesk/server/channel/twilio/twiliotest"
	"github.com/livedesk/livedesk/server/channel/twilio/twiliotest/openapi"
)

// desk stands at the other end of the webhooks. It takes what Twilio's own library calls genuine.
type desk struct {
	*httptest.Server
	validator client.RequestValidator

	mu     sync.Mutex
	forms  []url.Values
	tokens []string
	answer func(w http.ResponseWriter, form url.Values)
}

func newDesk(t *testing.T, authToken string) *desk {
	t.Helper()
	d := &desk{validator: client.NewRequestValidator(authToken)}
	d.Server = httptest.NewServer(d)
	t.Cleanup(d.Close)
	return d
}

func (d *desk) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	form, parseErr := url.ParseQuery(string(body))
	genuine := d.validator.ValidateBody(d.URL+r.RequestURI, body, r.Header.Get("X-Twilio-Signature"))
	if err != nil || parseErr != nil || !genuine {
		w.WriteHeader(http.StatusForbidden)
		return
	}
	d.mu.Lock()
	d.forms = append(d.forms, form)
	d.tokens = append(d.tokens, r.Header.Get("I-Twilio-Idempotency-Token"))
	answer := d.answer
	d.mu.Unlock()
	if answer != nil {
		answer(w, form)
		return
	}
	w.WriteHeader(http.StatusNoContent)
}

func (d *desk) answers(how func(w http.ResponseWriter, form url.Values)) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.answer = how
}

func (d *desk) received() []url.Values {
	d.mu.Lock()
	defer d.mu.Unlock()
	return append([]url.Values(nil), d.forms...)
}

// statuses are the MessageStatus of the callbacks about a message, as they came.
func (d *desk) statuses(sid string) string {
	var all []string
	for _, form := range d.received() {
		if form.Get("MessageSid") == sid && form.Has("MessageStatus") {
			all = append(all, form.Get("MessageStatus"))
		}
	}
	return strings.Join(all, " ")
}

// world is an emulator with the default account, checked against Twilio's documents, and a desk to post to.
type world struct {
	*twiliotest.Twilio
	desk *desk
	url  string
	ctx  context.Context
}

const ana = "whatsapp:+4917012345678"

func newWorld(t *testing.T, o twiliotest.Options) *world {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	t.Cleanup(cancel)
	w := &world{Twilio: twiliotest.New(o), ctx: ctx}
	w.AddDefault()
	server := httptest.NewServer(openapi.Around(t, w.Twilio))
	w.url = server.URL
	w.desk = newDesk(t, twiliotest.AuthToken)
	t.Cleanup(func() {
		w.Close()
		server.Close()
	})
	for _, to := range []string{twiliotest.WhatsAppNumber, twiliotest.SMSNumber, twiliotest.ServiceSid} {
		w.SetWebhook(to, w.desk.URL+"/webhooks/twilio/1_key#rc=5&rp=ct,rt,5xx")
	}
	return w
}

// writes lets a customer write, which opens the window for answers.
func (w *world) writes(t *testing.T, in twiliotest.Inbound) twiliotest.Post {
	t.Helper()
	p, err := w.CustomerSends(w.ctx, in)
	if err != nil || !p.OK() {
		t.Fatalf("customer sends: %v, status %d", err, p.Status())
	}
	return p
}
