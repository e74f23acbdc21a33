package model

import (
	"crypto/rand"
	"encoding/hex"
	"log/slog"
	"strconv"
	"strings"
	"time"
)

// ChannelKind is the medium that customers write on.
type ChannelKind string

// The kinds of channels.
const (
	WhatsApp ChannelKind = "WHATSAPP"
	SMS      ChannelKind = "SMS"
)

// ProviderName is the company that carries a channel's messages.
type ProviderName string

// The providers.
const (
	Twilio        ProviderName = "TWILIO"
	WhatsAppCloud ProviderName = "WHATSAPP_CLOUD"
	EngageLab     ProviderName = "ENGAGELAB"
)

// ChannelState says whether a channel works.
type ChannelState string

// The states of a channel. In each of them inbound messages are stored.
const (
	ChannelActive           ChannelState = "ACTIVE"
	ChannelPaused           ChannelState = "PAUSED"            // an admin stopped it: nothing is sent
	ChannelNeedsCredentials ChannelState = "NEEDS_CREDENTIALS" // the provider refuses the stored ones: nothing is sent
)

// ReopenPolicy says what a customer's message does to their last conversation once that is RESOLVED or CLOSED.
type ReopenPolicy string

// The policies for messages after the end of a conversation.
const (
	AlwaysNew    ReopenPolicy = "NEW"
	ReopenWithin ReopenPolicy = "REOPEN_WITHIN"
	AlwaysReopen ReopenPolicy = "REOPEN"
)

// AssignmentMode says how the human agents of a channel are chosen.
type AssignmentMode string

// The modes of assignment.
const (
	ConcurrentLoad AssignmentMode = "CONCURRENT_LOAD"
	Sequential     AssignmentMode = "SEQUENTIAL"
	Manual         AssignmentMode = "MANUAL"
)

// Channel is one connected number or Messaging Service.
type Channel struct {
	AccountID         int64          `bun:"account_id,pk"`
	ID                ID             `bun:"id,pk"`
	Name              string         `bun:"name"`
	Kind              ChannelKind    `bun:"kind"`
	Provider          ProviderName   `bun:"provider"`
	Sender            Sender         `bun:"embed:sender_"`
	Sealed            string         `bun:"secret"`                    // today's credentials, sealed
	SealedBefore      string         `bun:"secret_before,nullzero"`    // those before a rotation: webhooks may still be signed with them
	SealedUntil       *time.Time     `bun:"secret_before_until"`       // until when the former ones are accepted
	SecretHint        string         `bun:"secret_hint"`               // last four characters of today's secret
	VerifyToken       string         `bun:"verify_token,nullzero"`     // what the provider shows to prove itself before it posts; empty: it does not
	Paused            bool           `bun:"paused"`                    // by an admin
	CredentialsBadAt  *time.Time     `bun:"credentials_bad_at"`        // since when the provider refuses the credentials
	ReopenPolicy      ReopenPolicy   `bun:"reopen_policy"`             //
	ReopenWithinHours int            `bun:"reopen_within_hours"`       // for REOPEN_WITHIN
	AssignmentMode    AssignmentMode `bun:"assignment_mode"`           //
	LastGoodAt        *time.Time     `bun:"last_good_webhook_at"`      // last accepted webhook
	LastRefusedAt     *time.Time     `bun:"last_refused_webhook_at"`   // last refused one
	LastRefusedWhy    string         `bun:"last_refused_why,nullzero"` //
	RefusedCount      int64          `bun:"refused_count"`             //
	RemovedAt         *time.Time     `bun:"removed_at"`                //
	CreatedAt         time.Time      `bun:"created_at"`
}

// State derives the state from what was decided about the channel; what an admin chose stands first.
func (c *Channel) State() ChannelState {
	switch {
	case c.Paused || c.RemovedAt != nil:
		return ChannelPaused
	case c.CredentialsBadAt != nil:
		return ChannelNeedsCredentials
	}
	return ChannelActive
}

// Sends tells whether messages may leave on the channel now.
func (c *Channel) Sends() bool { return c.State() == ChannelActive }

// Sender is what a channel sends from: exactly one of a number and a service.
type Sender struct {
	ProviderAccount string `bun:"account"`            // Twilio: Account SID; WhatsApp Cloud API: id of the business account
	PhoneNumber     string `bun:"phone,nullzero"`     // E.164, or a short code for SMS
	Service         string `bun:"service,nullzero"`   // Twilio: Messaging Service SID
	NumberID        string `bun:"number_id,nullzero"` // the provider's id of the number; WhatsApp Cloud API: phone number ID
}

// WebhookKey is one key of a channel's webhook URL. It carries its account, and 256 random bits.
type WebhookKey struct {
	AccountID int64      `bun:"account_id,pk"`
	Key       string     `bun:"key,pk"`
	ChannelID ID         `bun:"channel_id"`
	ExpiresAt *time.Time `bun:"expires_at"` // nil: the current one
	CreatedAt time.Time  `bun:"created_at"`
}

// NewKey makes an unguessable key that names its account: <account>_<64 hex digits>.
func NewKey(account int64) string {
	var b [32]byte
	rand.Read(b[:])
	return strconv.FormatInt(account, 10) + "_" + hex.EncodeToString(b[:])
}

// NewVerifyToken makes an unguessable token that a provider shows before it posts: 128 random bits.
func NewVerifyToken() string {
	var b [16]byte
	rand.Read(b[:])
	return hex.EncodeToString(b[:])
}

// AccountOfKey reads the account out of a key, and 0 when the text is not exactly as NewKey writes one: what is let
// through goes to the database, which refuses bytes that are no text.
func AccountOfKey(key string) int64 { return accountOf(key, 64) }

// SurveyToken writes what a survey is answered with: the account and 128 of the secret bits. It stands in links that
// people see, so it is shorter than a key.
func SurveyToken(account int64, secret []byte) string {
	return strconv.FormatInt(account, 10) + "_" + hex.EncodeToString(secret[:16])
}

// AccountOfSurvey reads the account out of what SurveyToken wrote, and 0 when the text is nothing of that kind.
func AccountOfSurvey(token string) int64 { return accountOf(token, 32) }

func accountOf(key string, digits int) int64 {
	account, random, ok := strings.Cut(key, "_")
	if !ok || len(random) != digits || strings.Trim(random, "0123456789abcdef") != "" {
		return 0
	}
	n, err := strconv.ParseInt(account, 10, 64)
	if err != nil || n < 1 || strconv.FormatInt(n, 10) != account {
		return 0
	}
	return n
}

// Secret is what a provider needs to act for a channel, by the name of the field (Twilio: authToken). It is stored
// sealed, and never logged or returned.
type Secret map[string]string

// LogValue keeps secrets out of structured logs.
func (Secret) LogValue() slog.Value { return slog.StringValue("[secret]") }
