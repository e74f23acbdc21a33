package twiliotest

import "net/http"

// listShortCodes answers with the short codes, which are no incoming phone numbers. Their webhooks are set by SetWebhook.
func (t *Twilio) listShortCodes(c *call) answer {
	t.mu.Lock()
	defer t.mu.Unlock()
	items, sids := []any{}, []string(nil)
	for _, s := range c.account.senders {
		if s.sid[:2] == "SC" && matchesNumber(s.address, c.Form.Get("ShortCode")) {
			items, sids = append(items, shortCodeResource(s)), append(sids, s.sid)
		}
	}
	p, ok := paginate(c.request.URL.Query(), sids)
	if !ok {
		return badPage()
	}
	return reply(http.StatusOK, p.list(c.Path, "short_codes", items[p.start:p.end]))
}

func shortCodeResource(s *sender) map[string]any {
	return map[string]any{
		"sid": s.sid, "account_sid": s.account.sid, "short_code": s.address, "friendly_name": s.address,
		"date_created": rfc2822(s.created), "date_updated": rfc2822(s.updated), "api_version": "2010-04-01",
		"sms_url": s.url, "sms_method": s.method, "sms_fallback_url": s.fallback, "sms_fallback_method": s.how,
		"uri": accountPath(s.account) + "/SMS/ShortCodes/" + s.sid + ".json",
	}
}
