package model

import (
	"strings"
	"unicode/utf8"
)

// Part is a piece of an article that is found and read by itself.
type Part struct {
	Heading string // the headings above it, outermost first, with " > " between them
	Text    string // its Markdown, with the headings that begin in it
}

// Headings are those above the part and those that begin in it.
func (p Part) Headings() string {
	all := p.Heading
	for _, b := range blocks(p.Text) {
		if b.level > 0 {
			all += "\n" + b.title
		}
	}
	return all
}

// The sizes of parts. A word counts 1, a character of a script without spaces a half.
const (
	leastPart   = 120  // a section this long does not take another into its part
	usualPart   = 300  // a part is not added to beyond this
	longPart    = 400  // a paragraph or list that is longer is cut
	wholePart   = 1200 // code and tables are cut only beyond this
	longRunes   = 4000
	MaxPart     = 8000 // characters: no part is longer
	maxHeading  = 200  // characters; what is longer is a paragraph
	headingMark = " > "
)

// Split cuts Markdown into parts of about 200 to 400 words: at headings first, then between paragraphs. Lists are cut
// between their items, and code and tables stay whole unless they are far too long. What the parts hold, one after
// another, is all that the text holds but for empty lines.
func Split(body string) []Part {
	var s splitter
	for _, b := range blocks(body) {
		s.add(b)
	}
	s.end()
	return s.parts
}

type splitter struct {
	parts []Part
	path  []string // the headings that are open, by their level; "" where one was left out

	texts   []string // of the part that is being filled
	heading string   // of its first text that is no heading
	size    int
	runes   int
	filled  bool // it holds more than headings
}

func (s *splitter) add(b block) {
	if b.level > 0 {
		if s.filled && s.size >= leastPart || s.runes > MaxPart/2 {
			s.end()
		}
		s.open(b)
		s.put(b.text, 0)
		return
	}
	for _, piece := range b.pieces() {
		size, runes := sizeOfText(piece), utf8.RuneCountInString(piece)
		if s.filled && (s.size+size > usualPart || s.runes+runes > longRunes) || s.runes+runes+len(s.texts) > MaxPart-2 {
			s.end()
		}
		s.put(piece, size)
		s.filled = true
	}
}

// open makes the heading the innermost one.
func (s *splitter) open(b block) {
	for len(s.path) < b.level {
		s.path = append(s.path, "")
	}
	s.path = s.path[:b.level]
	s.path[b.level-1] = b.title
}

func (s *splitter) put(text string, size int) {
	if !s.filled {
		s.heading = s.headings()
	}
	s.texts = append(s.texts, text)
	s.size += size
	s.runes += utf8.RuneCountInString(text) + 2
}

func (s *splitter) headings() string {
	var open []string
	for _, title := range s.path {
		if title != "" {
			open = append(open, title)
		}
	}
	return strings.Join(open, headingMark)
}

func (s *splitter) end() {
	if len(s.texts) > 0 {
		s.parts = append(s.parts, Part{s.heading, strings.Join(s.texts, "\n\n")})
	}
	s.texts, s.size, s.runes, s.filled = nil, 0, 0, false
}

// sizeOfText counts words, as parts are measured in.
func sizeOfText(s string) int {
	var m extent
	for _, r := range s {
		m.add(r)
	}
	return m.size()
}

// extent counts the size of a text as it is read.
type extent struct {
	runes, words, characters int
	inWord                   bool
}

func (m *extent) add(r rune) {
	size := sizeOf(r)
	if size > 0 {
		m.characters++
	}
	if size == 0 && !m.inWord {
		m.words++
	}
	m.inWord = size == 0 || m.inWord && size < 0 && r > ' '
	m.runes++
}

func (m *extent) size() int { return m.words + m.characters/2 }

// isLong tells whether a text is longer than a part may be. It reads no more than it must: what is cut off a long text is
// short.
func isLong(text string) bool {
	var m extent
	for _, r := range text {
		if m.add(r); m.runes > longRunes || m.size() > longPart {
			return true
		}
	}
	return false
}
