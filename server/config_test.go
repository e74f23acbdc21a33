package server

import (
	"slices"
	"strings"
	"testing"
	"time"
)

const goodKey = "1:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="

func TestConfigChecksEverySetting(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name    string
		change  func(*Config)
		setting string // that is wrong; empty: none
	}{
		{"the defaults", func(*Config) {}, ""},
		{"a port alone", func(c *Config) { c.Addr = ":8080" }, ""},
		{"no port", func(c *Config) { c.Addr = "127.0.0.1" }, "LIVEDESK_ADDR"},
		{"no address", func(c *Config) { c.Addr = "" }, "LIVEDESK_ADDR"},
		{"another mode", func(c *Config) { c.Mode = "test" }, "LIVEDESK_MODE"},
		{"development on every address", func(c *Config) { c.Addr, c.Mode = "0.0.0.0:8080", Development }, "LIVEDESK_MODE"},
		{"development by name", func(c *Config) { c.Addr, c.Mode = "localhost:8080", Development }, ""},
		{"development on a loopback of IPv6", func(c *Config) { c.Addr, c.Mode = "[::1]:8080", Development }, ""},
		{"a public address without scheme", func(c *Config) { c.PublicURL = "desk.example.com" }, "LIVEDESK_PUBLIC_URL"},
		{"a public address of another scheme", func(c *Config) { c.PublicURL = "ftp://desk.example.com" }, "LIVEDESK_PUBLIC_URL"},
		{"a public address with a user", func(c *Config) { c.PublicURL = "https://a:b@desk.example.com" }, "LIVEDESK_PUBLIC_URL"},
		{"a public address with a query", func(c *Config) { c.PublicURL = "https://desk.example.com/?a=b" }, "LIVEDESK_PUBLIC_URL"},
		{"a public address with a fragment", func(c *Config) { c.PublicURL = "https://desk.example.com/#a" }, "LIVEDESK_PUBLIC_URL"},
		{"a public address below a path", func(c *Config) { c.PublicURL = "https://example.com:8443/desk/" }, ""},
		{"a Twilio of nowhere", func(c *Config) { c.TwilioURL = "127.0.0.1:8090" }, "LIVEDESK_TWILIO_URL"},
		{"a Meta of nowhere", func(c *Config) { c.MetaURL = "127.0.0.1:8091" }, "LIVEDESK_META_URL"},
		{"an origin with a path", func(c *Config) { c.AllowedOrigins = []string{"https://app.example.com/a"} }, "LIVEDESK_ALLOWED_ORIGINS"},
		{"any origin", func(c *Config) { c.AllowedOrigins = []string{"*"} }, "LIVEDESK_ALLOWED_ORIGINS"},
		{"two origins", func(c *Config) { c.AllowedOrigins = []string{"https://a.example.com", "http://b.example.com:3000"} }, ""},
		{"a proxy by name", func(c *Config) { c.TrustedProxies = []string{"proxy.example.com"} }, "LIVEDESK_TRUSTED_PROXIES"},
		{"a network too large", func(c *Config) { c.TrustedProxies = []string{"10.0.0.0/33"} }, "LIVEDESK_TRUSTED_PROXIES"},
		{"proxies", func(c *Config) { c.TrustedProxies = []string{"10.0.0.0/8", "192.0.2.1", "2001:db8::/32", "::1"} }, ""},
		{"a private host without port", func(c *Config) { c.PrivateHosts = []string{"intranet"} }, "LIVEDESK_PRIVATE_HOSTS"},
		{"a port without host", func(c *Config) { c.PrivateHosts = []string{":80"} }, "LIVEDESK_PRIVATE_HOSTS"},
		{"a private host", func(c *Config) { c.PrivateHosts = []string{"intranet:80"} }, ""},
		{"a database of another kind", func(c *Config) { c.DatabaseURL = "mysql://canary@host/db" }, "DATABASE_URL"},
		{"a database", func(c *Config) { c.DatabaseURL = "postgres://a:canary@db.example.com:5432/livedesk?sslmode=require" }, ""},
		{"a key without id", func(c *Config) { c.SecretKeys = "canarycanarycanary" }, "LIVEDESK_SECRET_KEYS"},
		{"a short key", func(c *Config) { c.SecretKeys = "1:Y2FuYXJ5" }, "LIVEDESK_SECRET_KEYS"},
		{"one key twice", func(c *Config) { c.SecretKeys = goodKey + "," + goodKey }, "LIVEDESK_SECRET_KEYS"},
		{"keys", func(c *Config) { c.SecretKeys = "2" + goodKey[1:] + "," + goodKey }, ""},
		{"no e-mail", func(c *Config) { c.AdminEmail = "admin" }, "LIVEDESK_ADMIN_EMAIL"},
		{"an e-mail with a name", func(c *Config) { c.AdminEmail = "Admin <admin@example.com>" }, "LIVEDESK_ADMIN_EMAIL"},
		{"a short password", func(c *Config) { c.AdminPassword = "canary123" }, "LIVEDESK_ADMIN_PASSWORD"},
		{"few characters of many bytes", func(c *Config) { c.AdminPassword = "ääääääää" }, "LIVEDESK_ADMIN_PASSWORD"},
		{"a long password", func(c *Config) { c.AdminPassword = strings.Repeat("x", 201) }, "LIVEDESK_ADMIN_PASSWORD"},
		{"events of a minute", func(c *Config) { c.EventRetention = time.Minute }, "LIVEDESK_EVENT_RETENTION"},
	} {
		config := defaults()
		c.change(config)
		err := config.Complete()
		var named []string
		if err != nil {
			for line := range strings.SplitSeq(err.Error(), "\n") {
				setting, _, _ := strings.Cut(line, ":")
				named = append(named, setting)
			}
			if strings.Contains(err.Error(), "canary") || strings.Contains(err.Error(), "Y2FuYXJ5") {
				t.Errorf("%s: the error repeats a secret: %v", c.name, err)
			}
		}
		if want := slices.DeleteFunc([]string{c.setting}, func(s string) bool { return s == "" }); !slices.Equal(named, want) {
			t.Errorf("%s: %v, want %v", c.name, err, want)
		}
	}
}

