package model

import (
	"slices"
	"strconv"
	"strings"
)

// maxAddress is as long as an identity's address may be, in bytes.
const maxAddress = 200

func (c *AddressCondition) field() string { return "contactAddress" }

func (c *AddressCondition) check() *Error {
	if prefix := cleanPrefix(c.StartsWith); prefix == "" || len(prefix) > maxAddress {
		return Refuse(Invalid, "Give how the address begins, for example +81.", c.field(), "startsWith")
	}
	return checkWords(c.StartsWith, c.field(), "startsWith")
}

// cleanPrefix drops what people write into numbers to read them, and a provider's scheme.
func cleanPrefix(s string) string {
	s = CleanAddress(s)
	if strings.HasPrefix(s, "+") {
		s = strings.NewReplacer(" ", "", "-", "", "(", "", ")", "").Replace(s)
	}
	return s
}

func (c *AddressCondition) compile() func(*facts) bool {
	prefix := cleanPrefix(c.StartsWith)
	return func(f *facts) bool {
		return slices.ContainsFunc(f.Contact.Addresses, func(a string) bool { return strings.HasPrefix(a, prefix) })
	}
}

func (c *AddressCondition) words(Names) string {
	return "the customer's address starts with " + strconv.Quote(cleanPrefix(c.StartsWith))
}

func (c *AddressCondition) implies(other test) bool {
	o, ok := other.(*AddressCondition)
	return ok && strings.HasPrefix(cleanPrefix(c.StartsWith), cleanPrefix(o.StartsWith))
}

// A customer has several addresses, which may begin in different ways.
func (c *AddressCondition) excludes(test) bool { return false }

func (c *NameCondition) field() string { return "contactName" }

func (c *NameCondition) check() *Error { return checkWords(c.Contains, c.field(), "contains") }

func (c *NameCondition) compile() func(*facts) bool {
	words := c.folded()
	return func(f *facts) bool { return strings.Contains(f.name(), words.Contains) }
}

func (c *NameCondition) folded() *NameCondition { return &NameCondition{fold(c.Contains)} }

func (c *NameCondition) words(Names) string {
	return "the customer's name contains " + strconv.Quote(c.Contains)
}

func (c *NameCondition) implies(other test) bool {
	o, ok := other.(*NameCondition)
	return ok && strings.Contains(c.Contains, o.Contains)
}

func (c *NameCondition) excludes(test) bool { return false }

func (h ContactHistory) field() string { return "contactHistory" }

func (h ContactHistory) check() *Error {
	if h != FirstTime && h != Returning {
		return Refuse(Invalid, "A contact's history is FIRST_TIME or RETURNING.", h.field())
	}
	return nil
}

func (h ContactHistory) compile() func(*facts) bool {
	return func(f *facts) bool { return f.Contact.Returning == (h == Returning) }
}

func (h ContactHistory) words(Names) string {
	if h == Returning {
		return "the customer has written before"
	}
	return "the customer writes for the first time"
}

func (h ContactHistory) implies(other test) bool { return h == other }

func (h ContactHistory) excludes(other test) bool {
	o, ok := other.(ContactHistory)
	return ok && h != o
}

func (c *AdCondition) field() string { return "adReferral" }

func (c *AdCondition) check() *Error {
	if c.Any == (c.SourceID != "") {
		return Refuse(Invalid, "Give exactly one of any: true and sourceId.", c.field())
	}
	if c.Any {
		return nil
	}
	return checkWords(c.SourceID, c.field(), "sourceId")
}

func (c *AdCondition) compile() func(*facts) bool {
	return func(f *facts) bool { return f.Message.FromAd && (c.Any || f.Message.AdSource == c.SourceID) }
}

func (c *AdCondition) words(Names) string {
	if c.Any {
		return "the customer came from an advertisement"
	}
	return "the customer came from the advertisement " + strconv.Quote(c.SourceID)
}

func (c *AdCondition) implies(other test) bool {
	o, ok := other.(*AdCondition)
	return ok && (o.Any || *o == *c)
}

func (c *AdCondition) excludes(other test) bool {
	o, ok := other.(*AdCondition)
	return ok && !c.Any && !o.Any && c.SourceID != o.SourceID
}
