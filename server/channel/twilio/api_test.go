package twilio

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/livedesk/livedesk/server/egress"
)

// api answers like a few places of Twilio's API. What it does not know it answers with Twilio's 404.
type api struct {
	*httptest.Server
	mu       sync.Mutex
	answers  map[string]http.HandlerFunc // by path
	requests []*http.Request             // as they came, with their forms parsed
}

// newAPI starts it, with a provider that takes it for Twilio and may reach besides it what is listed.
func newAPI(t *testing.T, answers map[string]http.HandlerFunc, private ...string) (*api, *Provider) {
	t.Helper()
	a := &api{answers: answers}
	a.Server = httptest.NewServer(a)
	base, err := url.Parse(a.URL)
	if err != nil {
		t.Fatal(err)
	}
	p := New(Options{BaseURL: base, Guard: egress.New(egress.Options{Private: append(private, base.Host)})})
	t.Cleanup(a.Close)
	t.Cleanup(p.Close)
	return a, p
}

func (a *api) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	r.ParseForm()
	a.mu.Lock()
	a.requests = append(a.requests, r)
	a.mu.Unlock()
	if answer := a.answers[r.URL.Path]; answer != nil {
		answer(w, r)
		return
	}
	apiError(w, http.StatusNotFound, 20404, "The requested resource was not found")
}

// all are the requests so far.
func (a *api) all() []*http.Request {
	a.mu.Lock()
	defer a.mu.Unlock()
	return slices.Clone(a.requests)
}

// last is the newest request.
func (a *api) last(t *testing.T) *http.Request {
	t.Helper()
	all := a.all()
	if len(all) == 0 {
		t.Fatal("no request came")
	}
	return all[len(all)-1]
}

func apiError(w http.ResponseWriter, status, code int, text string) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	fmt.Fprintf(w, `{"code": %d, "message": %q, "more_info": "https://www.twilio.com/docs/errors/%d", "status": %d}`, code, text, code, status)
}

func fails(status, code int, text string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) { apiError(w, status, code, text) }
}

// says answers with the status and an object.
func says(status int, object any) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(status)
		json.NewEncoder(w).Encode(object)
	}
}

// page answers with what it is given as text, as a gateway before Twilio would.
func page(status int, text string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		w.WriteHeader(status)
		fmt.Fprint(w, text)
	}
}

// breaks closes the connection without an answer, after the whole request was read.
func breaks(w http.ResponseWriter, _ *http.Request) {
	conn, _, err := w.(http.Hijacker).Hijack()
	if err == nil {
		conn.Close()
	}
}

type object = map[string]any

const (
	accountPath  = "/2010-04-01/Accounts/" + testAccount + ".json"
	messagesPath = "/2010-04-01/Accounts/" + testAccount + "/Messages.json"
	numbersPath  = "/2010-04-01/Accounts/" + testAccount + "/IncomingPhoneNumbers.json"
	shortPath    = "/2010-04-01/Accounts/" + testAccount + "/SMS/ShortCodes.json"
	sendersPath  = "/v2/Channels/Senders"
	servicePath  = "/v1/Services/" + testService
)

// mustNotHold fails the test when the text has a secret in it.
func mustNotHold(t *testing.T, text string) {
	t.Helper()
	if strings.Contains(text, testToken) || strings.Contains(text, testAccount) {
		t.Errorf("%q holds a credential", text)
	}
}
