// Package twilio carries WhatsApp and SMS through Twilio: by a number or by a Messaging Service.
//
// It owns Twilio's signatures, webhook forms, API calls, error codes and media links. The desk calls it through the
// contract of package channel, from any number of goroutines; in the StatusURL of a message it puts the message's id as
// query parameter "m" and the number of the attempt as "a". The package keeps nothing between calls, knows no database,
// and sends credentials to Twilio's hosts only. It must not import the root package of twilio-go, which compiles every
// product of Twilio.
package twilio

import (
	"net"
	"net/http"
	"net/url"
	"time"

	"github.com/livedesk/livedesk/model"
	"github.com/livedesk/livedesk/server/channel"
	"github.com/livedesk/livedesk/server/egress"
)

// AuthToken is the name of the one secret that a Twilio channel has. API keys cannot take its place: Twilio signs
// webhooks with the Auth Token only.
const AuthToken = "authToken"

// DefaultTimeout bounds a call to Twilio's API when the context has no deadline.
const DefaultTimeout = 10 * time.Second

// Options configure the provider; the zero value is right for production.
type Options struct {
	// BaseURL stands in for every *.twilio.com host (LIVEDESK_TWILIO_URL); nil for Twilio itself.
	BaseURL *url.URL
	// Guard is the way out for every request, to Twilio and to where its media links lead. Nil: one that reaches public
	// addresses, and BaseURL.
	Guard *egress.Guard
	// Timeout of a call whose context has no deadline; 0: DefaultTimeout.
	Timeout time.Duration
}

// Provider implements channel.Provider, channel.MediaFetcher and channel.Finder.
type Provider struct {
	base      *url.URL
	guard     *egress.Guard
	transport http.RoundTripper // for the API; it tells of connections by httptrace
	media     *http.Client      // for files
	timeout   time.Duration
}

var (
	_ channel.Provider     = (*Provider)(nil)
	_ channel.MediaFetcher = (*Provider)(nil)
	_ channel.Finder       = (*Provider)(nil)
)

// New makes the provider.
func New(o Options) *Provider {
	p := &Provider{base: o.BaseURL, guard: o.Guard, timeout: o.Timeout}
	if p.timeout <= 0 {
		p.timeout = DefaultTimeout
	}
	if p.guard == nil {
		p.guard = egress.New(egress.Options{Private: private(o.BaseURL)})
	}
	p.transport = p.guard.Transport()
	p.media = p.guard.Client(egress.Limits{Timeout: mediaTimeout, MaxBytes: maxMedia})
	return p
}

// private is what the guard may reach besides the public internet: the stand-in, if there is one.
func private(base *url.URL) []string {
	if base == nil {
		return nil
	}
	port := base.Port()
	if port == "" {
		port = map[string]string{"http": "80"}[base.Scheme]
	}
	if port == "" {
		port = "443"
	}
	return []string{net.JoinHostPort(base.Hostname(), port)}
}

// Name is TWILIO.
func (*Provider) Name() model.ProviderName { return model.Twilio }

// Route is the path segment of Twilio's webhooks.
func (*Provider) Route() string { return "twilio" }

// Fragment makes Twilio try a webhook again up to five times after a failed connection, a time-out or a 5xx. By
// itself it tries once more, and only when it could not connect.
func (*Provider) Fragment() string { return "rc=5&rp=ct,rt,5xx" }

// MaxMedia is how many files Twilio takes in one message on a channel of the kind; Send rejects more.
func (*Provider) MaxMedia(kind model.ChannelKind) int {
	if kind == model.WhatsApp {
		return 1
	}
	return 10
}

// Close closes idle connections. The provider can still be used.
func (p *Provider) Close() { p.guard.Close() }
