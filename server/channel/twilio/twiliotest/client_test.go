package twiliotest_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/twilio/twilio-go/client"
	api "github.com/twilio/twilio-go/rest/api/v2010"

	"github.com/livedesk/livedesk/server/channel/twilio/twiliotest"
)

// toEmulator sends what is meant for Twilio's hosts to the emulator.
type toEmulator struct{ host string }

func (e toEmulator) RoundTrip(r *http.Request) (*http.Response, error) {
	r = r.Clone(r.Context())
	r.URL.Scheme, r.URL.Host, r.Host = "http", e.host, e.host
	return http.DefaultTransport.RoundTrip(r)
}

// library is Twilio's own client, speaking to the emulator.
func (w *world) library() *api.ApiService {
	base := &client.Client{
		Credentials: client.NewCredentials(twiliotest.AccountSid, twiliotest.AuthToken),
		HTTPClient:  &http.Client{Transport: toEmulator{strings.TrimPrefix(w.url, "http://")}},
	}
	base.SetAccountSid(twiliotest.AccountSid)
	return api.NewApiServiceWithClient(base)
}

// answer is what came back from the API.
type answer struct {
	status int
	header http.Header
	text   string
	fields map[string]any
	err    error
}

// call makes a request with credentials; a form makes it a POST.
func (w *world) call(t *testing.T, path string, form url.Values) answer {
	t.Helper()
	return w.callAs(t, twiliotest.AccountSid, twiliotest.AuthToken, path, form)
}

func (w *world) callAs(t *testing.T, user, password, path string, form url.Values) answer {
	t.Helper()
	method, body := http.MethodGet, io.Reader(nil)
	if form != nil {
		method, body = http.MethodPost, strings.NewReader(form.Encode())
	}
	r, err := http.NewRequestWithContext(w.ctx, method, w.url+path, body)
	if err != nil {
		t.Fatal(err)
	}
	r.SetBasicAuth(user, password)
	if form != nil {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	return do(r)
}

func do(r *http.Request) (a answer) {
	c := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}, CheckRedirect: func(*http.Request, []*http.Request) error {
		return http.ErrUseLastResponse
	}}
	resp, err := c.Do(r)
	if err != nil {
		return answer{err: err}
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	a = answer{status: resp.StatusCode, header: resp.Header, text: string(text), err: err}
	if strings.HasPrefix(resp.Header.Get("Content-Type"), "application/json") && err == nil {
		a.err = json.Unmarshal(text, &a.fields)
	}
	return a
}

const messagesPath = "/2010-04-01/Accounts/" + twiliotest.AccountSid + "/Messages.json"

// sends creates a message that must be accepted, and returns its SID.
func (w *world) sends(t *testing.T, fields ...string) string {
	t.Helper()
	a := w.create(t, fields...)
	if a.status != http.StatusCreated {
		t.Fatalf("create message: %d %s %v", a.status, a.text, a.err)
	}
	return a.fields["sid"].(string)
}

// create asks for a message with pairs of names and values over those of a WhatsApp message to ana.
func (w *world) create(t *testing.T, fields ...string) answer {
	t.Helper()
	form := url.Values{"From": {twiliotest.WhatsAppNumber}, "To": {ana}, "Body": {"hello"}}
	for i := 0; i < len(fields); i += 2 {
		form.Del(fields[i])
		if fields[i+1] != "" {
			form.Set(fields[i], fields[i+1])
		}
	}
	return w.call(t, messagesPath, form)
}
