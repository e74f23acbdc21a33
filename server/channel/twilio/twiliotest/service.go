package twiliotest

import (
	"fmt"
	"slices"
	"time"
)

// service is a Messaging Service with its pool of senders.
type service struct {
	sid, name  string
	account    *account
	pool       []*sender
	target          // an empty url is null at Twilio, which disables receiving
	byNumber   bool // use_inbound_webhook_on_number: the number's webhook wins
	created    time.Time
	updated    time.Time
	sticky     map[*customer]*sender
	nextSender int
}

// AddService adds a Messaging Service with numbers and WhatsApp senders of the account in its pool. An empty SID makes
// a new one; it is returned.
func (t *Twilio) AddService(accountSid, sid string, addresses ...string) string {
	t.mu.Lock()
	defer t.mu.Unlock()
	if sid == "" {
		sid = t.sid("MG")
	}
	if !isSid("MG", sid) || t.service(sid) != nil {
		panic(fmt.Sprintf("twiliotest: service %q: want a new SID of MG and 32 hexadecimal digits", sid))
	}
	v := &service{
		sid: sid, name: "Emulated service", account: t.mustAccount(accountSid), sticky: map[*customer]*sender{},
		target: target{method: "POST", how: "POST"}, created: t.now(), updated: t.now(),
	}
	for _, address := range addresses {
		s := t.senders[address]
		if s == nil || s.account != v.account || s.service != nil {
			panic(fmt.Sprintf("twiliotest: %q is no free number of the account", address))
		}
		s.service, v.pool = v, append(v.pool, s)
	}
	v.account.services = append(v.account.services, v)
	t.changes.add(settingChanged, sid)
	return sid
}

// SetUseNumberWebhook says whether the webhook of the number wins over that of the service.
func (t *Twilio) SetUseNumberWebhook(serviceSid string, on bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.service(serviceSid).byNumber = on
}

// service finds a Messaging Service of any account.
func (t *Twilio) service(sid string) *service {
	if !isSid("MG", sid) {
		return nil
	}
	for _, a := range t.accounts {
		for _, v := range a.services {
			if v.sid == sid {
				return v
			}
		}
	}
	return nil
}

// pick chooses the sender for a customer: the one they know, else each suitable one in turn. Without one it is nil.
func (v *service) pick(c *customer, whatsApp bool) *sender {
	if s := v.sticky[c]; s != nil && s.whatsApp() == whatsApp && slices.Contains(v.pool, s) {
		return s
	}
	for range v.pool {
		s := v.pool[v.nextSender%len(v.pool)]
		v.nextSender++
		if s.whatsApp() == whatsApp {
			v.sticky[c] = s
			return s
		}
	}
	return nil
}
