package twilio_test

import (
	"net"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/livedesk/livedesk/model"
	"github.com/livedesk/livedesk/server/channel"
	"github.com/livedesk/livedesk/server/channel/channeltest"
	"github.com/livedesk/livedesk/server/channel/twilio"
	"github.com/livedesk/livedesk/server/channel/twilio/twiliotest"
)

// line is the provider between the emulator and the conformance suite.
type line struct {
	*desk
	t     testing.TB
	short *twilio.Provider
}

const linePath = "/webhooks/twilio/7_5a"

func (l *line) Provider() channel.Provider { return l.short }
func (l *line) Channel() *model.Channel    { return channels["/whatsapp"] }
func (l *line) Secret() model.Secret       { return l.secrets[0] }
func (l *line) Former() model.Secret       { return model.Secret{twilio.AuthToken: strings.Repeat("f", 32)} }
func (l *line) SignatureHeader() string    { return "X-Twilio-Signature" }
func (l *line) Address() string            { return model.CleanAddress(anaWhatsApp) }
func (l *line) Forget()                    { l.emulator.Fail(gone) }
func (l *line) Foreign() string            { return "https://api.twilio.com.evil.example/a" }

// gone lets Twilio no longer have its files.
func gone(*twiliotest.Call) *twiliotest.Fault {
	return &twiliotest.Fault{Kind: twiliotest.Refuse, Status: http.StatusNotFound, Code: 20404, Text: "not found"}
}

func (l *line) Unreachable() channel.Provider {
	closed, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		l.t.Fatal(err)
	}
	closed.Close()
	p := twilio.New(twilio.Options{BaseURL: &url.URL{Scheme: "http", Host: closed.Addr().String()}, Timeout: time.Second})
	l.t.Cleanup(p.Close)
	return p
}

// sid makes a SID of any text.
func sid(id string) string {
	digits := strings.Map(func(c rune) rune {
		if c < '0' || c > '9' {
			return -1
		}
		return c
	}, id)
	return "SM" + strings.Repeat("0", 32-len(digits)) + digits
}

func (l *line) posted(query string, fields url.Values) *channel.Request {
	fields.Set("AccountSid", twiliotest.AccountSid)
	r := &channel.Request{Method: http.MethodPost, Public: &url.URL{Scheme: "https", Host: "desk.example.com"}, URI: linePath + query,
		Header: http.Header{}, Body: []byte(fields.Encode()), Now: time.Date(2026, 11, 23, 9, 30, 0, 0, time.UTC)}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return r
}

func (l *line) Message(id, text string) *channel.Request {
	return l.posted("", url.Values{"MessageSid": {sid(id)}, "SmsStatus": {"received"}, "NumMedia": {"0"}, "From": {anaWhatsApp}, "To": {twiliotest.WhatsAppNumber}, "Body": {text}})
}

func (l *line) Report(m *channel.Outgoing, id string, status model.DeliveryStatus) *channel.Request {
	fields := url.Values{"MessageSid": {sid(id)}, "MessageStatus": {strings.ToLower(string(status))}}
	if status == model.Failed {
		fields.Set("ErrorCode", "63016")
	}
	return l.posted("?m="+string(m.MessageID)+"&a=2", fields)
}

func (l *line) Sign(r *channel.Request, secret model.Secret) {
	fields, err := url.ParseQuery(string(r.Body))
	if err != nil {
		l.t.Fatal(err)
	}
	r.Header.Set("X-Twilio-Signature", twiliotest.Sign(secret[twilio.AuthToken], r.Public.String()+r.URI, fields))
}

func (l *line) FailNext(f channeltest.Failure) {
	l.emulator.FailNext(1, map[channeltest.Failure]twiliotest.Fault{
		channeltest.Hangs:        {Kind: twiliotest.Hang, Accept: true},
		channeltest.Breaks:       {Kind: twiliotest.Reset, Accept: true},
		channeltest.Garbles:      {Kind: twiliotest.Unavailable, Accept: true},
		channeltest.CutShort:     {Kind: twiliotest.Cut},
		channeltest.TooFast:      {Kind: twiliotest.RateLimited, RetryAfter: channeltest.RateWait},
		channeltest.Unauthorised: {Kind: twiliotest.Unauthorized},
		channeltest.Refused:      {Kind: twiliotest.Refuse, Status: http.StatusBadRequest, Code: 21211, Text: "Invalid 'To'"},
	}[f])
}

func (l *line) Taken() int {
	n := 0
	for _, m := range l.emulator.Ledger() {
		if m.Direction != "inbound" {
			n++
		}
	}
	return n
}

var picture = []byte("\x89PNG\r\n\x1a\n and the rest of it")

func (l *line) File() (model.IncomingMedia, []byte) {
	in := l.writes(l.t.(*testing.T), twiliotest.Inbound{From: anaWhatsApp, To: twiliotest.WhatsAppNumber, Media: []twiliotest.File{{ContentType: "image/png", Data: picture}}})
	return in.Media[0], picture
}

func TestConformance(t *testing.T) {
	t.Parallel()
	channeltest.Run(t, func(t *testing.T) channeltest.Harness {
		d := newDesk(t, twiliotest.Options{Manual: true})
		return &line{desk: d, t: t, short: shortened(t, d)}
	})
}
