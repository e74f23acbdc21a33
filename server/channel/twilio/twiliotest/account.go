package twiliotest

import (
	"crypto/subtle"
	"fmt"
	"time"
)

// account is one Twilio account. Its services, contents and messages are in the order they were made.
type account struct {
	sid, name    string
	token        string // signs webhooks
	second       string // accepted by the API as well, during a rotation
	status, kind string // active, suspended or closed; Trial or Full
	created      time.Time
	services     []*service
	senders      []*sender
	contents     []*Content
}

// The statuses of an account.
const (
	Active    = "active"
	Suspended = "suspended"
	Closed    = "closed"
)

// AddAccount adds an account that may send to anybody. It panics when the SID is taken or not of Twilio's form, as
// all set-up here does: that is a mistake in the test.
func (t *Twilio) AddAccount(sid, authToken string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if !isSid("AC", sid) || t.accounts[sid] != nil || authToken == "" {
		panic(fmt.Sprintf("twiliotest: account %q: want a new SID of AC and 32 hexadecimal digits, and a token", sid))
	}
	t.accounts[sid] = &account{
		sid: sid, token: authToken, name: "Emulated account", status: Active, kind: "Full", created: t.now(),
	}
}

// SetToken replaces the auth token: the former one is refused and no longer signs.
func (t *Twilio) SetToken(sid, authToken string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	a := t.mustAccount(sid)
	a.token, a.second = authToken, ""
}

// SetSecondaryToken makes a second token that the API accepts while webhooks are still signed with the first. Promote
// it with SetToken; an empty one removes it.
func (t *Twilio) SetSecondaryToken(sid, authToken string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.mustAccount(sid).second = authToken
}

// SetAccountStatus suspends, closes or revives an account. Only the API calls of an active one are answered.
func (t *Twilio) SetAccountStatus(sid, status string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.mustAccount(sid).status = status
}

func (t *Twilio) mustAccount(sid string) *account {
	a := t.accounts[sid]
	if a == nil {
		panic(fmt.Sprintf("twiliotest: no account %q", sid))
	}
	return a
}

// opens tells whether the password opens the account.
func (a *account) opens(password string) bool {
	same := func(token string) bool {
		return token != "" && subtle.ConstantTimeCompare([]byte(token), []byte(password)) == 1
	}
	return a.status == Active && (same(a.token) || same(a.second))
}

// isSid tells whether s is a SID with the prefix: two letters and 32 hexadecimal digits.
func isSid(prefix, s string) bool {
	if len(s) != 34 || s[:2] != prefix {
		return false
	}
	for _, c := range s[2:] {
		if (c < '0' || c > '9') && (c < 'a' || c > 'f') && (c < 'A' || c > 'F') {
			return false
		}
	}
	return true
}
