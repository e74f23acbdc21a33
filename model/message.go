package model

import "time"

// Direction says which way a message goes.
type Direction string

// The directions.
const (
	Inbound  Direction = "INBOUND"  // from the customer
	Outbound Direction = "OUTBOUND" // to the customer
	Internal Direction = "INTERNAL" // a note that the customer never sees
)

// MessageKind says what a message is made of.
type MessageKind string

// The kinds of messages. What a provider calls otherwise is UNSUPPORTED and shown as a placeholder.
const (
	TextMessage        MessageKind = "TEXT"
	MediaMessage       MessageKind = "MEDIA"
	LocationMessage    MessageKind = "LOCATION"
	ContactsMessage    MessageKind = "CONTACTS"
	InteractiveMessage MessageKind = "INTERACTIVE" // a pressed button or a chosen list row
	ReactionMessage    MessageKind = "REACTION"
	TemplateMessage    MessageKind = "TEMPLATE"
	NoteMessage        MessageKind = "NOTE"
	GreetingMessage    MessageKind = "GREETING"
	UnavailableMessage MessageKind = "UNAVAILABLE"
	SurveyMessage      MessageKind = "SURVEY"
	UnsupportedMessage MessageKind = "UNSUPPORTED"
)

// DeliveryStatus is how far an outbound message got. It only moves forward.
type DeliveryStatus string

// The delivery statuses.
const (
	Queued    DeliveryStatus = "QUEUED"
	Sending   DeliveryStatus = "SENDING"
	Unknown   DeliveryStatus = "UNKNOWN" // the provider may or may not have taken it
	Sent      DeliveryStatus = "SENT"
	Delivered DeliveryStatus = "DELIVERED"
	Read      DeliveryStatus = "READ"
	Failed    DeliveryStatus = "FAILED"
)

// Message is one thing said in a conversation, or noted beside it.
type Message struct {
	AccountID      int64          `bun:"account_id,pk"`
	ConversationID ID             `bun:"conversation_id,pk"`
	Seq            int64          `bun:"seq,pk"` // 1, 2, 3 … within the conversation, without gaps
	ID             ID             `bun:"id"`
	ChannelID      ID             `bun:"channel_id"`
	Direction      Direction      `bun:"direction"`
	Kind           MessageKind    `bun:"kind"`
	Blocked        bool           `bun:"blocked"` // the contact was blocked when it came: it started nothing
	Text           string         `bun:"text"`
	Data           *MessageData   `bun:"data,type:jsonb"`
	AgentID        ID             `bun:"agent_id,nullzero"`    // sender, when a person
	AiAgentID      ID             `bun:"ai_agent_id,nullzero"` // sender, when an AI Agent
	ClientKey      string         `bun:"client_key,nullzero"`
	ReplyToID      ID             `bun:"reply_to_id,nullzero"`
	ExternalID     string         `bun:"external_id,nullzero"` // the provider's id
	Version        int            `bun:"version"`
	Status         DeliveryStatus `bun:"status,nullzero"` // outbound only
	ErrorCode      string         `bun:"error_code,nullzero"`
	ErrorText      string         `bun:"error_text,nullzero"`
	Advice         string         `bun:"advice,nullzero"`
	Attempt        int            `bun:"attempt"`
	SentAt         *time.Time     `bun:"sent_at"` // when the provider took it
	CreatedAt      time.Time      `bun:"created_at"`
}

// MessageData is what a message holds besides its text and attachments. Fields that do not apply are absent.
type MessageData struct {
	Location  *Location     `json:"location,omitempty"`
	Cards     []ContactCard `json:"cards,omitempty"`
	Choice    *Choice       `json:"choice,omitempty"`
	Referral  *Referral     `json:"referral,omitempty"`
	Quoted    string        `json:"quoted,omitempty"`    // provider's id of the message that this one answers
	Forwarded bool          `json:"forwarded,omitempty"` //
	Template  *TemplateCall `json:"template,omitempty"`
	Survey    ID            `json:"survey,omitempty"`   // which the message asks or answers
	Ai        *AiMark       `json:"ai,omitempty"`       // how an AI Agent made it
	Choices   []Choice      `json:"choices,omitempty"`  // what it may be answered with, where the provider can offer that
	Provider  string        `json:"provider,omitempty"` // what the provider called a kind that the desk does not know
}

// Templated tells whether the message is sent as an approved template, which WhatsApp takes at any time.
func (m *Message) Templated() bool { return m.Data != nil && m.Data.Template != nil }

// Location is a place that was sent.
type Location struct {
	Latitude  float64 `json:"latitude"`  // degrees north
	Longitude float64 `json:"longitude"` // degrees east
	Name      string  `json:"name,omitempty"`
	Address   string  `json:"address,omitempty"`
}

// ContactCard is a visiting card that was sent.
type ContactCard struct {
	Name   string   `json:"name"`
	Phones []string `json:"phones,omitempty"`
}

// Choice is a pressed button or a chosen row of a list.
type Choice struct {
	ID    string `json:"id"` // what the desk or a template gave the button
	Title string `json:"title"`
}

// Referral is the advertisement that a customer came from.
type Referral struct {
	SourceID   string `json:"sourceId,omitempty"`
	SourceType string `json:"sourceType,omitempty"`
	SourceURL  string `json:"sourceUrl,omitempty"`
	Headline   string `json:"headline,omitempty"`
	Body       string `json:"body,omitempty"`
	ClickID    string `json:"clickId,omitempty"`
}

// TemplateCall names an approved template and fills its variables.
type TemplateCall struct {
	ID        string            `json:"id"` // Twilio: Content SID
	Variables map[string]string `json:"variables,omitempty"`
}

var rank = map[DeliveryStatus]int{Queued: 1, Sending: 2, Unknown: 3, Sent: 4, Failed: 5, Delivered: 6, Read: 7}

// Rank numbers the statuses. A report moves a message to a higher one only: reports come late, twice and in any order,
// and what stays must not depend on it. READ beats DELIVERED, and what was delivered did not fail. The database compares
// by its own status_rank, which a test holds against this.
func (s DeliveryStatus) Rank() int { return rank[s] }

// MaxText is how many characters a channel takes in one message, counted as UTF-16 units (Twilio, error 21617).
const MaxText = 1600

// TextUnits counts text the way providers do: characters outside the basic plane count twice.
func TextUnits(s string) int {
	n := 0
	for _, r := range s {
		n++
		if r > 0xFFFF {
			n++
		}
	}
	return n
}
