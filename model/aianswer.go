package model

import (
	"cmp"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// maxParts is how many messages one answer may take.
const maxParts = 3

// AiAnswer is an answer as the customer gets it.
type AiAnswer struct {
	Parts    []string // of at most MaxText each
	Articles []ID     // that it names, or that it was given when it names none
}

// NewAiAnswer makes what a model said fit for a phone: without the numbers of articles, Markdown, and marks of ours. given
// are the articles that the model has seen, by their numbers; others are not named, whatever the model says.
func NewAiAnswer(text string, kind ChannelKind, given []ID) AiAnswer {
	cited := citedIn(text, given)
	if len(cited) == 0 {
		cited = given
	}
	text = citation.ReplaceAllString(text, "")
	text = strings.TrimSpace(unformatted(unmarked(text), kind))
	return AiAnswer{Parts: split(text, MaxText, maxParts), Articles: cited}
}

var citation = regexp.MustCompile(`[ \t]*(?:\[\[|【)\s*\d{1,3}(?:\s*,\s*\d{1,3})*\s*(?:\]\]|】)`)
var digits = regexp.MustCompile(`\d+`)

func citedIn(text string, given []ID) (cited []ID) {
	for _, mark := range citation.FindAllString(text, -1) {
		for _, number := range digits.FindAllString(mark, -1) {
			n, err := strconv.Atoi(number)
			if err == nil && n >= 1 && n <= len(given) && !slices.Contains(cited, given[n-1]) {
				cited = append(cited, given[n-1])
			}
		}
	}
	return cited
}

var (
	fences   = regexp.MustCompile("(?m)^[ \t]*(?:```|~~~)[^\n]*\n?")
	headings = regexp.MustCompile(`(?m)^[ \t]*#{1,6}[ \t]+(.+?)[ \t]*#*$`)
	bullets  = regexp.MustCompile(`(?m)^([ \t]*)[*+][ \t]+`)
	images   = regexp.MustCompile(`!\[([^\]\n]*)\]\(([^)\s]+)[^)\n]*\)`)
	links    = regexp.MustCompile(`\[([^\]\n]+)\]\(([^)\s]+)[^)\n]*\)`)
	strong   = regexp.MustCompile(`(\*\*|__)([^\s*_](?:[^*_\n]*[^\s*_])?)(?:\*\*|__)`)
	struck   = regexp.MustCompile(`~~([^~\n]+)~~`)
	codes    = regexp.MustCompile("`([^`\n]+)`")
	empties  = regexp.MustCompile(`\n{3,}`)
)

// unformatted turns Markdown into what WhatsApp shows, and into bare text for SMS.
func unformatted(text string, kind ChannelKind) string {
	bold, strike := "*$2*", "~$1~"
	heading := "*$1*"
	if kind != WhatsApp {
		bold, strike, heading = "$2", "$1", "$1"
	}
	text = fences.ReplaceAllString(text, "")
	text = images.ReplaceAllString(text, "$1 $2")
	text = links.ReplaceAllStringFunc(text, func(link string) string {
		m := links.FindStringSubmatch(link)
		if m[1] == m[2] {
			return m[2]
		}
		return m[1] + ": " + m[2]
	})
	text = strong.ReplaceAllString(text, bold)
	text = headings.ReplaceAllStringFunc(text, func(line string) string {
		return headings.ReplaceAllString(strings.ReplaceAll(line, "*", ""), heading)
	})
	text = bullets.ReplaceAllString(text, "$1- ")
	text = struck.ReplaceAllString(text, strike)
	text = codes.ReplaceAllString(text, "$1")
	return empties.ReplaceAllString(text, "\n\n")
}

// split cuts a text into at most parts of at most limit UTF-16 units, where a paragraph, a line, a sentence or a word ends.
// What does not fit into the last part is left out.
func split(text string, limit, most int) (parts []string) {
	for text = strings.TrimSpace(text); text != "" && len(parts) < most; {
		if TextUnits(text) <= limit {
			return append(parts, text)
		}
		head := fitting(text, limit)
		if len(parts) == most-1 {
			return append(parts, cmp.Or(wholeSentences(head), head))
		}
		at := breakIn(head)
		parts = append(parts, strings.TrimSpace(text[:at]))
		text = strings.TrimSpace(text[at:])
	}
	return parts
}

// fitting is the longest beginning that fits.
func fitting(text string, limit int) string {
	units := 0
	for i, r := range text {
		units++
		if r > 0xFFFF {
			units++
		}
		if units > limit {
			return text[:i]
		}
	}
	return text
}

// breakIn finds the last good place to break in the second half of a text.
func breakIn(head string) int {
	for _, marks := range []string{"\n\n", "\n", ". ", "。", "! ", "? ", "！", "？", " "} {
		if at := strings.LastIndex(head, marks); at > len(head)/2 {
			return at + len(marks)
		}
	}
	return len(head)
}

// wholeSentences cuts what was broken off behind the last sentence that ends, if there is one.
func wholeSentences(text string) string {
	at := strings.LastIndexAny(text, ".!?。！？…\n")
	if at < 0 {
		return ""
	}
	_, size := utf8.DecodeRuneInString(text[at:])
	return strings.TrimSpace(text[:at+size])
}
