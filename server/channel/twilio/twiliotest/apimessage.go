package twiliotest

import (
	"net/http"
	"strconv"
)

func (t *Twilio) createMessage(c *call) answer {
	t.mu.Lock()
	defer t.mu.Unlock()
	d, refused := t.validate(c.account, c.request.PostForm)
	if refused != nil {
		return *refused
	}
	m := t.accept(d)
	t.busy++ // WaitIdle must not slip in between the answer and the walk
	c.then = append(c.then, func() {
		t.start(m, c.early)
		t.rest()
	})
	return reply(http.StatusCreated, messageResource(m))
}

// accept takes the message into the ledger. The caller holds the lock.
func (t *Twilio) accept(d *draft) *message {
	prefix, status := "SM", queued
	if len(d.form["MediaUrl"]) > 0 {
		prefix = "MM"
	}
	m := &message{account: d.account, service: d.service, sender: d.sender, customer: t.meet(Customer{Address: d.to})}
	m.Message = Message{
		Direction: outboundAPI, From: d.from, To: d.to, Body: d.body, MediaURLs: d.form["MediaUrl"],
		ContentSid: d.form.Get("ContentSid"), Variables: d.form.Get("ContentVariables"),
		Action: d.form.Get("PersistentAction"), StatusCallback: d.form.Get("StatusCallback"),
	}
	if d.content != nil {
		m.Buttons = d.content.Buttons
	}
	if d.service != nil {
		status, m.Service = accepted, d.service.sid
	}
	m.Sid, m.Status = t.sid(prefix), status
	if d.from != "" {
		m.segments = segments(d.to, d.body)
	}
	t.add(m)
	return m
}

func (t *Twilio) fetchMessage(c *call) answer {
	t.mu.Lock()
	defer t.mu.Unlock()
	m := t.messageOf(c)
	if m == nil {
		return missing(c.request)
	}
	return reply(http.StatusOK, messageResource(m))
}

// deleteMessage removes what Twilio keeps of a message; the ledger and the customer's phone keep it.
func (t *Twilio) deleteMessage(c *call) answer {
	t.mu.Lock()
	defer t.mu.Unlock()
	m := t.messageOf(c)
	if m == nil {
		return missing(c.request)
	}
	m.deleted = true
	return answer{status: http.StatusNoContent}
}

func (t *Twilio) messageOf(c *call) *message {
	sid := c.request.PathValue("message")
	if sid == "" {
		sid, _ = c.fileSid()
	}
	m := t.messages[sid]
	if m == nil || m.account != c.account || m.deleted {
		return nil
	}
	return m
}

func messageResource(m *message) map[string]any {
	uri := accountPath(m.account) + "/Messages/" + m.Sid
	var sentAt *string
	if m.Sent != nil {
		sentAt = orNull(rfc2822(*m.Sent))
	}
	var code *int
	if m.ErrorCode != 0 {
		code = &m.ErrorCode
	}
	return map[string]any{
		"sid": m.Sid, "account_sid": m.Account, "messaging_service_sid": orNull(m.Service),
		"from": orNull(m.From), "to": m.To, "body": m.Body, "status": m.Status, "direction": m.Direction,
		"num_media":    strconv.Itoa(max(len(m.files), len(m.MediaURLs))),
		"num_segments": strconv.Itoa(m.segments),
		"date_created": rfc2822(m.Created), "date_updated": rfc2822(m.Updated), "date_sent": sentAt,
		"error_code": code, "error_message": orNull(m.ErrorText), "price": nil, "price_unit": "USD",
		"api_version": "2010-04-01", "uri": uri + ".json",
		"subresource_uris": map[string]string{"media": uri + "/Media.json"},
	}
}
