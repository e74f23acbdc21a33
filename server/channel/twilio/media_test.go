package twilio

import (
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"sync/atomic"
	"testing"
	"time"

	"github.com/livedesk/livedesk/model"
)

const mediaPath = "/2010-04-01/Accounts/" + testAccount + "/Messages/MM1/Media/ME1"

func picture(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "image/png")
	w.Header().Set("Content-Disposition", `attachment; filename="../../cat.png"`)
	io.WriteString(w, "picture")
}

func to(where string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, where, http.StatusTemporaryRedirect) }
}

// The link names Twilio, the provider asks the stand-in with credentials, and follows to its store without them.
func TestFetchMedia(t *testing.T) {
	t.Parallel()
	server, p := newAPI(t, map[string]http.HandlerFunc{mediaPath: to("/store/1"), "/store/1": to("/store/2"), "/store/2": picture})
	media, err := p.FetchMedia(t.Context(), byNumber(model.WhatsApp), testSecret, "https://api.twilio.com"+mediaPath)
	if err != nil {
		t.Fatal(err)
	}
	defer media.Body.Close()
	text, err := io.ReadAll(media.Body)
	if err != nil || string(text) != "picture" {
		t.Errorf("read %q, %v", text, err)
	}
	if media.ContentType != "image/png" || media.FileName != "cat.png" || media.Size != 7 {
		t.Errorf("media %+v", media)
	}
	for i, r := range server.all() {
		if user, password, ok := r.BasicAuth(); ok != (i == 0) || i == 0 && (user != testAccount || password != testToken) {
			t.Errorf("request %d to %s: signed in %v", i, r.URL.Path, ok)
		}
		if r.Header.Get("Accept-Encoding") != "identity" || r.Header.Get("Referer") != "" {
			t.Errorf("request %d has %v", i, r.Header)
		}
	}
}

// seen counts what reaches a host that is not Twilio's, and fails when credentials do.
type seen struct {
	*httptest.Server
	count atomic.Int32
}

func newStranger(t *testing.T, answer http.HandlerFunc) *seen {
	t.Helper()
	s := &seen{}
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.count.Add(1)
		if r.Header.Get("Authorization") != "" {
			t.Error("credentials reached a stranger")
		}
		answer(w, r)
	}))
	t.Cleanup(s.Close)
	return s
}

// By itself the provider reaches no private address besides the stand-in, neither at once nor by a redirect.
func TestFetchMediaStaysOutOfThePrivateNetwork(t *testing.T) {
	t.Parallel()
	stranger := newStranger(t, picture)
	server, p := newAPI(t, map[string]http.HandlerFunc{
		mediaPath: to(stranger.URL), "/named": to("http://localhost:" + portOf(t, stranger.URL)), "/tls": to("https://127.0.0.1/x"),
	})
	for _, link := range []string{
		stranger.URL, "http://169.254.169.254/latest", "https://127.0.0.1:1/x", "https://[::1]/x", "file:///etc/passwd", "ftp://x/y",
		"https://api.twilio.com" + mediaPath, server.URL + "/named", server.URL + "/tls",
		"https://user:secret@api.twilio.com" + mediaPath, "//x", "", ":",
	} {
		media, err := p.FetchMedia(t.Context(), byNumber(model.WhatsApp), testSecret, link)
		if err == nil {
			media.Body.Close()
			t.Errorf("%s was fetched", link)
		}
	}
	if n := stranger.count.Load(); n != 0 {
		t.Errorf("the stranger got %d requests", n)
	}
}

func portOf(t *testing.T, address string) string {
	t.Helper()
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	return u.Port()
}

// A redirect to another host goes without credentials; a link that names another host at once is none of Twilio's.
func TestFetchMediaFromOthers(t *testing.T) {
	t.Parallel()
	stranger := newStranger(t, func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Referer") != "" {
			t.Error("the stranger learned the link")
		}
		picture(w, r)
	})
	_, p := newAPI(t, map[string]http.HandlerFunc{mediaPath: to(stranger.URL + "/x")}, stranger.Listener.Addr().String())
	media, err := p.FetchMedia(t.Context(), byNumber(model.WhatsApp), testSecret, "https://api.twilio.com"+mediaPath)
	if err != nil {
		t.Fatal(err)
	}
	media.Body.Close()
	if _, err := p.FetchMedia(t.Context(), byNumber(model.WhatsApp), testSecret, stranger.URL+"/x"); model.CodeOf(err) != model.NotFound {
		t.Errorf("a link to a stranger: %v", err)
	}
	if n := stranger.count.Load(); n != 1 {
		t.Errorf("the stranger got %d requests, want 1", n)
	}
}

