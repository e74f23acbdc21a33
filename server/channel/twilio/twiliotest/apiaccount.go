package twiliotest

import "net/http"

func (t *Twilio) fetchAccount(c *call) answer {
	t.mu.Lock()
	defer t.mu.Unlock()
	a := c.account
	if sid, ok := c.fileSid(); !ok || sid != a.sid {
		return missing(c.request)
	}
	path := accountPath(a)
	parts := map[string]string{}
	for name, file := range map[string]string{
		"incoming_phone_numbers": "IncomingPhoneNumbers", "messages": "Messages", "balance": "Balance",
		"usage": "Usage", "keys": "Keys", "applications": "Applications", "addresses": "Addresses",
		"available_phone_numbers": "AvailablePhoneNumbers", "signing_keys": "SigningKeys", "calls": "Calls",
	} {
		parts[name] = path + "/" + file + ".json"
	}
	return reply(http.StatusOK, map[string]any{
		"sid": a.sid, "friendly_name": a.name, "status": a.status, "type": a.kind,
		"owner_account_sid": a.sid, "auth_token": a.token,
		"date_created": rfc2822(a.created), "date_updated": rfc2822(a.created),
		"uri": path + ".json", "subresource_uris": parts,
	})
}

func accountPath(a *account) string { return "/2010-04-01/Accounts/" + a.sid }
