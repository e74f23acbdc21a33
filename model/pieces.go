package model

import (
	"strings"
	"unicode/utf8"
)

// pieces are what parts are put together from: the block itself, unless it is too long for one.
func (b block) pieces() []string {
	size, runes := longPart, longRunes
	if b.whole {
		size, runes = wholePart, MaxPart-maxHeading*6-20 // the headings above it shall have room
	}
	if sizeOfText(b.text) <= size && utf8.RuneCountInString(b.text) <= runes {
		return []string{b.text}
	}
	var units []string
	switch {
	case b.items != nil:
		for _, item := range b.items {
			units = append(units, short(item+"\n", lines)...)
		}
	case b.whole:
		units = lines(b.text)
	default:
		units = sentences(b.text)
	}
	return together(units)
}

// together joins units of a text, as they follow one another, into pieces of the usual size.
func together(units []string) []string {
	var pieces []string
	var b strings.Builder
	size, runes := 0, 0
	end := func() {
		if text := strings.TrimSpace(b.String()); text != "" {
			pieces = append(pieces, text)
		}
		b.Reset()
		size, runes = 0, 0
	}
	for _, unit := range units {
		for _, u := range short(unit, sentences) {
			s, n := sizeOfText(u), utf8.RuneCountInString(u)
			if size+s > usualPart || runes+n > longRunes {
				end()
			}
			b.WriteString(u)
			size, runes = size+s, runes+n
		}
	}
	end()
	return pieces
}

// short cuts a unit that is too long by itself, and a smaller unit that still is, wherever that may be.
func short(unit string, cut func(string) []string) []string {
	if !isLong(unit) {
		return []string{unit}
	}
	var units []string
	for _, u := range cut(unit) {
		units = append(units, chopped(u)...)
	}
	return units
}

// chopped cuts a text without lines or sentences at the last space before it is too long or, without one, right there.
func chopped(text string) []string {
	var pieces []string
	for isLong(text) {
		end := upTo(text)
		if space := strings.LastIndexAny(text[:end], " \t\n"); space > end/2 {
			end = space
		}
		pieces, text = append(pieces, text[:end]), text[end:]
	}
	return append(pieces, text)
}

// upTo is where a text has the size of a usual part: so many characters hold no more words.
func upTo(text string) int {
	n := 0
	for i := range text {
		if n++; n > usualPart {
			return i
		}
	}
	return len(text)
}

func lines(text string) []string { return strings.SplitAfter(text, "\n") }

// sentences cuts a text behind what ends a sentence.
func sentences(text string) []string {
	var list []string
	from, ended := 0, false
	for i, r := range text {
		switch {
		case ended && (r == ' ' || r == '\n'):
			list, from, ended = append(list, text[from:i]), i, false
		case strings.ContainsRune("。！？", r):
			end := i + utf8.RuneLen(r)
			list, from, ended = append(list, text[from:end]), end, false
		default:
			ended = strings.ContainsRune(".!?…", r)
		}
	}
	return append(list, text[from:])
}
