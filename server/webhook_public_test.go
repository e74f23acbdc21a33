package server

import (
	"net/http"
	"strings"
	"testing"
)

// What Twilio signs is the address that the admin copied. Behind a proxy the request itself shows another one, and
// whatever it says of hosts was written by its sender.
func TestPublicURLDecidesWhatIsSigned(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		public   string
		genuine  map[string]string // what the address may be when Twilio signs it
		spurious []string
	}{
		{
			public:   "https://desk.example.com",
			genuine:  map[string]string{"as shown": "https://desk.example.com", "with the standard port": "https://desk.example.com:443"},
			spurious: []string{"http://desk.example.com", "https://desk.example.com:8443", "https://evil.example.com", "https://desk.example.com@evil.example.com"},
		},
		{
			public:   "https://desk.example.com:8443/live",
			genuine:  map[string]string{"as shown": "https://desk.example.com:8443/live", "without the port": "https://desk.example.com/live"},
			spurious: []string{"https://desk.example.com:8443", "https://desk.example.com:443/live", "http://desk.example.com:8443/live"},
		},
	} {
		t.Run(c.public, func(t *testing.T) {
			t.Parallel()
			d := newDoor(t, func(config *Config) { config.PublicURL = c.public })
			path, found := strings.CutPrefix(d.webhook, c.public)
			if !found || !strings.HasPrefix(path, "/webhooks/twilio/") {
				t.Fatalf("the channel's webhook URL is %s", d.webhook)
			}
			here := d.server.url() + path
			for name, signed := range c.genuine {
				for _, query := range []string{"", "?m=x&a=1"} {
					if got := d.knock(knock{address: here + query, signs: signed + path + query, form: d.form("hello")}); got.status != http.StatusNoContent {
						t.Errorf("signed %s%s: answered %d %s", name, query, got.status, got.body)
					}
				}
			}
			for _, signed := range append(c.spurious, d.server.url()) {
				if got := d.knock(knock{address: here, signs: signed + path, form: d.form("x")}); got.status != http.StatusForbidden {
					t.Errorf("signed as %s: answered %d", signed, got.status)
				}
			}
			d.spoof(here, c.public+path, d.server.url()+path)
		})
	}
}

// spoof sends a genuine webhook, and one that is signed for another address, with headers that claim that address.
func (d *door) spoof(here, genuine, other string) {
	d.t.Helper()
	claim := func(r *http.Request) {
		r.Host = "evil.example.com"
		for _, name := range []string{"Host", "X-Forwarded-Host", "X-Original-Host", "X-Host"} {
			r.Header.Set(name, "evil.example.com")
		}
		r.Header.Set("X-Forwarded-Proto", "http")
		r.Header.Set("X-Forwarded-Port", "81")
		r.Header.Set("X-Forwarded-Prefix", "/evil")
		r.Header.Set("X-Original-URL", "/evil")
		r.Header.Set("Forwarded", "for=1.2.3.4;host=evil.example.com;proto=http")
	}
	if got := d.knock(knock{address: here, signs: genuine, form: d.form("hello"), change: claim}); got.status != http.StatusNoContent {
		d.t.Errorf("genuine with a proxy's headers: answered %d %s", got.status, got.body)
	}
	_, path, _ := strings.Cut(strings.TrimPrefix(other, "http://"), "/")
	if got := d.knock(knock{address: here, signs: "http://evil.example.com/" + path, form: d.form("x"), change: claim}); got.status != http.StatusForbidden {
		d.t.Errorf("signed for the host of the headers: answered %d", got.status)
	}
}
