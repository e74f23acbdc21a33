package server

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/livedesk/livedesk/model"
)

func TestCallerAddress(t *testing.T) {
	t.Parallel()
	config := defaults()
	config.TrustedProxies = []string{"10.0.0.0/8", "192.0.2.1", "2001:db8::/32"}
	if err := config.Complete(); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name, remote string
		forwarded    []string
		want         string
	}{
		{"no proxy", "203.0.113.7:1234", nil, "203.0.113.7"},
		{"no proxy, and a header that the caller wrote", "203.0.113.7:1234", []string{"198.51.100.1"}, "203.0.113.7"},
		{"a proxy", "10.1.2.3:1234", []string{"203.0.113.7"}, "203.0.113.7"},
		{"a proxy that says nothing", "10.1.2.3:1234", nil, "10.1.2.3"},
		{"the caller wrote the first addresses", "10.1.2.3:1234", []string{"198.51.100.1, 198.51.100.2, 203.0.113.7"}, "203.0.113.7"},
		{"the caller wrote a header of their own", "10.1.2.3:1234", []string{"198.51.100.1", "203.0.113.7"}, "203.0.113.7"},
		{"the caller claims to be a proxy", "10.1.2.3:1234", []string{"198.51.100.1, 10.9.9.9, 203.0.113.7"}, "203.0.113.7"},
		{"two proxies", "10.1.2.3:1234", []string{"198.51.100.1, 203.0.113.7, 192.0.2.1"}, "203.0.113.7"},
		{"only proxies", "10.1.2.3:1234", []string{"10.0.0.7, 192.0.2.1"}, "10.0.0.7"},
		{"nonsense behind a proxy", "10.1.2.3:1234", []string{"203.0.113.7, nonsense"}, "10.1.2.3"},
		{"an empty header", "10.1.2.3:1234", []string{""}, "10.1.2.3"},
		{"commas", "10.1.2.3:1234", []string{",,,"}, "10.1.2.3"},
		{"a proxy of IPv6", "[2001:db8::1]:1234", []string{"2001:db9::7"}, "2001:db9::7"},
		{"a proxy of IPv4 that came by IPv6", "[::ffff:10.1.2.3]:1234", []string{"203.0.113.7"}, "203.0.113.7"},
		{"no address at all", "@", []string{"203.0.113.7"}, ""},
	} {
		r := httptest.NewRequest(http.MethodGet, "/", nil)
		r.RemoteAddr = c.remote
		r.Header["X-Forwarded-For"] = c.forwarded
		r.Header.Set("X-Real-Ip", "198.51.100.9")
		r.Header.Set("Forwarded", "for=198.51.100.9")
		got := "nobody asked"
		withAddress(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { got = model.AddressFrom(r.Context()) }), config.proxies).ServeHTTP(httptest.NewRecorder(), r)
		if got != c.want {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
}
