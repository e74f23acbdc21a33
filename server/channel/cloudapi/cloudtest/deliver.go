package cloudtest

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// Post is one webhook and what became of it.
type Post struct {
	MessageID string
	Body      []byte
	Status    int // of the last answer; 0: there was none
	Answer    string
	webhook   string
}

// SetWebhook enters an address for a number, as an admin does at Meta: Meta calls it with the verify token, and takes it
// when the challenge comes back.
func (m *Meta) SetWebhook(ctx context.Context, numberID, address, verifyToken string) error {
	query := url.Values{"hub.mode": {"subscribe"}, "hub.challenge": {"1158201444"}, "hub.verify_token": {verifyToken}}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address+"?"+query.Encode(), nil)
	if err != nil {
		return err
	}
	resp, err := m.client.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(io.LimitReader(resp.Body, 1<<16))
	if err != nil {
		return err
	}
	if resp.StatusCode != http.StatusOK || string(text) != "1158201444" {
		return fmt.Errorf("the callback URL or verify token couldn't be validated: answered %d", resp.StatusCode)
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.numbers[numberID].webhook = address
	return nil
}

// start lets a message go its way.
func (m *Meta) start(msg *message) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.options.Manual {
		return
	}
	m.spawn(func() {
		if code := m.failure(msg); code != 0 {
			m.Report(m.running, msg.ID, "failed", code)
			return
		}
		m.Report(m.running, msg.ID, "sent", 0)
		m.Report(m.running, msg.ID, "delivered", 0)
		if m.options.ReadReceipts {
			m.Report(m.running, msg.ID, "read", 0)
		}
	})
}

// failure is the code with which an accepted message fails, or 0.
func (m *Meta) failure(msg *message) int {
	if msg.Link != "" && m.fetch(msg.Link) != nil {
		return 131053
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	wrote, ok := m.wrote[msg.To]
	if msg.Type != "template" && (!ok || m.options.Now().Sub(wrote) > window) {
		return 131047
	}
	return 0
}

func (m *Meta) fetch(link string) error {
	req, err := http.NewRequestWithContext(m.running, http.MethodGet, link, nil)
	if err != nil {
		return err
	}
	resp, err := m.client.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return errors.New(resp.Status)
	}
	_, err = io.Copy(io.Discard, resp.Body)
	return err
}

// Report brings a message of the desk to a status and posts that, in the order the test wants it; with an error code for
// "failed".
func (m *Meta) Report(ctx context.Context, id, status string, code int) (Post, error) {
	m.mu.Lock()
	var msg *message
	for _, one := range m.messages {
		if one.ID == id {
			msg = one
		}
	}
	if msg == nil {
		m.mu.Unlock()
		return Post{}, fmt.Errorf("report %s: no message %q", status, id)
	}
	msg.Status = status
	msg.arrived = msg.arrived || status == "delivered" || status == "read"
	report := object{"id": id, "status": status, "timestamp": m.stamp(), "recipient_id": strings.TrimPrefix(msg.To, "+")}
	if msg.Callback != "" {
		report["biz_opaque_callback_data"] = msg.Callback
	}
	if code != 0 {
		report["errors"] = []any{object{"code": code, "title": "Error", "message": "Error", "error_data": object{"details": "Details of " + strconv.Itoa(code)},
			"href": "https://developers.facebook.com/docs/whatsapp/cloud-api/support/error-codes/"}}
	}
	p := m.post(msg.number, id, object{"statuses": []any{report}})
	m.wake()
	m.mu.Unlock()
	return m.Deliver(ctx, p), nil
}

func (m *Meta) stamp() string { return strconv.FormatInt(m.options.Now().Unix(), 10) }

// post makes a webhook of the number. The caller holds the lock.
func (m *Meta) post(n *number, id string, value object) Post {
	value["messaging_product"] = "whatsapp"
	value["metadata"] = object{"display_phone_number": strings.TrimPrefix(n.phone, "+"), "phone_number_id": n.id}
	body, err := json.Marshal(object{"object": "whatsapp_business_account", "entry": []any{
		object{"id": n.account, "changes": []any{object{"field": "messages", "value": value}}}}})
	if err != nil {
		panic("cloudtest: " + err.Error())
	}
	return Post{MessageID: id, Body: body, webhook: n.webhook}
}

// Deliver posts a webhook until it is answered with 200, or the retries are over.
func (m *Meta) Deliver(ctx context.Context, p Post) Post {
	for try := 0; ; try++ {
		m.once(ctx, &p)
		if p.Status == http.StatusOK || try == m.options.Retries {
			return p
		}
		select {
		case <-time.After(m.options.RetryPause << try):
		case <-ctx.Done():
			return p
		case <-m.running.Done():
			return p
		}
	}
}

func (m *Meta) once(ctx context.Context, p *Post) {
	p.Status, p.Answer = 0, ""
	m.mu.Lock()
	secret := m.secret
	m.mu.Unlock()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, p.webhook, bytes.NewReader(p.Body))
	if err != nil {
		return
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("User-Agent", "facebookexternalua")
	req.Header.Set("X-Hub-Signature-256", Sign(secret, p.Body))
	resp, err := m.client.Do(req)
	if err != nil {
		return
	}
	defer resp.Body.Close()
	text, _ := io.ReadAll(io.LimitReader(resp.Body, 1<<16))
	p.Status, p.Answer = resp.StatusCode, string(text)
}
