package model

import (
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"
)

// MaxRuleWords is how long a text of a condition may be, in characters.
const MaxRuleWords = 500

func (c *TextCondition) field() string { return "messageText" }

// parts lists what is asked with the names of the API: one thing, unless it was never checked.
func (c *TextCondition) parts() (names, values []string) {
	for _, p := range [][2]string{{"contains", c.Contains}, {"equals", c.Equals}, {"startsWith", c.StartsWith}, {"matches", c.Matches}} {
		if p[1] != "" {
			names, values = append(names, p[0]), append(values, p[1])
		}
	}
	return names, values
}

func (c *TextCondition) check() *Error {
	names, values := c.parts()
	if len(names) != 1 {
		return Refuse(Invalid, "Give exactly one of contains, equals, startsWith and matches, with a text.", c.field())
	}
	if names[0] == "matches" {
		return checkPattern(values[0], c.field(), "matches")
	}
	return checkWords(values[0], c.field(), names[0])
}

// checkWords refuses what no text can hold. Postgres keeps no NUL.
func checkWords(s string, path ...string) *Error {
	switch {
	case !utf8.ValidString(s) || strings.ContainsRune(s, 0):
		return Refuse(Invalid, "This is no plain text.", path...)
	case fold(s) == "":
		return Refuse(Invalid, "Give a text that is more than white space.", path...)
	case utf8.RuneCountInString(s) > MaxRuleWords:
		return Refuse(Invalid, "Give a text of "+strconv.Itoa(MaxRuleWords)+" characters at most.", path...)
	}
	return nil
}

func (c *TextCondition) compile() func(*facts) bool {
	words := c.folded()
	switch {
	case c.Contains != "":
		return func(f *facts) bool { return strings.Contains(f.folded(), words.Contains) }
	case c.Equals != "":
		return func(f *facts) bool { return f.folded() == words.Equals }
	case c.StartsWith != "":
		return func(f *facts) bool { return strings.HasPrefix(f.folded(), words.StartsWith) }
	}
	re := regexp.MustCompile(c.Matches) // check has read it
	return func(f *facts) bool { return re.MatchString(f.text) }
}

func (c *TextCondition) folded() *TextCondition {
	return &TextCondition{Contains: fold(c.Contains), Equals: fold(c.Equals), StartsWith: fold(c.StartsWith), Matches: c.Matches}
}

func (c *TextCondition) words(Names) string {
	names, values := c.parts()
	if len(names) != 1 {
		return nothing
	}
	verb := map[string]string{"contains": "contains", "equals": "is", "startsWith": "starts with", "matches": "matches"}[names[0]]
	return "the message " + verb + " " + strconv.Quote(values[0])
}

func (c *TextCondition) implies(other test) bool {
	o, ok := other.(*TextCondition)
	switch {
	case !ok:
		return false
	case *c == *o:
		return true
	case o.Contains != "":
		return strings.Contains(c.Equals+c.StartsWith+c.Contains, o.Contains)
	case o.StartsWith != "":
		return strings.HasPrefix(c.Equals+c.StartsWith, o.StartsWith)
	}
	return false
}

func (c *TextCondition) excludes(other test) bool {
	o, ok := other.(*TextCondition)
	switch {
	case !ok:
		return false
	case c.Equals != "":
		return o.Equals != "" && c.Equals != o.Equals || !strings.HasPrefix(c.Equals, o.StartsWith) || !strings.Contains(c.Equals, o.Contains)
	case c.StartsWith != "" && o.StartsWith != "":
		return !strings.HasPrefix(c.StartsWith, o.StartsWith) && !strings.HasPrefix(o.StartsWith, c.StartsWith)
	}
	return false
}
