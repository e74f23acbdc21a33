package egress

import (
	"fmt"
	"net/http"
)

// carried are the headers that cross a redirect; all others, known credentials or not, stay behind.
var carried = []string{"Accept", "Accept-Encoding", "Accept-Language", "Range", "User-Agent"}

// Follow sends a GET or HEAD with a client of this Guard and follows up to limit redirects, each checked like a first
// request, within the one timeout of the client. Authorization and all other headers but a harmless few go with the first
// request only. From the public internet no redirect leads to a host of Options.Private. The errors are those of the
// client, with ErrRefused for a redirect that is not taken.
func (g *Guard) Follow(client *http.Client, req *http.Request, limit int) (*http.Response, error) {
	if req.Method != http.MethodGet && req.Method != http.MethodHead {
		return nil, fmt.Errorf("%w: redirects of a %s", ErrRefused, req.Method)
	}
	following := *client
	following.CheckRedirect = func(next *http.Request, via []*http.Request) error {
		return g.redirect(next, via, limit)
	}
	resp, err := following.Do(req)
	if err != nil {
		return nil, err
	}
	return resp, nil
}

// redirect decides on the next hop after those in via, and strips its headers. net/http adds a Referer, which may hold a
// signature; that goes, too.
func (g *Guard) redirect(next *http.Request, via []*http.Request, limit int) error {
	if len(via) > limit {
		return fmt.Errorf("%w: more than %d redirects", ErrRefused, limit)
	}
	if g.private[target(next.URL)] && !g.private[target(via[len(via)-1].URL)] {
		return fmt.Errorf("%w: redirect to %s, which is private", ErrRefused, next.URL.Hostname())
	}
	strip(next.Header)
	return nil
}

func strip(h http.Header) {
	kept := http.Header{}
	for _, name := range carried {
		if values := h.Values(name); len(values) > 0 {
			kept[name] = values
		}
	}
	clear(h)
	for name, values := range kept {
		h[name] = values
	}
}
