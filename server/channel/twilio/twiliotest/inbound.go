package twiliotest

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strings"
)

// Inbound is what a customer does on their phone. Exactly one of To and Service is needed.
type Inbound struct {
	From           string    `json:"from"`           // "+49…", "whatsapp:+49…", or "whatsapp:DE.…" when the number is hidden
	To             string    `json:"to"`             // a number or WhatsApp sender of the account
	Service        string    `json:"service"`        // a Messaging Service, which chooses the number
	ProfileName    string    `json:"profileName"`    // WhatsApp; empty: the name the customer is known by
	ExternalUserID string    `json:"externalUserId"` // WhatsApp: "whatsapp:DE.…" beside a number
	Body           string    `json:"body"`
	Media          []File    `json:"media"` // up to 10 for MMS, one for WhatsApp; a visiting card is text/vcard
	Location       *Location `json:"location"`
	Button         *Button   `json:"button"`
	Row            *Row      `json:"row"`
	ReplyTo        string    `json:"replyTo"` // SID of the message that is quoted
	Forwarded      bool      `json:"forwarded"`
	Referral       *Referral `json:"referral"`

	Type  string     `json:"type"`  // MessageType, when it is not what the rest says: "unsupported", "reaction"
	Extra url.Values `json:"extra"` // parameters to add or change: Twilio adds some without notice

	replySender string
}

// Location is a place that a customer shares. A dropped pin has neither label nor address.
type Location struct {
	Latitude  float64 `json:"latitude"`
	Longitude float64 `json:"longitude"`
	Label     string  `json:"label"`
	Address   string  `json:"address"`
}

// Button is a quick reply that was pressed.
type Button struct {
	Text    string `json:"text"`
	Payload string `json:"payload"`
}

// Row is a row of a list picker that was chosen.
type Row struct {
	ID          string `json:"id"`
	Title       string `json:"title"`
	Description string `json:"description,omitempty"`
}

// Referral is the advertisement that a customer tapped.
type Referral struct {
	SourceID   string `json:"sourceId"`
	SourceType string `json:"sourceType"`
	SourceURL  string `json:"sourceUrl"`
	Headline   string `json:"headline"`
	Body       string `json:"body"`
	ClickID    string `json:"clickId"`
}

// Errors of what customers send.
var (
	ErrNoWebhook   = errors.New("twilio has no URL to post to")
	ErrNotReceived = errors.New("the service has no inbound URL: twilio drops the message and does not log it")
)

// CustomerSends sends a message to a number of ours and posts it to the webhook configured there. It returns when the
// desk answered, or Twilio gave up; the post says which. With ErrNoWebhook the message is at Twilio all the same. The
// "join …" of a sandbox is not posted: its post is empty.
func (t *Twilio) CustomerSends(ctx context.Context, in Inbound) (Post, error) {
	p, twice, err := t.receive(in)
	if p == nil {
		return Post{}, err
	}
	if twice != nil {
		t.spawn(func() { t.deliver(t.running, twice) })
	}
	return t.deliver(ctx, p), nil
}

// receive takes the message in and prepares its post, and a second one if chance wants it.
func (t *Twilio) receive(in Inbound) (p, twice *Post, err error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	c, s, err := t.parties(&in)
	if err != nil {
		return nil, nil, err
	}
	if s.service != nil {
		in.Service = s.service.sid
		if !s.service.byNumber && s.service.url == "" {
			return nil, nil, ErrNotReceived
		}
	}
	m := t.addInbound(in, c, s)
	if s.sandbox && t.joins(m) {
		return nil, nil, nil
	}
	t.optOut(m)
	if p = t.inboundPost(m); p == nil {
		return nil, nil, ErrNoWebhook
	}
	if t.chance(t.mischief.DuplicateInbound) {
		twice = t.again(p)
	}
	return p, twice, nil
}

// parties finds customer and sender, and completes the message with what is known of them.
func (t *Twilio) parties(in *Inbound) (*customer, *sender, error) {
	if !validAddress(in.From) {
		return nil, nil, fmt.Errorf("customer sends: %q is no address of a customer", in.From)
	}
	hidden := isWhatsApp(in.From) && !isNumber(bare(in.From))
	if hidden && in.ExternalUserID == "" {
		in.ExternalUserID = in.From
	}
	c := t.meet(Customer{Address: in.From, Name: in.ProfileName, UserID: in.ExternalUserID})
	if isWhatsApp(in.From) && in.ProfileName == "" {
		in.ProfileName = c.Name
	}
	if in.ExternalUserID == "" {
		in.ExternalUserID = c.UserID
	}
	s := t.senders[in.To]
	if v := t.service(in.Service); in.To == "" && v != nil {
		s = v.pick(c, isWhatsApp(in.From))
	}
	if s == nil || s.whatsApp() != isWhatsApp(in.From) {
		return nil, nil, fmt.Errorf("customer sends: nothing at %q%q takes messages of %q", in.To, in.Service, in.From)
	}
	in.To, in.Service = s.address, ""
	if quoted := t.messages[in.ReplyTo]; quoted != nil {
		in.replySender = quoted.From
	}
	return c, s, nil
}

func (t *Twilio) addInbound(in Inbound, c *customer, s *sender) *message {
	prefix := "SM"
	if len(in.Media) > 0 {
		prefix = "MM"
	}
	m := &message{account: s.account, customer: c, sender: s, service: s.service, inbound: &in}
	at := t.now()
	m.Message = Message{
		Sid: t.sid(prefix), Direction: inbound, From: in.From, To: in.To, Service: in.Service, Body: in.body(),
		Status: received, Sent: &at, Location: in.Location,
	}
	m.segments = segments(in.From, in.Body)
	t.add(m)
	for _, f := range in.Media {
		t.keep(m, f)
	}
	c.wroteAt[s] = at
	return m
}

// inboundPost prepares the webhook of a message; nil when there is none. The caller holds the lock.
func (t *Twilio) inboundPost(m *message) *Post {
	where := m.sender.target
	if v := m.service; v != nil && !v.byNumber {
		where = v.target
	}
	if where.url == "" {
		return nil
	}
	var media []string
	for _, f := range m.files {
		media = append(media, t.options.MediaURL+accountPath(m.account)+"/Messages/"+m.Sid+"/Media/"+f.sid)
	}
	p := t.newPost(InboundMessage, m, where, m.inbound.form(m.Account, m.Sid, media))
	m.post = p
	return p
}

func (in *Inbound) body() string {
	switch {
	case in.Body != "":
		return in.Body
	case in.Button != nil:
		return in.Button.Text
	case in.Row != nil:
		return in.Row.Title
	case isWhatsApp(in.From) && in.kind() == "document":
		return in.Media[0].Name
	}
	return ""
}

// kind is the MessageType of WhatsApp. Only text, contacts, location and interactive have been seen in captures; the
// others follow WhatsApp's own names.
func (in *Inbound) kind() string {
	switch {
	case in.Type != "":
		return in.Type
	case in.Button != nil:
		return "button"
	case in.Row != nil:
		return "interactive"
	case in.Location != nil:
		return "location"
	case len(in.Media) == 0:
		return "text"
	}
	switch contentType := in.Media[0].ContentType; {
	case contentType == "image/webp":
		return "sticker"
	case contentType == "text/vcard":
		return "contacts"
	case strings.HasPrefix(contentType, "image/"):
		return "image"
	case strings.HasPrefix(contentType, "audio/"):
		return "audio"
	case strings.HasPrefix(contentType, "video/"):
		return "video"
	}
	return "document"
}
