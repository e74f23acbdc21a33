package model

// Condition asks one thing of a conversation: exactly one of its fields is set. A list holds when one of its values does.
type Condition struct {
	MessageText    *TextCondition    `json:"messageText,omitempty"`
	MessageKind    []MessageKind     `json:"messageKind,omitempty"`
	ContactAddress *AddressCondition `json:"contactAddress,omitempty"`
	ContactName    *NameCondition    `json:"contactName,omitempty"`
	ContactLabels  []ID              `json:"contactLabelIds,omitempty"` // on any conversation of the customer
	ContactHistory ContactHistory    `json:"contactHistory,omitempty"`
	BusinessHours  BusinessHours     `json:"businessHours,omitempty"`
	LocalTime      *TimeCondition    `json:"localTime,omitempty"`
	Language       []string          `json:"language,omitempty"` // BCP 47; "en" holds for en-GB too, none for an unknown language
	AdReferral     *AdCondition      `json:"adReferral,omitempty"`
}

// TextCondition asks about the customer's message: exactly one of its fields is set. The first three take no notice of
// case, of full-width forms and of how much white space there is; a regular expression sees the text as it was written.
type TextCondition struct {
	Contains   string `json:"contains,omitempty"`
	Equals     string `json:"equals,omitempty"`
	StartsWith string `json:"startsWith,omitempty"`
	Matches    string `json:"matches,omitempty"` // RE2, anywhere in the text
}

// AddressCondition asks how one of the addresses begins that the customer writes from.
type AddressCondition struct {
	StartsWith string `json:"startsWith"`
}

// NameCondition asks about the customer's name, which is compared as texts are.
type NameCondition struct {
	Contains string `json:"contains"`
}

// ContactHistory says whether a customer has written before.
type ContactHistory string

// The histories.
const (
	FirstTime ContactHistory = "FIRST_TIME"
	Returning ContactHistory = "RETURNING"
)

// BusinessHours is a side of the business hours. A channel without hours is always INSIDE.
type BusinessHours string

// The sides.
const (
	InsideHours  BusinessHours = "INSIDE"
	OutsideHours BusinessHours = "OUTSIDE"
)

// TimeCondition is a stretch of the local week: weekdays, a time from From up to and without To, or both. When To is
// before From it goes on after midnight, and then the weekday is that on which it began.
type TimeCondition struct {
	Weekdays []Weekday  `json:"weekdays,omitempty"` // none: every day
	From     *LocalTime `json:"from,omitempty"`
	To       *LocalTime `json:"to,omitempty"`
}

// AdCondition asks whether the customer came from an advertisement: exactly one of its fields is set.
type AdCondition struct {
	Any      bool   `json:"any,omitempty"`
	SourceID string `json:"sourceId,omitempty"` // the provider's id of the advertisement
}

// test is what one field of a condition asks. Texts are folded before implies and excludes are asked.
type test interface {
	field() string // as in the API
	check() *Error // with the path from the field on
	compile() func(*facts) bool
	words(Names) string // a clause that follows "when"
	implies(test) bool  // surely the other one holds whenever this one does; false when that is not known
	excludes(test) bool // surely the two never hold together
}

// tests lists what the condition asks: one thing, unless it was never checked.
func (c *Condition) tests() []test {
	all := []struct {
		set bool
		test
	}{
		{c.MessageText != nil, c.MessageText}, {c.MessageKind != nil, kindTest(c.MessageKind)},
		{c.ContactAddress != nil, c.ContactAddress}, {c.ContactName != nil, c.ContactName}, {c.ContactLabels != nil, labelTest(c.ContactLabels)},
		{c.ContactHistory != "", c.ContactHistory}, {c.BusinessHours != "", c.BusinessHours}, {c.LocalTime != nil, c.LocalTime},
		{c.Language != nil, languageTest(c.Language)}, {c.AdReferral != nil, c.AdReferral},
	}
	var set []test
	for _, t := range all {
		if t.set {
			set = append(set, t.test)
		}
	}
	return set
}
