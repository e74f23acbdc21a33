package model

import (
	"fmt"
	"slices"
	"strings"
)

// MaxRuleValues is how many values a list in a condition holds.
const MaxRuleValues = 50

func checkList(n int, field string) *Error {
	if n < 1 || n > MaxRuleValues {
		return Refuse(Invalid, fmt.Sprintf("Name 1 to %d of them.", MaxRuleValues), field)
	}
	return nil
}

// within tells whether each of the values has its like in the list, and apart whether none has.
func within[T any](values, list []T, alike func(value, other T) bool) bool {
	return !slices.ContainsFunc(values, func(v T) bool {
		return !slices.ContainsFunc(list, func(o T) bool { return alike(v, o) })
	})
}

func apart[T any](values, list []T, alike func(value, other T) bool) bool {
	return !slices.ContainsFunc(values, func(v T) bool {
		return slices.ContainsFunc(list, func(o T) bool { return alike(v, o) })
	})
}

func same[T comparable](a, b T) bool { return a == b }

// kindTest holds for a message of one of the kinds.
type kindTest []MessageKind

// customerKinds are those that customers send, with the words for them.
var customerKinds = []struct {
	kind  MessageKind
	words string
}{
	{TextMessage, "a text"}, {MediaMessage, "a file"}, {LocationMessage, "a location"}, {ContactsMessage, "a contact card"},
	{InteractiveMessage, "a button or list choice"}, {ReactionMessage, "a reaction"}, {UnsupportedMessage, "of a kind that the desk does not know"},
}

func (t kindTest) field() string { return "messageKind" }

func (t kindTest) check() *Error {
	for _, kind := range t {
		if kindWords(kind) == "" {
			return Refuse(Invalid, fmt.Sprintf("Customers send no messages of the kind %q.", string(kind)), t.field())
		}
	}
	return checkList(len(t), t.field())
}

func kindWords(kind MessageKind) string {
	for _, k := range customerKinds {
		if k.kind == kind {
			return k.words
		}
	}
	return ""
}

func (t kindTest) compile() func(*facts) bool {
	return func(f *facts) bool { return slices.Contains(t, f.Message.Kind) }
}

func (t kindTest) words(Names) string {
	var kinds []string
	for _, kind := range t {
		kinds = append(kinds, kindWords(kind))
	}
	return "the message is " + list(kinds, "or")
}

func (t kindTest) implies(other test) bool {
	o, ok := other.(kindTest)
	return ok && within(t, o, same)
}

func (t kindTest) excludes(other test) bool {
	o, ok := other.(kindTest)
	return ok && apart(t, o, same)
}

// labelTest holds when one of the customer's conversations carries one of the labels.
type labelTest []ID

func (t labelTest) field() string { return "contactLabelIds" }

func (t labelTest) check() *Error {
	if slices.Contains(t, "") {
		return Refuse(Invalid, "Name labels by their ids.", t.field())
	}
	return checkList(len(t), t.field())
}

func (t labelTest) compile() func(*facts) bool {
	return func(f *facts) bool { return !apart(t, f.Contact.LabelIDs, same) }
}

func (t labelTest) words(names Names) string { return "the customer has " + names.labels(t, "or") }

func (t labelTest) implies(other test) bool {
	o, ok := other.(labelTest)
	return ok && within(t, o, same)
}

// A customer has any labels together.
func (t labelTest) excludes(test) bool { return false }

// languageTest holds when the customer's language is one of these or a variant of it.
type languageTest []string

func (t languageTest) field() string { return "language" }

func (t languageTest) check() *Error {
	for _, tag := range t {
		if len(tag) < 2 || len(tag) > 35 || strings.Trim(cleanTag(tag), "abcdefghijklmnopqrstuvwxyz0123456789-") != "" {
			return Refuse(Invalid, "Name a language by its BCP 47 tag, for example ja or en-GB.", t.field())
		}
	}
	return checkList(len(t), t.field())
}

func cleanTag(tag string) string { return strings.ReplaceAll(strings.ToLower(tag), "_", "-") }

// variant tells whether the first language is the second or a variant of it, as en-GB is of en.
func variant(tag, of string) bool {
	rest, ok := strings.CutPrefix(cleanTag(tag), cleanTag(of))
	return ok && (rest == "" || rest[0] == '-')
}

func (t languageTest) compile() func(*facts) bool {
	return func(f *facts) bool {
		return f.Contact.Language != "" && slices.ContainsFunc(t, func(tag string) bool { return variant(f.Contact.Language, tag) })
	}
}

func (t languageTest) words(Names) string { return "the customer's language is " + list(t, "or") }

func (t languageTest) implies(other test) bool {
	o, ok := other.(languageTest)
	return ok && within(t, o, variant)
}

func (t languageTest) excludes(other test) bool {
	o, ok := other.(languageTest)
	return ok && apart(t, o, func(a, b string) bool { return variant(a, b) || variant(b, a) })
}
