package model

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// MaxRuleText is how much of a text the conditions of rules read, in characters: all that WhatsApp lets a customer write.
const MaxRuleText = 4096

// readable cuts a text to what conditions read of it.
func readable(s string) string {
	if len(s) <= MaxRuleText {
		return s
	}
	n := 0
	for i := range s {
		if n++; n > MaxRuleText {
			return s[:i]
		}
	}
	return s
}

// fold makes texts comparable: letters lose their case and their width, and white space between words is one space.
// Texts that differ in accents stay different, and so do ß and ss.
func fold(s string) string {
	var b strings.Builder
	b.Grow(len(s))
	space := false
	for _, r := range s {
		if unicode.IsSpace(r) {
			space = b.Len() > 0
			continue
		}
		if space {
			b.WriteByte(' ')
			space = false
		}
		b.WriteRune(foldRune(r))
	}
	return b.String()
}

// foldRune picks the least of the letters that differ in case only.
func foldRune(r rune) rune {
	if r >= '！' && r <= '～' { // the full-width forms of ASCII, which Japanese keyboards write
		r -= '！' - '!'
	}
	switch {
	case r >= 'a' && r <= 'z':
		return r - 'a' + 'A'
	case r < utf8.RuneSelf || r >= 0x2E80 && r < 0xA640: // East Asian scripts have no case, and looking it up is slow
		return r
	}
	least := r
	for next := unicode.SimpleFold(r); next != r; next = unicode.SimpleFold(next) {
		least = min(least, next)
	}
	return least
}
