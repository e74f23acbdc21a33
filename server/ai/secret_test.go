package ai

import (
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/livedesk/livedesk/server/ai/aitest"
)

const confidential = "my card is 4111111111111111"

// No error shows the key, or what the customer wrote, also when the endpoint repeats both.
func TestErrorsHoldNoSecrets(t *testing.T) {
	t.Parallel()
	repeat := "key " + aitest.Key + " said " + confidential
	faults := map[string]aitest.Fault{
		"message":  aitest.Refuse(400, "invalid_request_error", "messages", "bad", repeat),
		"code":     aitest.Refuse(400, aitest.Key, "", "4111111111111111", "x"),
		"key code": aitest.Refuse(400, "x-"+aitest.Key, "", aitest.Key[3:], "x"),
		"401":      aitest.Refuse(401, "", "", "invalid_api_key", repeat),
		"quota":    aitest.Refuse(429, "insufficient_quota", "", "", repeat),
		"500":      aitest.Refuse(500, repeat, "", repeat, repeat),
		"text":     aitest.Raw(400, "text/plain", repeat),
		"200":      aitest.Raw(200, "text/plain", repeat),
		"inside":   aitest.Raw(200, "application/json", `{"error":{"code":400,"message":"`+repeat+`"}}`),
		"redirect": aitest.Redirect(307, "https://example.com/"+aitest.Key),
		"location": aitest.Redirect(302, "://"+aitest.Key),
		"protocol": garbage(repeat),
	}
	for name, fault := range faults {
		w := newWorld(t, aitest.Options{})
		w.Fail(aitest.Times(3, fault)...)
		_, err := w.ask(t, says(confidential))
		mustBeSilent(t, name, err)
	}
	w := newWorld(t, aitest.Options{})
	w.at.Key = aitest.Key + "\r\nX: y"
	_, err := w.ask(t, says(confidential))
	mustBeSilent(t, "header", err)
	if e := asError(t, err); e.Kind != Credentials || w.Counts().Requests != 0 {
		t.Errorf("got %v after %d requests", e, w.Counts().Requests)
	}
}

func mustBeSilent(t *testing.T, name string, err error) {
	t.Helper()
	shown := fmt.Sprintf("%v %+v %#v %s", err, err, *asError(t, err), errors.Unwrap(err))
	for _, secret := range []string{aitest.Key, aitest.Key[3:], confidential, "4111"} {
		if strings.Contains(shown, secret) {
			t.Errorf("%s: %s", name, shown)
		}
	}
}

// garbage answers what is no HTTP.
func garbage(text string) aitest.Fault {
	return func(w http.ResponseWriter, _ *http.Request) {
		conn, _, err := w.(http.Hijacker).Hijack()
		if err != nil {
			panic(err)
		}
		defer conn.Close()
		fmt.Fprint(conn, text, "\r\n\r\n")
	}
}

// A key, and what a customer wrote, stay with the host that they were meant for.
func TestRedirectsAreNotFollowed(t *testing.T) {
	t.Parallel()
	reached := false
	other := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { reached = true }))
	defer other.Close()
	for _, status := range []int{301, 302, 303, 307, 308} {
		w := newWorld(t, aitest.Options{})
		w.client = newClient(t, Options{}, w.Address, other.Listener.Addr().String())
		w.Fail(aitest.Redirect(status, other.URL))
		if e := w.mustFail(t, Broken, 1); e.Status != status {
			t.Errorf("got %v", e)
		}
	}
	if reached {
		t.Error("a redirect was followed")
	}
}
