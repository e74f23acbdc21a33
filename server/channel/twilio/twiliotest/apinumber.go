package twiliotest

import (
	"net/http"
	"net/url"
	"strings"
)

func (t *Twilio) listNumbers(c *call) answer {
	t.mu.Lock()
	defer t.mu.Unlock()
	wanted := c.Form.Get("PhoneNumber")
	var numbers []*sender
	var sids []string
	for _, s := range c.account.senders {
		if s.sid[:2] != "PN" || !matchesNumber(s.address, wanted) {
			continue
		}
		numbers, sids = append(numbers, s), append(sids, s.sid)
	}
	p, ok := paginate(c.request.URL.Query(), sids)
	if !ok {
		return badPage()
	}
	page := []any{}
	for _, s := range numbers[p.start:p.end] {
		page = append(page, numberResource(s))
	}
	return reply(http.StatusOK, p.list(c.Path, "incoming_phone_numbers", page))
}

// matchesNumber follows the PhoneNumber filter: digits match anywhere, "*" stands for any.
func matchesNumber(address, pattern string) bool {
	rest := address
	for part := range strings.SplitSeq(pattern, "*") {
		_, after, found := strings.Cut(rest, part)
		if !found {
			return false
		}
		rest = after
	}
	return true
}

func (t *Twilio) fetchNumber(c *call) answer {
	t.mu.Lock()
	defer t.mu.Unlock()
	s := c.number()
	if s == nil {
		return missing(c.request)
	}
	return reply(http.StatusOK, numberResource(s))
}

func (t *Twilio) updateNumber(c *call) answer {
	t.mu.Lock()
	defer t.mu.Unlock()
	s := c.number()
	if s == nil {
		return missing(c.request)
	}
	for name, field := range map[string]*string{
		"SmsUrl": &s.url, "SmsFallbackUrl": &s.fallback, "StatusCallback": &s.callback,
	} {
		if !c.Form.Has(name) {
			continue
		}
		if !isURL(c.Form.Get(name)) {
			return refuse(http.StatusBadRequest, 21502, name+" is not valid: "+c.Form.Get(name))
		}
		*field = c.Form.Get(name)
	}
	set(c.Form, "SmsMethod", &s.method)
	set(c.Form, "SmsFallbackMethod", &s.how)
	s.updated = t.now()
	t.changes.add(settingChanged, s.address)
	return reply(http.StatusOK, numberResource(s))
}

func (c *call) number() *sender {
	sid, ok := c.fileSid()
	for _, s := range c.account.senders {
		if ok && s.sid == sid && s.sid[:2] == "PN" {
			return s
		}
	}
	return nil
}

func set(form url.Values, name string, field *string) {
	if form.Has(name) {
		*field = form.Get(name)
	}
}

// isURL tells whether Twilio takes the address for webhooks; empty removes one. Hosts with "_" are refused (its
// documentation of StatusCallback). Loopback is taken here, and only here.
func isURL(address string) bool {
	if address == "" {
		return true
	}
	u, err := url.Parse(address)
	return err == nil && (u.Scheme == "http" || u.Scheme == "https") && u.Hostname() != "" &&
		!strings.Contains(u.Hostname(), "_")
}

func numberResource(s *sender) map[string]any {
	return map[string]any{
		"sid": s.sid, "account_sid": s.account.sid, "phone_number": s.address, "friendly_name": s.address,
		"date_created": rfc2822(s.created), "date_updated": rfc2822(s.updated), "api_version": "2010-04-01",
		"capabilities": map[string]bool{"voice": true, "sms": true, "mms": true, "fax": false},
		"sms_url":      s.url, "sms_method": s.method, "sms_fallback_url": s.fallback, "sms_fallback_method": s.how,
		"status_callback": s.callback, "status_callback_method": "POST", "sms_application_sid": nil,
		"voice_url": nil, "voice_method": "POST", "voice_fallback_url": nil, "voice_fallback_method": "POST",
		"voice_application_sid": nil, "voice_caller_id_lookup": false, "voice_receive_mode": "voice",
		"emergency_status": "Inactive", "emergency_address_sid": nil, "emergency_address_status": "unregistered",
		"address_sid": nil, "address_requirements": "none", "identity_sid": nil, "bundle_sid": nil, "trunk_sid": nil,
		"beta": false, "origin": "twilio", "status": "in-use", "type": "local",
		"uri": accountPath(s.account) + "/IncomingPhoneNumbers/" + s.sid + ".json",
	}
}
