package server

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/caarlos0/env/v11"
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
	BlobURL        string        `env:"LIVEDESK_BLOB_URL" secret:"true"`
	SecretKeys     string        `env:"LIVEDESK_SECRET_KEYS" secret:"true"`
	EventRetention time.Duration `env:"LIVEDESK_EVENT_RETENTION" envDefault:"168h"`

	public  *url.URL
	twilio  *url.URL
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
	if err := env.Parse(c); err != nil {
		return nil, fmt.Errorf("read the settings: %w", err)
	}
	return c, c.Complete()
}

// Complete fills in what depends on other settings and checks everything.
func (c *Config) Complete() error {
	loopback := isLoopback(c.Addr)
	if c.Mode == "" {
		c.Mode = Production
		if loopback && c.PublicURL == "" {
			c.Mode = Development
		}
	}
	if c.PublicURL == "" {
		c.PublicURL = "http://" + c.Addr
	}
	if c.DataDir == "" {
		c.DataDir = defaultDataDir()
	}
	var wrong []error
	no := func(setting, text string) { wrong = append(wrong, fmt.Errorf("%s: %s", setting, text)) }
	if _, _, err := net.SplitHostPort(c.Addr); err != nil {
		no("LIVEDESK_ADDR", "give host:port, like 127.0.0.1:8080")
	}
	if c.Mode != Development && c.Mode != Production {
		no("LIVEDESK_MODE", "give development or production")
	}
	if c.Mode == Development && !loopback {
		no("LIVEDESK_MODE", "development is for a loopback address only: it opens the desk to every local page")
	}
	if c.public = webURL(c.PublicURL); c.public == nil {
		no("LIVEDESK_PUBLIC_URL", "give the address under which Twilio and browsers reach the desk, like https://desk.example.com")
	}
	if c.TwilioURL != "" {
		if c.twilio = webURL(c.TwilioURL); c.twilio == nil {
			no("LIVEDESK_TWILIO_URL", "give an address like http://127.0.0.1:8090, or nothing for Twilio itself")
		}
	}
	for _, o := range c.AllowedOrigins {
		if u := webURL(o); u == nil || u.Path != "" {
			no("LIVEDESK_ALLOWED_ORIGINS", fmt.Sprintf("%q is not an origin: give scheme://host[:port] without a path", o))
		}
	}
	for _, p := range c.TrustedProxies {
		prefix, err := parsePrefix(p)
		if err != nil {
			no("LIVEDESK_TRUSTED_PROXIES", fmt.Sprintf("%q is neither an address nor a network like 10.0.0.0/8", p))
		}
		c.proxies = append(c.proxies, prefix)
	}
	for _, h := range c.PrivateHosts {
		if host, port, err := net.SplitHostPort(h); err != nil || host == "" || port == "" {
			no("LIVEDESK_PRIVATE_HOSTS", fmt.Sprintf("%q is not host:port", h))
		}
	}
	if c.EventRetention < time.Hour {
		no("LIVEDESK_EVENT_RETENTION", "give at least 1h: subscribers resume from the log")
	}
	if c.AdminPassword != "" && len(c.AdminPassword) < 10 {
		no("LIVEDESK_ADMIN_PASSWORD", "give at least 10 characters")
	}
	return errors.Join(wrong...)
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
	if c.twilio != nil {
		all = append(all, hostPort(c.twilio))
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
