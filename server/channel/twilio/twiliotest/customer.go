package twiliotest

import (
	"regexp"
	"strings"
	"time"
)

// Customer is somebody with a phone. Their addresses are written as Twilio writes them.
type Customer struct {
	Address string `json:"address"`          // "+49…", "whatsapp:+49…", or "whatsapp:DE.…" for one who hides their number
	Name    string `json:"name"`             // the WhatsApp profile name
	UserID  string `json:"userId,omitempty"` // "whatsapp:DE.…" beside a number; empty when there is none
}

// customer is a Customer with what the network remembers of them.
type customer struct {
	Customer
	wroteAt map[*sender]time.Time // last message to a sender: opens WhatsApp's window
	chat    []*message            // both ways, in order
}

// AddCustomer makes a customer known by both their addresses, or renames them.
func (t *Twilio) AddCustomer(c Customer) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.meet(c)
}

// Customers returns everybody who wrote or was written to.
func (t *Twilio) Customers() []Customer {
	t.mu.Lock()
	defer t.mu.Unlock()
	people := make([]Customer, 0, len(t.people))
	for _, c := range t.people {
		people = append(people, c.Customer)
	}
	return people
}

// meet finds the customer by either address, or makes one, and takes over what is newly known. The caller holds the
// lock.
func (t *Twilio) meet(known Customer) *customer {
	c := t.customers[known.Address]
	if c == nil && known.UserID != "" {
		c = t.customers[known.UserID]
	}
	if c == nil {
		c = &customer{Customer: known, wroteAt: map[*sender]time.Time{}}
		t.people = append(t.people, c)
		t.changes.add(peopleChanged, known.Address)
	}
	if known.Name != "" && known.Name != c.Name {
		c.Name = known.Name
		t.changes.add(peopleChanged, c.Address)
	}
	if known.UserID != "" {
		c.UserID = known.UserID
		t.customers[known.UserID] = c
	}
	t.customers[known.Address] = c
	return c
}

// userID is the form of WhatsApp's ids of users: two letters of a country, perhaps ENT, and up to 128 letters and
// digits.
var userID = regexp.MustCompile(`^[A-Z]{2}\.(ENT\.)?[A-Za-z0-9]{1,128}$`)

// validAddress tells whether messages can be sent to the address at all.
func validAddress(address string) bool {
	if isWhatsApp(address) && userID.MatchString(bare(address)) {
		return true
	}
	return isNumber(bare(address))
}

// waID is the number as WhatsApp writes it, without the plus sign; empty for who hides theirs.
func waID(address string) string {
	if number := bare(address); isNumber(number) {
		return strings.TrimPrefix(number, "+")
	}
	return ""
}
