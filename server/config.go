package server

import (
	"errors"
	"fmt"
	"net"
	"net/mail"
	"net/netip"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/caarlos0/env/v11"
	"github.com/jackc/pgx/v5"

	"github.com/livedesk/livedesk/db"
)

// Config is everything that can be set. It is read from the environment once, in ReadConfig, and nowhere else.
type Config struct {
	Addr           string        `env:"LIVEDESK_ADDR" envDefault:"127.0.0.1:8080"`
	PublicURL      string        `env:"LIVEDESK_PUBLIC_URL"`
	Mode           string        `env:"LIVEDESK_MODE"`
	DataDir        string        `env:"LIVEDESK_DATA_DIR"`
	DatabaseURL    string        `env:"DATABASE_URL" secret:"true"`
	AdminEmail     string        `env:"LIVEDESK_ADMIN_EMAIL" envDefault:"admin@livedesk.local"`
	AdminPassword  string        `env:"LIVEDESK_ADMIN_PASSWORD" secret:"true"`
	AllowedOrigins []string      `env:"LIVEDESK_ALLOWED_ORIGINS"`
	TrustedProxies []string      `env:"LIVEDESK_TRUSTED_PROXIES"`
	PrivateHosts   []string      `env:"LIVEDESK_PRIVATE_HOSTS"`
	TwilioURL      string        `env:"LIVEDESK_TWILIO_URL"`
	MetaURL        string        `env:"LIVEDESK_META_URL"`
	BlobURL        string        `env:"LIVEDESK_BLOB_URL" secret:"true"`
	SecretKeys     string        `env:"LIVEDESK_SECRET_KEYS" secret:"true"`
	EventRetention time.Duration `env:"LIVEDESK_EVENT_RETENTION" envDefault:"168h"`
	AiPause        time.Duration `env:"LIVEDESK_AI_PAUSE" envDefault:"1500ms"`

	public  *url.URL
	twilio  *url.URL
	meta    *url.URL
	proxies []netip.Prefix
}

// The modes. Development shows GraphiQL, names unknown fields' neighbours, and lets any loopback page in.
const (
	Development = "development"
	Production  = "production"
)

// ReadConfig reads the environment, fills in what is not set, and checks the whole. The error names every setting
// that is wrong, one per line.
func ReadConfig() (*Config, error) {
	c := &Config{}
	unread := env.Parse(c)
	if err := c.Complete(); err != nil {
		return nil, err // it names what could not be read, too: that is empty
	}
	if unread != nil {
		return nil, fmt.Errorf("read the settings: %w", unread)
	}
	return c, nil
}

// Complete fills in what depends on other settings and checks everything.
func (c *Config) Complete() error {
	c.fillIn()
	var w wrong
	c.checkAddresses(&w)
	c.checkNeighbours(&w)
	c.checkData(&w)
	return errors.Join(w...)
}

// wrong collects what is wrong with the settings.
type wrong []error

func (w *wrong) add(setting, text string) { *w = append(*w, fmt.Errorf("%s: %s", setting, text)) }

func (c *Config) fillIn() {
	if c.Mode == "" {
		c.Mode = Production
		if isLoopback(c.Addr) && c.PublicURL == "" {
			c.Mode = Development
		}
	}
	if c.PublicURL == "" {
		c.PublicURL = "http://" + c.Addr
	}
	if c.DataDir == "" {
		c.DataDir = defaultDataDir()
	}
}

// checkAddresses looks at where the desk is reached.
func (c *Config) checkAddresses(w *wrong) {
	if _, _, err := net.SplitHostPort(c.Addr); err != nil {
		w.add("LIVEDESK_ADDR", "give host:port, like 127.0.0.1:8080")
	}
	if c.Mode != Development && c.Mode != Production {
		w.add("LIVEDESK_MODE", "give development or production")
	}
	if c.Mode == Development && !isLoopback(c.Addr) {
		w.add("LIVEDESK_MODE", "development is for a loopback address only: it opens the desk to every local page")
	}
	c.public = webURL(c.PublicURL)
	switch {
	case c.public != nil:
		c.PublicURL = c.public.String()
	case c.PublicURL != "http://"+c.Addr: // else it is LIVEDESK_ADDR that is wrong
		w.add("LIVEDESK_PUBLIC_URL", "give the address under which Twilio and browsers reach the desk, like https://desk.example.com")
	}
}

