// Package egress is the one way out to addresses that somebody else chose: media of a customer's message, the endpoint
// of an AI Agent, a webhook of the account. The server makes a Guard and gives its clients to whoever fetches. What
// counts is the address that is dialled, after every look-up, so neither a spelling nor a name that changes its answer
// reaches the machine, its network or a cloud's metadata service. It must not know what is fetched, nor hold a
// credential, and it never uses a proxy of the environment.
package egress

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// ErrRefused is in the chain of every error about an address or a URL that the Guard does not allow. The text around it
// says why and names the host or address, never path, query or user information. (A *url.Error around that adds the
// whole URL: log the inner error when URLs hold tokens.)
var ErrRefused = errors.New("egress refused")

// The defaults of Options, and the limits that no option changes.
const (
	DefaultTimeout  = 30 * time.Second
	DefaultMaxBytes = 16 << 20

	connectTimeout = 10 * time.Second
	idleTimeout    = 90 * time.Second
	maxHeaderBytes = 64 << 10
)

// Options say what a Guard allows.
type Options struct {
	Private   []string      // exact "host:port", as written in the URLs: any address, any port, and http as well as https
	Timeout   time.Duration // of a whole request with its redirects and body; 0 means DefaultTimeout
	MaxBytes  int64         // of a response body; 0 means DefaultMaxBytes
	UserAgent string        // for requests that name none
	Resolver  *net.Resolver // nil means the system's
}

// Guard decides where a request may go. It is safe for concurrent use.
type Guard struct {
	options   Options
	private   map[string]bool
	transport *http.Transport
}

// New makes a Guard. An entry of Options.Private that CheckPrivate refuses allows nothing.
func New(o Options) *Guard {
	if o.Timeout <= 0 {
		o.Timeout = DefaultTimeout
	}
	if o.MaxBytes <= 0 {
		o.MaxBytes = DefaultMaxBytes
	}
	g := &Guard{options: o, private: map[string]bool{}}
	for _, entry := range o.Private {
		g.private[strings.ToLower(entry)] = true
	}
	g.transport = &http.Transport{
		Proxy:                  nil,
		DialContext:            g.dial,
		ForceAttemptHTTP2:      true,
		DisableCompression:     true, // a small answer must not unpack to a large one
		TLSHandshakeTimeout:    connectTimeout,
		IdleConnTimeout:        idleTimeout,
		MaxIdleConnsPerHost:    8,
		MaxResponseHeaderBytes: maxHeaderBytes,
	}
	return g
}

// CheckPrivate tells what is wrong with entries meant for Options.Private, and nil when nothing is.
func CheckPrivate(entries []string) error {
	for _, entry := range entries {
		host, port, err := net.SplitHostPort(entry)
		if err != nil || host == "" {
			return fmt.Errorf("private address %q: write host:port", entry)
		}
		if n, err := strconv.ParseUint(port, 10, 16); err != nil || n == 0 {
			return fmt.Errorf("private address %q: the port is a number from 1 to 65535", entry)
		}
	}
	return nil
}

// Limits of one client; what is zero comes from the Options of the Guard.
type Limits struct {
	Timeout  time.Duration // of a whole request with its redirects and body
	MaxBytes int64         // of a response body
}

// Client makes a client with the limits. It does not follow redirects: a 3xx is returned to the caller (see Follow).
// A body that is declared or found to be longer than MaxBytes gives ErrTooLarge. Clients of one Guard share their
// connections.
func (g *Guard) Client(l Limits) *http.Client {
	if l.Timeout <= 0 {
		l.Timeout = g.options.Timeout
	}
	if l.MaxBytes <= 0 {
		l.MaxBytes = g.options.MaxBytes
	}
	return &http.Client{
		Transport: &capped{next: g.Transport(), max: l.MaxBytes},
		Timeout:   l.Timeout,
		CheckRedirect: func(*http.Request, []*http.Request) error {
			return http.ErrUseLastResponse
		},
	}
}

// Transport is the guarded way out without limits of time and size, for a library that brings its own client.
func (g *Guard) Transport() http.RoundTripper { return guarded{g} }

// Close closes the idle connections. The Guard can still be used.
func (g *Guard) Close() { g.transport.CloseIdleConnections() }

type guarded struct{ guard *Guard }

// RoundTrip refuses a URL that may not be fetched and sends any other request.
func (t guarded) RoundTrip(req *http.Request) (*http.Response, error) {
	if err := t.guard.Check(req.URL); err != nil {
		if req.Body != nil {
			req.Body.Close()
		}
		return nil, err
	}
	if ua := t.guard.options.UserAgent; ua != "" && req.Header.Get("User-Agent") == "" {
		req = req.Clone(req.Context())
		req.Header.Set("User-Agent", ua)
	}
	return t.guard.transport.RoundTrip(req)
}

// CloseIdleConnections lets http.Client.CloseIdleConnections work.
func (t guarded) CloseIdleConnections() { t.guard.Close() }

// dial connects to "host:port". Every address that the look-up of the host gave passes through refuseDialled before a
// packet leaves, unless the operator listed exactly this host and port.
func (g *Guard) dial(ctx context.Context, network, target string) (net.Conn, error) {
	d := net.Dialer{Timeout: connectTimeout, Resolver: g.options.Resolver}
	if !g.private[strings.ToLower(target)] {
		d.Control = refuseDialled
	}
	return d.DialContext(ctx, network, target)
}
