package twiliotest

import "net/http"

const messagingHost = "https://messaging.twilio.com"

func (t *Twilio) listServices(c *call) answer {
	t.mu.Lock()
	defer t.mu.Unlock()
	var sids []string
	for _, v := range c.account.services {
		sids = append(sids, v.sid)
	}
	p, ok := paginate(c.request.URL.Query(), sids)
	if !ok {
		return badPage()
	}
	page := []any{}
	for _, v := range c.account.services[p.start:p.end] {
		page = append(page, serviceResource(v))
	}
	return reply(http.StatusOK, p.meta(messagingHost+c.Path, "services", page))
}

func (t *Twilio) fetchService(c *call) answer {
	t.mu.Lock()
	defer t.mu.Unlock()
	v := t.serviceOf(c)
	if v == nil {
		return missing(c.request)
	}
	return reply(http.StatusOK, serviceResource(v))
}

func (t *Twilio) updateService(c *call) answer {
	t.mu.Lock()
	defer t.mu.Unlock()
	v := t.serviceOf(c)
	if v == nil {
		return missing(c.request)
	}
	for name, field := range map[string]*string{
		"InboundRequestUrl": &v.url, "FallbackUrl": &v.fallback, "StatusCallback": &v.callback,
	} {
		if !c.Form.Has(name) {
			continue
		}
		if !isURL(c.Form.Get(name)) {
			return refuse(http.StatusBadRequest, 20001, name+" is not a valid URL")
		}
		*field = c.Form.Get(name)
	}
	set(c.Form, "InboundMethod", &v.method)
	set(c.Form, "FallbackMethod", &v.how)
	set(c.Form, "FriendlyName", &v.name)
	if c.Form.Has("UseInboundWebhookOnNumber") {
		v.byNumber = c.Form.Get("UseInboundWebhookOnNumber") == "true"
	}
	v.updated = t.now()
	t.changes.add(settingChanged, v.sid)
	return reply(http.StatusOK, serviceResource(v))
}

// serviceOf finds the service in the path, when it belongs to the account.
func (t *Twilio) serviceOf(c *call) *service {
	v := t.service(c.request.PathValue("service"))
	if v == nil || v.account != c.account {
		return nil
	}
	return v
}

func (t *Twilio) listPoolNumbers(c *call) answer {
	return t.listPool(c, "phone_numbers", "PN", func(v *service, s *sender) map[string]any {
		return map[string]any{
			"sid": s.sid, "account_sid": s.account.sid, "service_sid": v.sid, "phone_number": s.address,
			"country_code": country(s.address), "capabilities": []string{"SMS", "MMS", "Voice"},
		}
	})
}

func (t *Twilio) listPoolSenders(c *call) answer {
	return t.listPool(c, "senders", "XE", func(v *service, s *sender) map[string]any {
		return map[string]any{
			"sid": s.sid, "account_sid": s.account.sid, "messaging_service_sid": v.sid, "sender": s.address,
			"sender_type": "WhatsApp", "country_code": country(bare(s.address)),
		}
	})
}

func (t *Twilio) listPool(c *call, key, prefix string, resource func(*service, *sender) map[string]any) answer {
	t.mu.Lock()
	defer t.mu.Unlock()
	v := t.serviceOf(c)
	if v == nil {
		return missing(c.request)
	}
	items, sids := []any{}, []string(nil)
	for _, s := range v.pool {
		if s.sid[:2] != prefix {
			continue
		}
		r := resource(v, s)
		r["date_created"], r["date_updated"] = iso8601(s.created), iso8601(s.updated)
		r["url"] = messagingHost + c.Path + "/" + s.sid
		items, sids = append(items, r), append(sids, s.sid)
	}
	p, ok := paginate(c.request.URL.Query(), sids)
	if !ok {
		return badPage()
	}
	return reply(http.StatusOK, p.meta(messagingHost+c.Path, key, items[p.start:p.end]))
}

func serviceResource(v *service) map[string]any {
	address := messagingHost + "/v1/Services/" + v.sid
	return map[string]any{
		"sid": v.sid, "account_sid": v.account.sid, "friendly_name": v.name,
		"date_created": iso8601(v.created), "date_updated": iso8601(v.updated),
		"inbound_request_url": orNull(v.url), "inbound_method": v.method,
		"fallback_url": orNull(v.fallback), "fallback_method": v.how, "status_callback": orNull(v.callback),
		"use_inbound_webhook_on_number": v.byNumber, "sticky_sender": true, "mms_converter": true,
		"smart_encoding": true, "scan_message_content": "inherit", "fallback_to_long_code": true,
		"area_code_geomatch": true, "synchronous_validation": false, "validity_period": 36000,
		"usecase": "undeclared", "us_app_to_person_registered": false, "url": address,
		"links": map[string]string{
			"phone_numbers": address + "/PhoneNumbers", "channel_senders": address + "/ChannelSenders",
			"short_codes": address + "/ShortCodes", "alpha_senders": address + "/AlphaSenders",
			"messages": messagingHost + "/v1/Services/Messages",
		},
	}
}
