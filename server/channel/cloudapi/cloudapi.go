// Package cloudapi carries WhatsApp through the WhatsApp Cloud API of Meta.
//
// It owns Meta's signatures, webhook payloads, Graph API calls, error codes and media ids. The desk calls it through the
// contract of package channel, from any number of goroutines; a message carries its own id and the number of the attempt
// to Meta as biz_opaque_callback_data, which comes back with every report. Meta cannot be asked what became of a message,
// so there is no channel.Finder here: an answer that was lost is settled by reports alone. The package keeps nothing
// between calls, knows no database, and sends access tokens to Meta's hosts only.
package cloudapi

import (
	"net"
	"net/http"
	"net/url"
	"time"

	"github.com/livedesk/livedesk/model"
	"github.com/livedesk/livedesk/server/channel"
	"github.com/livedesk/livedesk/server/egress"
)

// The names of the secrets that a channel has. Webhooks are signed with the secret of the Meta app, not with the token.
const (
	AccessToken = "accessToken"
	AppSecret   = "appSecret"
)

// DefaultTimeout bounds a call to the Graph API when the context has no deadline.
const DefaultTimeout = 10 * time.Second

// DefaultVersion is the version of the Graph API that is called. Meta serves one for about two years.
const DefaultVersion = "v23.0"

// graphHost is where the Graph API is.
const graphHost = "https://graph.facebook.com"

// userAgent has the form that Meta's description of the API asks for.
const userAgent = "Livedesk/1.0.0"

// Options configure the provider; the zero value is right for production.
type Options struct {
	// BaseURL stands in for every host of Meta (LIVEDESK_META_URL); nil for Meta itself. A path like /v24.0 at its end
	// chooses the version of the Graph API.
	BaseURL *url.URL
	// Guard is the way out for every request. Nil: one that reaches public addresses, and BaseURL.
	Guard *egress.Guard
	// Timeout of a call whose context has no deadline; 0: DefaultTimeout.
	Timeout time.Duration
}

// Provider implements channel.Provider, channel.Verifier, channel.BodyLimiter, channel.MediaFetcher,
// channel.MediaLimiter, channel.Chooser and channel.Typist.
type Provider struct {
	base      *url.URL // with the version; without a slash at the end
	standIn   bool     // base is not Meta's own
	guard     *egress.Guard
	transport http.RoundTripper // for the API; it tells of connections by httptrace
	media     *http.Client      // for files
	timeout   time.Duration
}

var (
	_ channel.Provider     = (*Provider)(nil)
	_ channel.Verifier     = (*Provider)(nil)
	_ channel.BodyLimiter  = (*Provider)(nil)
	_ channel.MediaFetcher = (*Provider)(nil)
	_ channel.MediaLimiter = (*Provider)(nil)
	_ channel.Chooser      = (*Provider)(nil)
)

// New makes the provider.
func New(o Options) *Provider {
	p := &Provider{base: graphAddress(o.BaseURL), guard: o.Guard, timeout: o.Timeout}
	p.standIn = o.BaseURL != nil && !metaHost(o.BaseURL.Hostname()) // else it chooses a version
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

// graphAddress is where calls go: the stand-in or Meta, with the version that its path names or the default one.
func graphAddress(standIn *url.URL) *url.URL {
	base := standIn
	if base == nil {
		base, _ = url.Parse(graphHost)
	}
	if base.Path == "" || base.Path == "/" {
		return base.JoinPath(DefaultVersion)
	}
	return base
}

// private is what the guard may reach besides the public internet: the stand-in, if there is one.
func private(base *url.URL) []string {
	if base == nil {
		return nil
	}
	port := base.Port()
	if port == "" {
		port = map[string]string{"http": "80", "https": "443"}[base.Scheme]
	}
	return []string{net.JoinHostPort(base.Hostname(), port)}
}

// Name is WHATSAPP_CLOUD.
func (*Provider) Name() model.ProviderName { return model.WhatsAppCloud }

// Route is the path segment of Meta's webhooks.
func (*Provider) Route() string { return "whatsapp" }

// Fragment is empty: Meta tries again for days by itself.
func (*Provider) Fragment() string { return "" }

// MaxMedia is how many files one message holds: on WhatsApp a file is a message.
func (*Provider) MaxMedia(model.ChannelKind) int { return 1 }

// MaxBody is how large Meta's batches get (3 MB).
func (*Provider) MaxBody() int64 { return 3 << 20 }

// Close closes idle connections. The provider can still be used.
func (p *Provider) Close() { p.guard.Close() }
