package cloudapi

import (
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/livedesk/livedesk/model"
)

const (
	// maxAddress is how many characters a customer's address may have: those of a business-scoped user id are 131 at most.
	maxAddress = 200
	// maxID is how long an id of a message may be, in bytes; Meta's have about eighty. A longer one cannot be indexed.
	maxID = 512
)

// message reads a customer's message. Whatever it holds, something is shown: what the desk has no kind for becomes
// UNSUPPORTED with the name that Meta gives it. One without an id or a sender can neither be stored once nor answered.
func (b *batch) message(value, m tree) {
	id, who := m.at("id").word(), writer(value, m)
	addresses := senders(m, who)
	if id == "" || len(id) > maxID || len(addresses) == 0 {
		b.leave("A message came without an id or a sender.")
		return
	}
	in := model.Incoming{ExternalID: id, Addresses: addresses, ProfileName: profileName(who), At: b.sentAt(m), Raw: with(value, "message", m).raw()}
	data := model.MessageData{
		Referral:  referral(m.at("referral")),
		Quoted:    m.at("context", "id").word(),
		Forwarded: m.at("context", "forwarded").isTrue() || m.at("context", "frequently_forwarded").isTrue(),
	}
	content(m, &in, &data)
	if data.Referral != nil || data.Location != nil || data.Choice != nil || len(data.Cards) > 0 || data.Forwarded || data.Quoted+data.Provider != "" {
		in.Data = &data
	}
	b.got.Messages = append(b.got.Messages, in)
}

// writer is the entry of contacts for who wrote the message: the one with their number or user id, and the only one in
// any case. System messages come without contacts.
func writer(value, m tree) tree {
	contacts := value.at("contacts").list()
	for _, c := range contacts {
		if id := c.at("wa_id").word(); id != "" && id == m.at("from").word() {
			return c
		}
		if id := c.at("user_id").word(); id != "" && id == m.at("from_user_id").word() {
			return c
		}
	}
	if len(contacts) == 1 && len(value.at("messages").list()) == 1 {
		return contacts[0]
	}
	return tree{}
}

// senders lists who wrote: the number first, then the business-scoped user ids, which are all there is when a customer
// hides the number. After a change of number, the old and the new one are not joined: the old one gets another owner.
func senders(m, who tree) []string {
	var list []string
	for _, field := range []tree{m.at("from"), who.at("wa_id"), m.at("from_user_id"), who.at("user_id"), m.at("from_parent_user_id"), who.at("parent_user_id")} {
		if id := address(field.word()); id != "" && utf8.RuneCountInString(id) <= maxAddress && !slices.Contains(list, id) {
			list = append(list, id)
		}
	}
	slices.SortStableFunc(list, func(a, b string) int { return rank(a) - rank(b) })
	return list
}

func rank(address string) int {
	if model.IsPhoneNumber(address) {
		return 0
	}
	return 1
}

// address spells a number as the desk stores it; Meta leaves the plus sign out. What is no number is a user id.
func address(s string) string {
	s = model.CleanAddress(s)
	if digits := strings.TrimPrefix(s, "+"); len(digits) >= 7 && model.IsPhoneNumber("+"+digits) {
		return "+" + digits
	}
	return s
}

func profileName(who tree) string {
	if name := who.at("profile", "name").word(); name != "" {
		return clean(name, 256)
	}
	return clean(who.at("profile", "username").word(), 256)
}

// sentAt is when Meta took the message, never after now. A webhook may come days late.
func (b *batch) sentAt(m tree) time.Time {
	seconds, err := strconv.ParseInt(m.at("timestamp").word(), 10, 64)
	at := time.Unix(seconds, 0).UTC()
	if err != nil || seconds <= 0 || at.After(b.now) {
		return b.now
	}
	return at
}

// referral reads the advertisement that the customer came from.
func referral(t tree) *model.Referral {
	r := model.Referral{
		SourceID:   t.at("source_id").word(),
		SourceType: t.at("source_type").word(),
		SourceURL:  t.at("source_url").text(4096),
		Headline:   t.at("headline").text(4096),
		Body:       t.at("body").text(4096),
		ClickID:    t.at("ctwa_clid").word(),
	}
	if r == (model.Referral{}) {
		return nil
	}
	return &r
}