// A file that declares to be far larger than any that is kept is not even begun.
func TestFetchMediaTooLarge(t *testing.T) {
	t.Parallel()
	_, p := newAPI(t, map[string]http.HandlerFunc{mediaPath: func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", strconv.Itoa(maxMedia+1))
	}})
	_, err := p.FetchMedia(t.Context(), byNumber(model.WhatsApp), testSecret, "https://api.twilio.com"+mediaPath)
	if model.CodeOf(err) != model.TooLarge {
		t.Errorf("got %v, want TOO_LARGE", err)
	}
}

func TestFetchMediaErrors(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		answer http.HandlerFunc
		code   model.Code // "": an error that may pass
	}{
		"gone":           {page(410, ""), model.NotFound},
		"not found":      {fails(404, 20404, "not found"), model.NotFound},
		"wrong token":    {fails(401, 20003, "Authenticate"), model.ProviderRefused},
		"expired link":   {page(403, "<xml>"), model.ProviderRefused},
		"internal error": {fails(500, 20500, "oops"), ""},
		"rate":           {fails(429, 20429, "slow"), ""},
		"to nowhere":     {func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(302) }, ""},
		"in circles":     {to(mediaPath), model.NotFound},
		"no content":     {page(204, ""), ""},
		"breaks":         {breaks, ""},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server, p := newAPI(t, map[string]http.HandlerFunc{mediaPath: tc.answer})
			_, err := p.FetchMedia(t.Context(), byNumber(model.WhatsApp), testSecret, "https://api.twilio.com"+mediaPath)
			if err == nil || model.CodeOf(err) != tc.code {
				t.Fatalf("got %v, want %q", err, tc.code)
			}
			mustNotHold(t, err.Error())
			if len(server.all()) > maxRedirects+1 {
				t.Errorf("%d requests", len(server.all()))
			}
		})
	}
}

// The deadline of the context holds for the body too; closing ends a download in the middle.
func TestFetchMediaSlowly(t *testing.T) {
	t.Parallel()
	release := make(chan struct{})
	_, p := newAPI(t, map[string]http.HandlerFunc{mediaPath: func(w http.ResponseWriter, _ *http.Request) {
		io.WriteString(w, "first")
		w.(http.Flusher).Flush()
		<-release
	}})
	t.Cleanup(func() { close(release) })
	media, err := p.FetchMedia(t.Context(), byNumber(model.WhatsApp), testSecret, "https://api.twilio.com"+mediaPath)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.ReadFull(media.Body, make([]byte, 5)); err != nil {
		t.Fatal(err)
	}
	done := make(chan error, 1)
	go func() { _, err := media.Body.Read(make([]byte, 1)); done <- err }()
	media.Body.Close()
	select {
	case err := <-done:
		if err == nil {
			t.Error("read after the end")
		}
	case <-time.After(10 * time.Second):
		t.Error("closing did not end the download")
	}
	if media.Size != -1 {
		t.Errorf("size %d of a body without one", media.Size)
	}
}

func TestCredentialsGoToTwilioOnly(t *testing.T) {
	t.Parallel()
	p := New(Options{})
	for address, want := range map[string]bool{
		"https://api.twilio.com/x":           true,
		"https://API.TWILIO.COM:443/x":       true,
		"https://api.dublin.ie1.twilio.com/": true,
		"http://api.twilio.com/x":            false,
		"https://api.twilio.com:8443/x":      false,
		"https://u@api.twilio.com/x":         false,
		"https://twilio.com.example.com/x":   false,
		"https://nottwilio.com/x":            false,
		"https://api.twilio.com.evil/x":      false,
		"https://example.com/.twilio.com":    false,
	} {
		u, err := url.Parse(address)
		if err != nil {
			t.Fatal(err)
		}
		if got := p.own(p.rewrite(u)); got != want {
			t.Errorf("own(%s) = %v", address, got)
		}
	}
}
