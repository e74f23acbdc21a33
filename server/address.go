package server

import (
	"net"
	"net/http"
	"net/netip"
	"strings"

	"github.com/livedesk/livedesk/model"
)

// withAddress puts the caller's network address into the request's context. Only what trusted proxies say of it
// counts: of X-Forwarded-For the last address that is not a proxy of ours, since callers can write the ones before.
func withAddress(next http.Handler, proxies []netip.Prefix) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		next.ServeHTTP(w, r.WithContext(model.WithAddress(r.Context(), callerAddress(r, proxies))))
	})
}

func callerAddress(r *http.Request, proxies []netip.Prefix) string {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil || !trusted(host, proxies) {
		return host
	}
	hops := strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")
	for i := len(hops) - 1; i >= 0; i-- {
		hop := strings.TrimSpace(hops[i])
		if _, err := netip.ParseAddr(hop); err != nil {
			break
		}
		host = hop
		if !trusted(hop, proxies) {
			break
		}
	}
	return host
}

func trusted(host string, proxies []netip.Prefix) bool {
	a, err := netip.ParseAddr(host)
	if err != nil {
		return false
	}
	for _, p := range proxies {
		if p.Contains(a.Unmap()) {
			return true
		}
	}
	return false
}
