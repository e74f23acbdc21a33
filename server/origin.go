package server

import (
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"time"

	"github.com/rs/cors"
)

// origins decides which pages of other origins may use the API. Without a list it is the desk's own origin alone, and
// in development also any page served from this machine.
type origins struct {
	allowed     []string
	own         string
	development bool
}

func newOrigins(c *Config) *origins {
	return &origins{allowed: c.AllowedOrigins, own: c.public.Scheme + "://" + c.public.Host, development: c.Mode == Development}
}

// allow tells whether a page of the origin may read the API's answers.
func (o *origins) allow(origin string) bool {
	if origin == o.own || slices.Contains(o.allowed, origin) {
		return true
	}
	if !o.development || len(o.allowed) > 0 {
		return false
	}
	u, err := url.Parse(origin)
	if err != nil || u.Host == "" {
		return false
	}
	if u.Hostname() == "localhost" {
		return true
	}
	a, err := netip.ParseAddr(u.Hostname())
	return err == nil && a.IsLoopback()
}

// check is for websockets: browsers send Origin and let every page connect, so the server must refuse. Programs that
// are no browsers send none, and need a token all the same.
func (o *origins) check(r *http.Request) bool {
	origin := r.Header.Get("Origin")
	return origin == "" || o.allow(origin)
}

// cors answers preflights and marks answers for allowed origins. The API uses bearer tokens, never cookies, so
// credentials are not allowed.
func (o *origins) cors(next http.Handler) http.Handler {
	return cors.New(cors.Options{
		AllowOriginFunc: o.allow,
		AllowedMethods:  []string{http.MethodGet, http.MethodPost},
		AllowedHeaders:  []string{"Authorization", "Content-Type", "Accept", "X-File-Name"},
		ExposedHeaders:  []string{"Content-Disposition", "X-Request-Id"},
		MaxAge:          int((2 * time.Hour).Seconds()),
	}).Handler(next)
}
