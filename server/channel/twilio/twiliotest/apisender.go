package twiliotest

import (
	"encoding/json"
	"net/http"
)

func (t *Twilio) listSenders(c *call) answer {
	t.mu.Lock()
	defer t.mu.Unlock()
	if c.Form.Get("Channel") == "" {
		return refuse(http.StatusBadRequest, 20001, "Channel is required")
	}
	items, sids := []any{}, []string(nil)
	for _, s := range c.account.senders {
		if c.Form.Get("Channel") == "whatsapp" && s.whatsApp() && !s.sandbox {
			items, sids = append(items, senderResource(s)), append(sids, s.sid)
		}
	}
	p, ok := paginate(c.request.URL.Query(), sids)
	if !ok {
		return badPage()
	}
	return reply(http.StatusOK, p.meta(messagingHost+c.Path, "senders", items[p.start:p.end]))
}

func (t *Twilio) fetchSender(c *call) answer {
	t.mu.Lock()
	defer t.mu.Unlock()
	s := c.sender()
	if s == nil {
		return missing(c.request)
	}
	return reply(http.StatusOK, senderResource(s))
}

// updateSender takes the webhook of a JSON body; null fields are left as they are.
func (t *Twilio) updateSender(c *call) answer {
	var body struct {
		Webhook struct {
			URL      *string `json:"callback_url"`
			Method   *string `json:"callback_method"`
			Fallback *string `json:"fallback_url"`
			How      *string `json:"fallback_method"`
			Callback *string `json:"status_callback_url"`
		} `json:"webhook"`
	}
	if json.NewDecoder(c.request.Body).Decode(&body) != nil {
		return refuse(http.StatusBadRequest, 20001, "The body is not JSON")
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	s := c.sender()
	if s == nil {
		return missing(c.request)
	}
	hook := body.Webhook
	for _, given := range []*string{hook.URL, hook.Fallback, hook.Callback} {
		if given != nil && !isURL(*given) {
			return refuse(http.StatusBadRequest, 20001, "The webhook is not a valid URL")
		}
	}
	replace(&s.url, hook.URL)
	replace(&s.method, hook.Method)
	replace(&s.fallback, hook.Fallback)
	replace(&s.how, hook.How)
	replace(&s.callback, hook.Callback)
	s.updated = t.now()
	t.changes.add(settingChanged, s.address)
	return reply(http.StatusAccepted, senderResource(s))
}

func replace(field, given *string) {
	if given != nil {
		*field = *given
	}
}

func (c *call) sender() *sender {
	for _, s := range c.account.senders {
		if s.sid == c.request.PathValue("sender") && s.whatsApp() && !s.sandbox {
			return s
		}
	}
	return nil
}

func senderResource(s *sender) map[string]any {
	return map[string]any{
		"sid": s.sid, "sender_id": s.address, "status": "ONLINE",
		"configuration": map[string]any{
			"waba_id": "102030405060708", "verification_method": "sms", "verification_code": nil,
			"voice_application_sid": nil,
		},
		"webhook": map[string]any{
			"callback_url": orNull(s.url), "callback_method": s.method,
			"fallback_url": orNull(s.fallback), "fallback_method": s.how,
			"status_callback_url": orNull(s.callback), "status_callback_method": "POST",
		},
		"profile": map[string]any{
			"name": "Emulated sender", "about": nil, "address": nil, "logo_url": nil, "vertical": nil,
			"websites": []any{}, "emails": []any{},
		},
		"properties":      map[string]any{"quality_rating": "HIGH", "messaging_limit": "10K Customers/24hr"},
		"offline_reasons": nil, "compliance": nil,
		"url": messagingHost + "/v2/Channels/Senders/" + s.sid,
	}
}

// typing accepts a typing indicator for an inbound WhatsApp message, which also marks it read. Its form names a SID;
// what Twilio says to one it does not know is not published, 404 is assumed.
func (t *Twilio) typing(c *call) answer {
	t.mu.Lock()
	defer t.mu.Unlock()
	m := t.messages[c.Form.Get("messageId")]
	if c.Form.Get("channel") != "whatsapp" || m == nil || m.account != c.account || m.Direction != inbound {
		return missing(c.request)
	}
	m.Typing++
	return reply(http.StatusOK, map[string]bool{"success": true})
}
