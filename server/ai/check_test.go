package ai

import (
	"context"
	"errors"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/livedesk/livedesk/model"
	"github.com/livedesk/livedesk/server/ai/aitest"
	"github.com/livedesk/livedesk/server/egress"
)

func TestCheckPasses(t *testing.T) {
	t.Parallel()
	for name, o := range map[string]aitest.Options{
		"plain":    {},
		"azure":    {Azure: true},
		"choosy":   {Models: []aitest.Model{choosy}},
		"thinking": {Models: []aitest.Model{{Name: "deep", Refuses: choosy.Refuses, Thinks: true}}},
	} {
		w := newWorld(t, o)
		if err := w.client.Check(t.Context(), w.at); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	w := newWorld(t, aitest.Options{})
	w.Reply("", aitest.Reply{Finish: "length"})
	if err := w.client.Check(t.Context(), w.at); err != nil {
		t.Errorf("an answer that was cut: %v", err)
	}
	if n := w.Counts().Requests; n != 1 {
		t.Errorf("%d calls", n)
	}
}

func TestCheckSaysWhatIsWrong(t *testing.T) {
	t.Parallel()
	wrongKey := func(w *world) { w.at.Key = "sk-wrong" }
	cases := map[string]struct {
		o     aitest.Options
		spoil func(*world)
		code  model.Code
		field string
		says  string
	}{
		"wrong key":     {spoil: wrongKey, code: model.ProviderRefused, field: "apiKey", says: "does not accept the key"},
		"azure key":     {o: aitest.Options{Azure: true}, spoil: wrongKey, code: model.ProviderRefused, field: "apiKey", says: "does not accept the key"},
		"no key":        {spoil: func(w *world) { w.at.Key = "" }, code: model.ProviderRefused, field: "apiKey", says: "wants a key"},
		"blank in key":  {spoil: func(w *world) { w.at.Key = "Bearer x" }, code: model.Invalid, field: "apiKey", says: "without blanks"},
		"no credit":     {spoil: failing(aitest.NoQuota()), code: model.ProviderRefused, field: "apiKey", says: "no credit"},
		"unknown model": {spoil: func(w *world) { w.at.Model = "gpt-0" }, code: model.ProviderRefused, field: "model", says: "does not know the model"},
		"ollama model":  {spoil: failing(aitest.Raw(404, "application/json", `{"error":{"message":"model \"x\" not found, try pulling it first","type":"not_found_error"}}`)), code: model.ProviderRefused, field: "model", says: "does not know the model"},
		"deployment": {o: aitest.Options{Azure: true}, spoil: func(w *world) { w.at.BaseURL = strings.Replace(w.at.BaseURL, aitest.DefaultModel, "other", 1) },
			code: model.ProviderRefused, field: "model", says: "does not know the model"},
		"no tools":       {o: aitest.Options{Models: []aitest.Model{{Name: "tiny", Refuses: []string{"tools"}}}}, code: model.ProviderRefused, field: "model", says: "tiny does not support tools"},
		"no path":        {spoil: func(w *world) { w.at.BaseURL = "http://" + w.Address }, code: model.ProviderRefused, field: "baseUrl", says: "ends in /v1"},
		"path of models": {spoil: func(w *world) { w.at.BaseURL = "http://" + w.Address + "/models" }, code: model.ProviderRefused, field: "baseUrl", says: "ends in /v1"},
		"fastapi":        {spoil: failing(aitest.Raw(404, "application/json", `{"detail":"Not Found"}`)), code: model.ProviderRefused, field: "baseUrl", says: "no chat completions at this address"},
		"web page":       {spoil: failing(aitest.HTML(200)), code: model.ProviderRefused, field: "baseUrl", says: "none of chat completions"},
		"redirect":       {spoil: failing(aitest.Redirect(308, "/login")), code: model.ProviderRefused, field: "baseUrl", says: "elsewhere"},
		"bare words":     {spoil: failing(aitest.Raw(400, "application/json", `{"error":"add \n billing first"}`)), code: model.ProviderRefused, field: "model", says: "refused: add billing first"},
		"no words":       {spoil: failing(aitest.HTML(422)), code: model.ProviderRefused, field: "model", says: "does not take the request"},
		"busy":           {spoil: failing(aitest.RateLimit("Retry-After", "99")), code: model.ProviderUnreached, says: "Try again"},
		"down":           {spoil: failing(aitest.Times(3, aitest.HTML(503))...), code: model.ProviderUnreached, field: "baseUrl", says: "error of its own"},
		"gone":           {spoil: func(w *world) { w.Close() }, code: model.ProviderUnreached, field: "baseUrl", says: "cannot be reached"},
		"private":        {spoil: func(w *world) { w.client = newClient(t, w.client.options) }, code: model.Invalid, field: "baseUrl", says: "LIVEDESK_PRIVATE_HOSTS"},
		"metadata":       {spoil: func(w *world) { w.at.BaseURL = "http://169.254.169.254/v1" }, code: model.Invalid, field: "baseUrl", says: "does not call this address"},
		"no address":     {spoil: func(w *world) { w.at.BaseURL = "api.openai.com/v1" }, code: model.Invalid, field: "baseUrl", says: "begins with https://"},
		"no such host": {spoil: func(w *world) { w.at.BaseURL, w.client = "https://nothing.invalid/v1", nameless(t, w.client.options) }, code: model.ProviderUnreached, field: "baseUrl",
			says: "has no address"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, c.o)
			if c.spoil != nil {
				c.spoil(w)
			}
			err := w.client.Check(t.Context(), w.at)
			var e *model.Error
			if !errors.As(err, &e) || e.Code != c.code || strings.Join(e.Field, ".") != c.field || !strings.Contains(e.Text, c.says) {
				t.Errorf("got %v about %v, want %s about %q with %q", err, e, c.code, c.field, c.says)
			}
			if w.at.Key != "" && err != nil && strings.Contains(err.Error(), w.at.Key) {
				t.Errorf("%v holds the key", err)
			}
		})
	}
}

