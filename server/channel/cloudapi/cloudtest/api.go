package cloudtest

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"io"
	"net/http"
	"strings"
)

// call is one authorised request to the API.
type call struct {
	request *http.Request
	body    []byte
	host    string // under which the fake was reached
	then    func() // what follows the answer
}

type operation func(*call) answer

func (m *Meta) routes() http.Handler {
	mux := http.NewServeMux()
	mux.Handle("POST /{version}/{node}/messages", m.authorised(m.send, true))
	mux.Handle("GET /{version}/{node}", m.authorised(m.node, false))
	mux.Handle("GET /{version}/{node}/phone_numbers", m.authorised(m.phoneNumbers, false))
	mux.Handle("GET /{version}/{node}/subscribed_apps", m.authorised(m.subscribedApps, false))
	mux.HandleFunc("GET /files/{key}", m.serveFile)
	mux.HandleFunc("GET /files/{key}/elsewhere/{$}", m.serveElsewhere)
	return mux
}

// authorised checks the token, and the proof if there is one, and lets the next fault happen to a call that sends.
func (m *Meta) authorised(do operation, sends bool) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return
		}
		c := &call{request: r, body: body, host: "http://" + r.Host}
		if a := m.refusal(r); a != nil {
			a.write(w)
			return
		}
		m.answerWith(w, c, m.fault(sends), do)
	})
}

func (m *Meta) refusal(r *http.Request) *answer {
	m.mu.Lock()
	defer m.mu.Unlock()
	token, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	if !ok || token != m.token {
		a := refuse(http.StatusUnauthorized, 190, 463, "Error validating access token: the session has expired")
		return &a
	}
	if proof := r.URL.Query().Get("appsecret_proof"); proof != "" && proof != hex.EncodeToString(sum(m.secret, []byte(token))) {
		a := refuse(http.StatusBadRequest, 100, 0, "Invalid appsecret_proof provided in the API argument")
		return &a
	}
	return nil
}

func sum(key string, text []byte) []byte {
	mac := hmac.New(sha256.New, []byte(key))
	mac.Write(text)
	return mac.Sum(nil)
}

// Sign makes the value of X-Hub-Signature-256: the HMAC-SHA256 of the raw body, keyed with the app secret.
func Sign(secret string, body []byte) string {
	return "sha256=" + hex.EncodeToString(sum(secret, body))
}

// node is a number or a file: both hang on the graph by their id alone.
func (m *Meta) node(c *call) answer {
	m.mu.Lock()
	defer m.mu.Unlock()
	id := c.request.PathValue("node")
	if n := m.numbers[id]; n != nil {
		return reply(http.StatusOK, n.resource())
	}
	if f := m.files[id]; f != nil && (c.request.URL.Query().Get("phone_number_id") == "" || c.request.URL.Query().Get("phone_number_id") == f.number) {
		return reply(http.StatusOK, m.locate(f, c.host))
	}
	return unknown(id)
}

func (n *number) resource() object {
	return object{"id": n.id, "display_phone_number": n.phone[:2] + " " + n.phone[2:5] + "-" + n.phone[5:8] + "-" + n.phone[8:],
		"verified_name": "Livedesk Test", "quality_rating": "GREEN", "code_verification_status": "VERIFIED", "status": "CONNECTED"}
}

func (m *Meta) phoneNumbers(c *call) answer {
	m.mu.Lock()
	defer m.mu.Unlock()
	list := []any{}
	for _, n := range m.numbers {
		if n.account == c.request.PathValue("node") {
			list = append(list, n.resource())
		}
	}
	if len(list) == 0 {
		return unknown(c.request.PathValue("node"))
	}
	return reply(http.StatusOK, object{"data": list, "paging": object{"cursors": object{"before": "QVFI", "after": "QVFJ"}}})
}

func (m *Meta) subscribedApps(*call) answer {
	return reply(http.StatusOK, object{"data": []any{object{"whatsapp_business_api_data": object{"id": "1", "name": "Livedesk Test", "link": "https://example.com"}}}})
}

// send takes a message. That the customer cannot get it, Meta mostly says later.
func (m *Meta) send(c *call) answer {
	m.mu.Lock()
	defer m.mu.Unlock()
	n := m.numbers[c.request.PathValue("node")]
	if n == nil {
		return unknown(c.request.PathValue("node"))
	}
	var body sent
	if json.Unmarshal(c.body, &body) != nil || body.Product != "whatsapp" {
		return refuse(http.StatusBadRequest, 100, 0, "The parameter messaging_product is required.")
	}
	if body.Status == "read" {
		return m.read(body.MessageID, body.Typing.Type == "text")
	}
	if a := body.refusal(); a != nil {
		return *a
	}
	msg := m.accept(n, &body)
	m.busy++ // WaitIdle must not slip in between the answer and what follows it
	c.then = func() {
		m.start(msg)
		m.rest()
	}
	return reply(http.StatusOK, object{"messaging_product": "whatsapp",
		"contacts": []any{object{"input": body.to(), "wa_id": strings.TrimPrefix(body.to(), "+")}}, "messages": []any{object{"id": msg.ID, "message_status": "accepted"}}})
}
