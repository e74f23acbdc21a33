package openapi_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/livedesk/livedesk/server/channel/cloudapi/cloudtest/openapi"
)

// What Meta's document does not allow is found: a check that lets everything through would prove nothing.
func TestViolationsAreFound(t *testing.T) {
	t.Parallel()
	const text = `{"messaging_product":"whatsapp","recipient_type":"individual","to":"+15551234567","type":"text","text":{"body":"hello"}}`
	with := func(from, to string) string { return strings.Replace(text, from, to, 1) }
	for name, c := range map[string]struct {
		method, path, body string
		anonymous, ok      bool
	}{
		"a text":             {"POST", "/v23.0/1/messages", text, false, true},
		"a receipt":          {"POST", "/v23.0/1/messages", `{"messaging_product":"whatsapp","status":"read","message_id":"wamid.A"}`, false, true},
		"a number":           {"GET", "/v23.0/1?fields=id", "", false, true},
		"no token":           {"POST", "/v23.0/1/messages", text, true, false},
		"no such operation":  {"POST", "/v23.0/1/calls", text, false, false},
		"a slip in a query":  {"GET", "/v23.0/1?field=id", "", false, false},
		"nobody to send to":  {"POST", "/v23.0/1/messages", with(`"to"`, `"tow"`), false, false},
		"no product":         {"POST", "/v23.0/1/messages", with(`"messaging_product":"whatsapp",`, ``), false, false},
		"a type of its own":  {"POST", "/v23.0/1/messages", with(`"type":"text"`, `"type":"fax"`), false, false},
		"a slip in the text": {"POST", "/v23.0/1/messages", with(`"body"`, `"bodi"`), false, false},
		"a field too many":   {"POST", "/v23.0/1/messages", with(`"to"`, `"priority":1,"to"`), false, false},
	} {
		r := httptest.NewRequest(c.method, c.path, strings.NewReader(c.body))
		r.Header.Set("User-Agent", "Livedesk/1.0.0")
		if c.method == http.MethodPost {
			r.Header.Set("Content-Type", "application/json")
		}
		if !c.anonymous {
			r.Header.Set("Authorization", "Bearer EAAtoken")
		}
		if err := openapi.Check(r, []byte(c.body)); (err == nil) != c.ok {
			t.Errorf("%s: %v", name, err)
		}
	}
}
