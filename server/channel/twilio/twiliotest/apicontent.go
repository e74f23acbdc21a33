package twiliotest

import "net/http"

const contentHost = "https://content.twilio.com"

func (t *Twilio) fetchContent(c *call) answer {
	t.mu.Lock()
	defer t.mu.Unlock()
	content := c.account.content(c.request.PathValue("content"))
	if content == nil {
		return missing(c.request)
	}
	address := contentHost + "/v1/Content/" + content.Sid
	r := contentResource(c.account, content)
	r["url"] = address
	r["links"] = map[string]string{
		"approval_fetch": address + "/ApprovalRequests", "approval_create": address + "/ApprovalRequests/whatsapp",
	}
	return reply(http.StatusOK, r)
}

func (t *Twilio) listContents(c *call) answer {
	t.mu.Lock()
	defer t.mu.Unlock()
	items, sids := []any{}, []string(nil)
	for _, content := range c.account.contents {
		status := "unsubmitted"
		if content.Approved {
			status = "approved"
		}
		r := contentResource(c.account, content)
		r["approval_requests"] = map[string]any{
			"name": content.Name, "category": "UTILITY", "content_type": kindOf(content), "status": status,
			"rejection_reason": "", "allow_category_change": true,
		}
		items, sids = append(items, r), append(sids, content.Sid)
	}
	p, ok := paginate(c.request.URL.Query(), sids)
	if !ok {
		return badPage()
	}
	return reply(http.StatusOK, p.meta(contentHost+c.Path, "contents", items[p.start:p.end]))
}

func kindOf(c *Content) string {
	if len(c.Buttons) > 0 {
		return "twilio/quick-reply"
	}
	return "twilio/text"
}

func contentResource(a *account, c *Content) map[string]any {
	body := map[string]any{"body": c.Body}
	if len(c.Buttons) > 0 {
		actions := []any{}
		for _, title := range c.Buttons {
			actions = append(actions, map[string]string{"type": "QUICK_REPLY", "title": title, "id": title})
		}
		body["actions"] = actions
	}
	variables := c.Variables
	if variables == nil {
		variables = map[string]string{}
	}
	return map[string]any{
		"sid": c.Sid, "account_sid": a.sid, "friendly_name": c.Name, "language": c.Language,
		"variables": variables, "types": map[string]any{kindOf(c): body},
		"date_created": iso8601(c.created), "date_updated": iso8601(c.created),
	}
}
