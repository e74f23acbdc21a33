package twiliotest

import (
	"fmt"
	"strings"
	"time"
)

// sender is what messages leave from and arrive at: a phone number (PN…), or a WhatsApp sender (XE…), which Twilio
// keeps apart even when the number is the same.
type sender struct {
	sid, address string // address: "+1…", or "whatsapp:+1…"
	account      *account
	service      *service // whose pool it is in; nil for none
	target
	sandbox  bool // the shared WhatsApp sandbox: in no list of the account
	joined   map[*customer]bool
	optedOut map[*customer]bool
	created  time.Time
	updated  time.Time
}

// target is where webhooks go, and where they go when that fails.
type target struct {
	url, method   string
	fallback, how string // URL and method
	callback      string // statuses of messages that name no address for them
}

func (s *sender) whatsApp() bool { return isWhatsApp(s.address) }

// AddNumber adds a phone number ("+1…"), a short code ("12345") or a WhatsApp sender ("whatsapp:+1…") to an account and
// returns its SID.
func (t *Twilio) AddNumber(accountSid, address string) string {
	t.mu.Lock()
	defer t.mu.Unlock()
	a := t.mustAccount(accountSid)
	prefix := "PN"
	switch {
	case !isNumber(bare(address)) && !isShortCode(address), t.senders[address] != nil:
		panic(fmt.Sprintf("twiliotest: number %q: want a new one like +15550100200 or whatsapp:+15550100200", address))
	case isWhatsApp(address):
		prefix = "XE"
	case isShortCode(address):
		prefix = "SC"
	}
	s := &sender{
		sid: t.sid(prefix), address: address, account: a, target: target{method: "POST", how: "POST"},
		joined: map[*customer]bool{}, optedOut: map[*customer]bool{}, created: t.now(), updated: t.now(),
	}
	a.senders = append(a.senders, s)
	t.senders[address] = s
	t.changes.add(settingChanged, address)
	return s.sid
}

// AddSandbox adds the WhatsApp sandbox: it can be sent from, but no list of senders or numbers shows it, and only
// customers who wrote "join <code>" to it get anything.
func (t *Twilio) AddSandbox(accountSid, address string) string {
	sid := t.AddNumber(accountSid, address)
	t.mu.Lock()
	defer t.mu.Unlock()
	t.senders[address].sandbox = true
	return sid
}

// SetWebhook says where messages to a number, WhatsApp sender or Messaging Service (by its SID) are posted, as typed
// into Twilio's console: with a fragment for retries, and empty for nowhere.
func (t *Twilio) SetWebhook(to, url string) { t.configure(to, func(g *target) { g.url = url }) }

// SetFallback says where a message is posted when its webhook fails.
func (t *Twilio) SetFallback(to, url string) { t.configure(to, func(g *target) { g.fallback = url }) }

// SetWebhookMethod makes the webhook a GET or a POST.
func (t *Twilio) SetWebhookMethod(to, method string) {
	t.configure(to, func(g *target) { g.method = method })
}

// SetStatusCallback says where statuses of messages without an own StatusCallback are posted.
func (t *Twilio) SetStatusCallback(to, url string) {
	t.configure(to, func(g *target) { g.callback = url })
}

// Webhook tells where messages to a number, WhatsApp sender or Messaging Service are posted.
func (t *Twilio) Webhook(to string) string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.target(to).url
}

func (t *Twilio) configure(to string, set func(*target)) {
	t.mu.Lock()
	defer t.mu.Unlock()
	set(t.target(to))
	t.changes.add(settingChanged, to)
}

func (t *Twilio) target(to string) *target {
	if s := t.senders[to]; s != nil {
		return &s.target
	}
	if v := t.service(to); v != nil {
		return &v.target
	}
	panic(fmt.Sprintf("twiliotest: no number or service %q", to))
}

func isWhatsApp(address string) bool { return strings.HasPrefix(address, "whatsapp:") }

func bare(address string) string { return strings.TrimPrefix(address, "whatsapp:") }

// isNumber tells whether s has the form of an E.164 number.
func isNumber(s string) bool {
	return len(s) >= 8 && len(s) <= 16 && s[0] == '+' && s[1] != '0' && digits(s[1:])
}

func isShortCode(s string) bool { return len(s) >= 3 && len(s) <= 8 && digits(s) }

func digits(s string) bool {
	for _, c := range s {
		if c < '0' || c > '9' {
			return false
		}
	}
	return s != ""
}
