package egress

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// hops records what arrives and answers a path like /r/<location> with a redirect to the location.
type hops struct {
	mu   sync.Mutex
	seen []string // "path authorization api-key accept referer", the path cut to two bytes
}

func (h *hops) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h.mu.Lock()
	h.seen = append(h.seen, fmt.Sprintf("%.2s %s %s %s %s", r.URL.Path,
		r.Header.Get("Authorization"), r.Header.Get("Api-Key"), r.Header.Get("Accept"), r.Header.Get("Referer")))
	h.mu.Unlock()
	if to, ok := strings.CutPrefix(r.URL.RequestURI(), "/r/"); ok {
		w.Header().Set("Location", to)
		w.WriteHeader(http.StatusFound)
	}
}

func request(t *testing.T, method, url string) *http.Request {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Basic secret")
	req.Header.Set("Api-Key", "secret")
	req.Header.Set("Accept", "image/*")
	return req
}

// follow returns the status and the URL of what the chain ends with.
func follow(g *Guard, req *http.Request, limit int) (string, error) {
	resp, err := g.Follow(g.Client(Limits{Timeout: 10 * time.Second}), req, limit)
	if err != nil {
		return "", err
	}
	return resp.Status + " " + resp.Request.URL.String(), resp.Body.Close()
}

func TestRedirectIsLeftToTheCaller(t *testing.T) {
	t.Parallel()
	at := serve(t, new(hops).ServeHTTP)
	g := guard(t, Options{Private: []string{at}})
	resp, err := g.Client(Limits{}).Get("http://" + at + "/r/http://" + at + "/end")
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	if resp.StatusCode != http.StatusFound {
		t.Error(resp.Status)
	}
}

func TestFollow(t *testing.T) {
	t.Parallel()
	first, second := new(hops), new(hops)
	a, b := serve(t, first.ServeHTTP), serve(t, second.ServeHTTP)
	g := guard(t, Options{Private: []string{a, b}})
	url := "http://" + a + "/r//r/http://" + b + "/r/http://" + a + "/end"
	end, err := follow(g, request(t, "GET", url), 3)
	if end != "200 OK http://"+a+"/end" || err != nil {
		t.Errorf("%q, %v", end, err)
	}
	wantFirst := []string{"/r Basic secret secret image/* ", "/r   image/* ", "/e   image/* "}
	if !slices.Equal(first.seen, wantFirst) {
		t.Errorf("first host saw %q", first.seen)
	}
	if want := []string{"/r   image/* "}; !slices.Equal(second.seen, want) {
		t.Errorf("second host saw %q", second.seen)
	}
	if _, err := follow(g, request(t, "GET", url), 2); !errors.Is(err, ErrRefused) {
		t.Errorf("three redirects with a limit of two: %v", err)
	}
	if _, err := follow(g, request(t, "POST", url), 3); !errors.Is(err, ErrRefused) {
		t.Errorf("POST: %v", err)
	}
}

func TestFollowChecksEachHop(t *testing.T) {
	t.Parallel()
	canary := serve(t, func(http.ResponseWriter, *http.Request) { t.Error("the unlisted server was reached") })
	at := serve(t, new(hops).ServeHTTP)
	g := guard(t, Options{Private: []string{at}, Resolver: names{"loop.test": {{"127.0.0.1"}}}.resolver(t)})
	for _, to := range []string{
		"http://" + canary + "/", "//" + canary + "/", "https://loop.test/", "https://10.0.0.1/", "https://[::1]/",
		"http://169.254.169.254/latest/meta-data/", "https://169.254.169.254/", "https://2130706433/",
		"file:///etc/passwd", "gopher://" + canary + "/", "http://user:secret@" + at + "/", "http://example.com/",
	} {
		url := "http://" + at + "/r//r/" + to
		if _, err := follow(g, request(t, "GET", url), 5); !errors.Is(err, ErrRefused) {
			t.Errorf("to %s: %v", to, err)
		}
	}
}

// A public host that answers with a redirect to a listed private one would else reach it in our name.
func TestRedirectFromPublicToPrivate(t *testing.T) {
	t.Parallel()
	g := guard(t, Options{Private: []string{"model.internal:11434"}})
	public := httptest.NewRequest("GET", "https://cdn.example.com/", nil)
	private := httptest.NewRequest("GET", "http://model.internal:11434/", nil)
	if err := g.redirect(private, []*http.Request{public}, 5); !errors.Is(err, ErrRefused) {
		t.Errorf("public to private: %v", err)
	}
	if err := g.redirect(private, []*http.Request{private, public}, 5); !errors.Is(err, ErrRefused) {
		t.Errorf("private to public to private: %v", err)
	}
	if err := g.redirect(private, []*http.Request{private}, 5); err != nil {
		t.Errorf("private to itself: %v", err)
	}
}

// The time of the client is for the chain as a whole, not for each hop.
func TestRedirectsShareOneTimeout(t *testing.T) {
	t.Parallel()
	at := serve(t, func(w http.ResponseWriter, r *http.Request) {
		select {
		case <-time.After(100 * time.Millisecond):
		case <-r.Context().Done():
		}
		http.Redirect(w, r, "/again", http.StatusFound)
	})
	g := guard(t, Options{Private: []string{at}})
	client := g.Client(Limits{Timeout: 250 * time.Millisecond})
	_, err := g.Follow(client, request(t, "GET", "http://"+at), 1000)
	if !errors.Is(err, context.DeadlineExceeded) {
		t.Error(err)
	}
}
