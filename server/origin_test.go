package server

import (
	"net/http"
	"strings"
	"testing"
)

// Pages of other origins may use the API only where the operator named them, and never with the browser's own
// credentials: the API has none.
func TestForeignPages(t *testing.T) {
	t.Parallel()
	w := newWorld(t, func(c *Config) {
		c.PublicURL, c.AllowedOrigins = "https://desk.example.com", []string{"https://app.example.com"}
	})
	for origin, allowed := range map[string]bool{"https://app.example.com": true, "https://desk.example.com": true, "https://evil.example.com": false, "null": false,
		"https://app.example.com.evil.example.com": false, "http://app.example.com": false, "https://app.example.com:8443": false, "http://localhost:3000": false} {
		for _, path := range []string{"/graphql", "/uploads", "/media/x"} {
			preflight := w.get(path)
			preflight.Method = http.MethodOptions
			preflight.Header.Set("Origin", origin)
			preflight.Header.Set("Access-Control-Request-Method", http.MethodPost)
			preflight.Header.Set("Access-Control-Request-Headers", "authorization,content-type")
			simple := w.get(path)
			simple.Header.Set("Origin", origin)
			for _, r := range []*http.Request{preflight, simple} {
				got := send(t, r)
				want := ""
				if allowed {
					want = origin
				}
				if is := got.header.Get("Access-Control-Allow-Origin"); is != want {
					t.Errorf("%s %s of %s: allows %q, want %q", r.Method, path, origin, is, want)
				}
				if got.header.Get("Access-Control-Allow-Credentials") != "" || !strings.Contains(strings.Join(got.header.Values("Vary"), ","), "Origin") {
					t.Errorf("%s %s of %s: %v", r.Method, path, origin, got.header)
				}
			}
		}
	}
	for _, path := range []string{"/webhooks/twilio/x", "/password/x", "/metrics", "/readyz"} {
		r := w.get(path)
		r.Header.Set("Origin", "https://app.example.com")
		if got := send(t, r); got.header.Get("Access-Control-Allow-Origin") != "" {
			t.Errorf("%s is open to pages", path)
		}
	}
}

// During development any page of this machine may, unless origins are named.
func TestLocalPages(t *testing.T) {
	t.Parallel()
	config := defaults()
	must(t, config.Complete())
	named := *config
	named.AllowedOrigins = []string{"http://localhost:3000"}
	for origin, want := range map[string][2]bool{"http://localhost:3000": {true, true}, "http://localhost:3001": {true, false}, "http://127.0.0.1:5173": {true, false}, "http://[::1]:5173": {true, false},
		"http://127.0.0.1:8080": {true, true}, "http://192.168.0.2:3000": {false, false}, "http://localhost.evil.example.com": {false, false}, "null": {false, false}, "": {false, false}} {
		if got := [2]bool{newOrigins(config).allow(origin), newOrigins(&named).allow(origin)}; got != want {
			t.Errorf("%q: %v, want %v", origin, got, want)
		}
	}
}
