package twiliotest

import (
	"maps"
	"net/http"
	"net/url"
	"slices"
	"time"
)

// messageView is a Message with the customer on whose phone it is.
type messageView struct {
	Message
	Customer string `json:"customer"` // their first address
	Line     string `json:"line"`     // the number of ours; empty until a service has chosen
}

// lineView is what a customer can write to.
type lineView struct {
	Address  string `json:"address"`
	Kind     string `json:"kind"` // WHATSAPP or SMS
	Service  string `json:"service,omitempty"`
	Webhook  string `json:"webhook"`
	Callback string `json:"callback"`
	Settings string `json:"settings"` // what the webhook belongs to: the address, or the SID of the service
}

type postView struct {
	ID         int64         `json:"id"`
	Kind       string        `json:"kind"`
	MessageSid string        `json:"messageSid"`
	Method     string        `json:"method"`
	URL        string        `json:"url"`
	Form       url.Values    `json:"form"`
	Attempts   []attemptView `json:"attempts"`
	Done       bool          `json:"done"`
	OK         bool          `json:"ok"`
	At         time.Time     `json:"at"`
}

type attemptView struct {
	At       time.Time `json:"at"`
	TookMs   float64   `json:"tookMs"`
	Status   int       `json:"status"`
	Error    string    `json:"error,omitempty"`
	Note     string    `json:"note,omitempty"`
	Fallback bool      `json:"fallback,omitempty"`
}

type accountView struct {
	Sid   string `json:"sid"`
	Token string `json:"token"`
}

type stateView struct {
	Next      int64         `json:"next"` // where the events continue
	Now       time.Time     `json:"now"`
	Accounts  []accountView `json:"accounts"`
	Lines     []lineView    `json:"lines"`
	Customers []Customer    `json:"customers"`
	Messages  []messageView `json:"messages"`
	Posts     []postView    `json:"posts"`
	Links     []Link        `json:"links"`
}

// shownMessages is how many of the newest messages the page starts with.
const shownMessages = 2000

func (t *Twilio) pageState(w http.ResponseWriter, r *http.Request) {
	t.mu.Lock()
	s := stateView{
		Next: t.changes.end(), Now: t.now(), Lines: t.lines(), Links: append([]Link{}, t.options.Links...),
		Accounts: []accountView{}, Customers: []Customer{}, Messages: []messageView{}, Posts: []postView{},
	}
	for _, sid := range slices.Sorted(maps.Keys(t.accounts)) {
		s.Accounts = append(s.Accounts, accountView{sid, t.accounts[sid].token})
	}
	for _, c := range t.people {
		s.Customers = append(s.Customers, c.Customer)
	}
	for _, m := range t.order[max(0, len(t.order)-shownMessages):] {
		s.Messages = append(s.Messages, m.view())
	}
	for _, p := range t.posts {
		s.Posts = append(s.Posts, p.view())
	}
	t.mu.Unlock()
	reply(http.StatusOK, s).write(w)
}

// lines lists what can be written to, in the order of its making. The caller holds the lock.
func (t *Twilio) lines() []lineView {
	lines := []lineView{}
	for _, sid := range slices.Sorted(maps.Keys(t.accounts)) {
		for _, s := range t.accounts[sid].senders {
			l := lineView{
				Address: s.address, Kind: "SMS", Settings: s.address, Webhook: s.url, Callback: s.callback,
			}
			if s.whatsApp() {
				l.Kind = "WHATSAPP"
			}
			if v := s.service; v != nil {
				l.Service = v.sid
			}
			if v := s.service; v != nil && !v.byNumber {
				l.Settings, l.Webhook, l.Callback = v.sid, v.url, v.callback
			}
			lines = append(lines, l)
		}
	}
	return lines
}

func (m *message) view() messageView {
	v := messageView{Message: m.snapshot(), Customer: m.customer.Address}
	if m.sender != nil {
		v.Line = m.sender.address
	}
	return v
}

func (p *Post) view() postView {
	v := postView{
		ID: p.ID, Kind: p.Kind, MessageSid: p.MessageSid, Method: p.Method, URL: p.URL, Form: p.Form,
		Done: p.Done, OK: p.OK(), At: p.At, Attempts: []attemptView{},
	}
	for _, a := range p.Attempts {
		v.Attempts = append(v.Attempts, attemptView{
			At: a.At, TookMs: float64(a.Took.Microseconds()) / 1000, Status: a.Status, Error: a.Error, Note: a.Note,
			Fallback: a.Fallback,
		})
	}
	return v
}