func defaults() *Config {
	return &Config{Addr: "127.0.0.1:8080", AdminEmail: "admin@livedesk.local", EventRetention: 168 * time.Hour}
}

func TestConfigFillsIn(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		addr, public, mode     string
		wantPublic, wantedMode string
	}{
		{addr: "127.0.0.1:8080", wantPublic: "http://127.0.0.1:8080", wantedMode: Development},
		{addr: "[::1]:8080", wantPublic: "http://[::1]:8080", wantedMode: Development},
		{addr: "127.0.0.1:8080", mode: Production, wantPublic: "http://127.0.0.1:8080", wantedMode: Production},
		{addr: "127.0.0.1:8080", public: "https://desk.example.com/", wantPublic: "https://desk.example.com", wantedMode: Production},
		{addr: "0.0.0.0:8080", public: "https://desk.example.com/live/", wantPublic: "https://desk.example.com/live", wantedMode: Production},
		{addr: ":8080", public: "https://desk.example.com", wantPublic: "https://desk.example.com", wantedMode: Production},
	} {
		config := defaults()
		config.Addr, config.PublicURL, config.Mode = c.addr, c.public, c.mode
		if err := config.Complete(); err != nil || config.PublicURL != c.wantPublic || config.Mode != c.wantedMode || config.DataDir == "" {
			t.Errorf("%+v: %s in %s with data in %q, %v", c, config.PublicURL, config.Mode, config.DataDir, err)
		}
	}
}

// Several settings are wrong at once: each is named.
func TestConfigNamesEverythingThatIsWrong(t *testing.T) {
	t.Parallel()
	c := &Config{Addr: "x", Mode: "y", PublicURL: "z", TwilioURL: "a", AllowedOrigins: []string{"b"}, TrustedProxies: []string{"c"}, PrivateHosts: []string{"d"},
		DatabaseURL: "e://", SecretKeys: "f", AdminEmail: "g", AdminPassword: "h"}
	err := c.Complete()
	if err == nil {
		t.Fatal("nothing is wrong")
	}
	for _, setting := range []string{"ADDR", "MODE", "PUBLIC_URL", "TWILIO_URL", "ALLOWED_ORIGINS", "TRUSTED_PROXIES", "PRIVATE_HOSTS", "SECRET_KEYS", "ADMIN_EMAIL", "ADMIN_PASSWORD", "EVENT_RETENTION"} {
		if !strings.Contains(err.Error(), "LIVEDESK_"+setting+": ") {
			t.Errorf("LIVEDESK_%s is not named in\n%v", setting, err)
		}
	}
	if !strings.Contains(err.Error(), "DATABASE_URL: ") {
		t.Errorf("DATABASE_URL is not named in\n%v", err)
	}
}

func TestConfigPrintsWhatAShellCanRead(t *testing.T) {
	t.Parallel()
	c := defaults()
	c.AllowedOrigins, c.DataDir = []string{"https://a.example.com", "https://b.example.com"}, "/tmp/it's mine $HOME"
	c.AdminPassword, c.DatabaseURL, c.SecretKeys = "canary canary", "postgres://canary@host/db", goodKey
	if err := c.Complete(); err != nil {
		t.Fatal(err)
	}
	var out strings.Builder
	c.Print(&out)
	for _, line := range []string{"LIVEDESK_ADDR=127.0.0.1:8080", "LIVEDESK_ALLOWED_ORIGINS=https://a.example.com,https://b.example.com", `LIVEDESK_DATA_DIR='/tmp/it'\''s mine $HOME'`,
		"LIVEDESK_ADMIN_PASSWORD=********", "DATABASE_URL=********", "LIVEDESK_SECRET_KEYS=********", "LIVEDESK_EVENT_RETENTION=168h0m0s", "LIVEDESK_TWILIO_URL="} {
		if !strings.Contains(out.String(), line+"\n") {
			t.Errorf("no line %s in\n%s", line, out.String())
		}
	}
	if strings.Contains(out.String(), "canary") || strings.Contains(out.String(), goodKey[2:]) {
		t.Errorf("a secret is printed:\n%s", out.String())
	}
}
