package twiliotest

import (
	"time"
)

// Message is one message as Twilio knows it, either way.
type Message struct {
	Sid            string     `json:"sid"`
	Account        string     `json:"account"`
	Direction      string     `json:"direction"` // inbound, outbound-api, or outbound-reply for a body of a webhook's answer
	From           string     `json:"from"`      // empty until a Messaging Service has chosen a sender
	To             string     `json:"to"`
	Service        string     `json:"service,omitempty"`
	Body           string     `json:"body"`
	Media          []MediaRef `json:"media,omitempty"`
	MediaURLs      []string   `json:"mediaUrls,omitempty"` // outbound: where Twilio was told to fetch them
	ContentSid     string     `json:"contentSid,omitempty"`
	Variables      string     `json:"variables,omitempty"` // ContentVariables as sent
	Action         string     `json:"action,omitempty"`    // PersistentAction: "geo:latitude,longitude|label"
	StatusCallback string     `json:"statusCallback,omitempty"`
	Status         string     `json:"status"`
	ErrorCode      int        `json:"errorCode,omitempty"`
	ErrorText      string     `json:"errorText,omitempty"`
	Arrived        bool       `json:"arrived"` // outbound: the customer's phone shows it
	Created        time.Time  `json:"created"`
	Sent           *time.Time `json:"sent,omitempty"`
	Updated        time.Time  `json:"updated"`

	Location *Location `json:"location,omitempty"` // inbound
	Buttons  []string  `json:"buttons,omitempty"`  // of the template, for the phone to show
	Typing   int       `json:"typing,omitempty"`   // inbound: how often the customer was shown that an answer is being written
}

// MediaRef names a file of a message.
type MediaRef struct {
	Sid         string `json:"sid"`
	ContentType string `json:"contentType"`
	Name        string `json:"name,omitempty"`
	Path        string `json:"path"` // of the CDN: no credentials needed
}

// The statuses of messages (Twilio, "Message status values").
const (
	accepted    = "accepted"
	queued      = "queued"
	sending     = "sending"
	sent        = "sent"
	delivered   = "delivered"
	undelivered = "undelivered"
	failed      = "failed"
	read        = "read"
	received    = "received"
)

const (
	inbound       = "inbound"
	outboundAPI   = "outbound-api"
	outboundReply = "outbound-reply"
)

// message is a Message with its people and its state in tests. It is guarded by the emulator's lock.
type message struct {
	Message
	account  *account
	customer *customer
	sender   *sender // of ours, either way; nil until a service has chosen
	service  *service
	inbound  *Inbound
	files    []*file
	segments int
	post     *Post // inbound: its first webhook
	expected bool  // a test waited for it
	deleted  bool
}

var rank = map[string]int{
	accepted: 1, queued: 2, sending: 3, sent: 4, failed: 5, undelivered: 5, delivered: 6, read: 7,
}

// add keeps a new message. The caller holds the lock.
func (t *Twilio) add(m *message) {
	m.Created, m.Updated = t.now(), t.now()
	m.Account = m.account.sid
	t.messages[m.Sid] = m
	t.order = append(t.order, m)
	m.customer.chat = append(m.customer.chat, m)
	t.changes.add(messageChanged, m.Sid)
}

// move brings an outbound message to a status. It never goes back, as Twilio's own record does not. The caller holds
// the lock.
func (t *Twilio) move(m *message, status string, code int) {
	if rank[status] < rank[m.Status] {
		return
	}
	m.Status, m.Updated = status, t.now()
	if code != 0 {
		m.ErrorCode, m.ErrorText = code, reasonText(code)
	}
	if rank[status] >= rank[sent] && m.Sent == nil && code == 0 {
		at := t.now()
		m.Sent = &at
	}
	m.Arrived = m.Arrived || status == delivered || status == read
	t.changes.add(messageChanged, m.Sid)
}

func (m *message) snapshot() Message {
	s := m.Message
	for _, f := range m.files {
		s.Media = append(s.Media, MediaRef{Sid: f.sid, ContentType: f.contentType, Name: f.name, Path: f.path})
	}
	return s
}

// Message returns one message as it is now.
func (t *Twilio) Message(sid string) (Message, bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	m := t.messages[sid]
	if m == nil {
		return Message{}, false
	}
	return m.snapshot(), true
}