// nameless is a client for which no host has an address.
func nameless(t *testing.T, o Options) *Completions {
	none := func(context.Context, string, string) (net.Conn, error) { return nil, errors.New("no name server") }
	guard := egress.New(egress.Options{Resolver: &net.Resolver{PreferGo: true, Dial: none}})
	t.Cleanup(guard.Close)
	return New(guard.Transport(), o)
}

func failing(faults ...aitest.Fault) func(*world) {
	return func(w *world) { w.Fail(faults...) }
}

// What an endpoint says is shown to the admin on one line, without the key, and not for ever.
func TestCheckShowsTheEndpointsWords(t *testing.T) {
	t.Parallel()
	w := newWorld(t, aitest.Options{})
	w.Fail(aitest.Refuse(400, "", "", "", "key "+aitest.Key+"\x1b[31m is\r\nbad "+strings.Repeat("ü", 500)))
	err := w.client.Check(t.Context(), w.at)
	if text := err.Error(); strings.Contains(text, aitest.Key) || strings.ContainsAny(text, "\r\n\x1b") || !strings.Contains(text, "key …") || len([]rune(text)) > 300 {
		t.Errorf("got %q", text)
	}
}

func TestCheckEndsWithItsCaller(t *testing.T) {
	t.Parallel()
	w := newWorld(t, aitest.Options{})
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := w.client.Check(ctx, w.at); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}

// A certificate that nobody vouches for is no reason to send a key.
func TestCertificateMustBeValid(t *testing.T) {
	t.Parallel()
	reached := false
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { reached = true }))
	s.Config.ErrorLog = log.New(io.Discard, "", 0)
	s.StartTLS()
	defer s.Close()
	w := newWorld(t, aitest.Options{})
	w.client = newClient(t, Options{Wait: w.waits.wait}, s.Listener.Addr().String())
	_, err := w.client.Complete(t.Context(), Endpoint{BaseURL: s.URL, Key: aitest.Key}, says("hello"))
	if e := asError(t, err); e.Kind != Unreachable || !strings.Contains(e.Text, "certificate") || reached {
		t.Errorf("got %v, reached %v", e, reached)
	}
}