// checkNeighbours looks at whom the desk trusts or calls.
func (c *Config) checkNeighbours(w *wrong) {
	if c.TwilioURL != "" {
		if c.twilio = webURL(c.TwilioURL); c.twilio == nil {
			w.add("LIVEDESK_TWILIO_URL", "give an address like http://127.0.0.1:8090, or nothing for Twilio itself")
		}
	}
	if c.MetaURL != "" {
		if c.meta = webURL(c.MetaURL); c.meta == nil {
			w.add("LIVEDESK_META_URL", "give an address like http://127.0.0.1:8091, or nothing for Meta itself")
		}
	}
	for _, o := range c.AllowedOrigins {
		if u := webURL(o); u == nil || u.Path != "" {
			w.add("LIVEDESK_ALLOWED_ORIGINS", fmt.Sprintf("%q is not an origin: give scheme://host[:port] without a path", o))
		}
	}
	c.proxies = nil
	for _, p := range c.TrustedProxies {
		prefix, err := parsePrefix(p)
		if err != nil {
			w.add("LIVEDESK_TRUSTED_PROXIES", fmt.Sprintf("%q is neither an address nor a network like 10.0.0.0/8", p))
		}
		c.proxies = append(c.proxies, prefix)
	}
	for _, h := range c.PrivateHosts {
		if host, port, err := net.SplitHostPort(h); err != nil || host == "" || port == "" {
			w.add("LIVEDESK_PRIVATE_HOSTS", fmt.Sprintf("%q is not host:port", h))
		}
	}
}

// checkData looks at what is kept and under which secrets. No message repeats a value.
func (c *Config) checkData(w *wrong) {
	if _, err := pgx.ParseConfig(c.DatabaseURL); err != nil && c.DatabaseURL != "" {
		w.add("DATABASE_URL", "give an address like postgres://user:password@host:5432/name, or nothing for a Postgres of the desk's own")
	}
	if _, err := db.ParseKeyRing(c.SecretKeys); err != nil && c.SecretKeys != "" {
		w.add("LIVEDESK_SECRET_KEYS", err.Error())
	}
	if a, err := mail.ParseAddress(c.AdminEmail); err != nil || a.Address != strings.TrimSpace(c.AdminEmail) {
		w.add("LIVEDESK_ADMIN_EMAIL", "give an e-mail address, like hana@example.com")
	}
	if n := utf8.RuneCountInString(c.AdminPassword); n != 0 && (n < 10 || n > 200) {
		w.add("LIVEDESK_ADMIN_PASSWORD", "give 10 to 200 characters")
	}
	if c.AiPause != 0 && (c.AiPause < 100*time.Millisecond || c.AiPause > 30*time.Second) {
		w.add("LIVEDESK_AI_PAUSE", "give a time from 100ms to 30s, like 1500ms: a customer who writes again within it gets one answer to all")
	}
	if c.EventRetention < time.Hour {
		w.add("LIVEDESK_EVENT_RETENTION", "give a time of at least 1h, like 168h: subscribers resume from the log")
	}
}

// listensAt fills in the public address where the port was left to the system (":0").
func (c *Config) listensAt(addr string) {
	if c.PublicURL == "http://"+c.Addr {
		c.PublicURL = "http://" + addr
		c.public = webURL(c.PublicURL)
	}
}

// Private lists the host:ports that calls may reach though private: those named, and those of the URL settings.
func (c *Config) Private() []string {
	all := append([]string{}, c.PrivateHosts...)
	for _, u := range []*url.URL{c.twilio, c.meta} {
		if u != nil {
			all = append(all, hostPort(u))
		}
	}
	return all
}

func hostPort(u *url.URL) string {
	if u.Port() != "" {
		return u.Host
	}
	return net.JoinHostPort(u.Hostname(), map[string]string{"http": "80", "https": "443"}[u.Scheme])
}

func webURL(s string) *url.URL {
	u, err := url.Parse(strings.TrimSuffix(s, "/"))
	if err != nil || u.Host == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" || (u.Scheme != "http" && u.Scheme != "https") {
		return nil
	}
	return u
}

func parsePrefix(s string) (netip.Prefix, error) {
	if a, err := netip.ParseAddr(s); err == nil {
		return netip.PrefixFrom(a, a.BitLen()), nil
	}
	return netip.ParsePrefix(s)
}

func isLoopback(addr string) bool {
	host, _, err := net.SplitHostPort(addr)
	if err != nil {
		return false
	}
	if host == "localhost" {
		return true
	}
	a, err := netip.ParseAddr(host)
	return err == nil && a.IsLoopback()
}

// defaultDataDir is where the private Postgres can run: its user must be able to reach the folder, which rules out
// root's home.
func defaultDataDir() string {
	if os.Getuid() == 0 {
		return "/var/lib/livedesk"
	}
	if home, err := os.UserHomeDir(); err == nil {
		return filepath.Join(home, ".local", "share", "livedesk")
	}
	return ".data"
}
