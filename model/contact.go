package model

import (
	"strings"
	"time"
)

// Contact is a customer, known by one or more identities.
type Contact struct {
	AccountID   int64      `bun:"account_id,pk"`
	ID          ID         `bun:"id,pk"`
	ProfileName string     `bun:"name"`                  // what the provider or an agent called them; may be empty
	Phone       string     `bun:"phone_number,nullzero"` // E.164; empty when only a user name is known
	Address     string     `bun:"address"`               // the first identity, shown when there is no name
	BlockedAt   *time.Time `bun:"blocked_at"`
	CreatedAt   time.Time  `bun:"created_at"`
}

// Name is what to call the contact: their name, else their number, else the provider's id. It is never empty.
func (c *Contact) Name() string {
	switch {
	case c.ProfileName != "":
		return c.ProfileName
	case c.Phone != "":
		return c.Phone
	}
	return c.Address
}

// Identity is one address that a contact writes from, on one kind of channel.
type Identity struct {
	AccountID int64       `bun:"account_id,pk"`
	Kind      ChannelKind `bun:"kind,pk"`
	Address   string      `bun:"address,pk"` // E.164 number, short code, or the provider's id of a user without a number
	ContactID ID          `bun:"contact_id"`
	CreatedAt time.Time   `bun:"created_at"`
}

// CleanAddress strips a provider's scheme ("whatsapp:") and spaces, so that one number has one spelling.
func CleanAddress(s string) string {
	s = strings.TrimSpace(s)
	if i := strings.IndexByte(s, ':'); i >= 0 && i < 12 {
		s = s[i+1:]
	}
	return strings.TrimSpace(s)
}

// IsPhoneNumber tells whether the address has the form of an E.164 number.
func IsPhoneNumber(address string) bool {
	if len(address) < 4 || len(address) > 16 || address[0] != '+' || address[1] == '0' {
		return false
	}
	for _, c := range address[1:] {
		if c < '0' || c > '9' {
			return false
		}
	}
	return true
}
