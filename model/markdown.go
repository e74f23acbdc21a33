package model

import (
	"regexp"
	"strings"
	"unicode/utf8"
)

// block is a heading, a paragraph, an item of a list, a piece of code or a table, as it stands in the text.
type block struct {
	text  string
	level int      // of a heading, from 1 to 6; 0 for everything else
	title string   // of a heading
	items []string // of a list; their texts together are the text
	whole bool     // it says nothing in pieces: code, a table
}

var (
	headingForm = regexp.MustCompile(`^ {0,3}(#{1,6})(?:[ \t]+(.*?))?(?:[ \t]+#+)?[ \t]*$`)
	fenceForm   = regexp.MustCompile("^[ \t]*(?:[-*+]|[0-9]{1,9}[.)])?[ \t]*(```+|~~~+)")
	itemForm    = regexp.MustCompile(`^ {0,3}(?:[-*+•・]|[0-9]{1,9}[.)])(?:[ \t]|$)`)
	ruleForm    = regexp.MustCompile(`^ {0,3}\|?[ \t]*:?-+:?[ \t]*(?:\|[ \t]*:?-+:?[ \t]*)*\|?[ \t]*$`)
	underline   = regexp.MustCompile(`^ {0,3}(?:=+|-{2,})[ \t]*$`)
)

// blocks reads Markdown as far as it matters for where it may be cut.
func blocks(body string) []block {
	r := reader{lines: strings.Split(body, "\n")}
	var list []block
	for r.at < len(r.lines) {
		if r.blank(r.at) {
			r.at++
			continue
		}
		list = append(list, r.block())
	}
	return list
}

// reader goes through lines. What reads a block takes at least one.
type reader struct {
	lines []string
	at    int
}

func (r *reader) blank(i int) bool { return strings.TrimSpace(r.lines[i]) == "" }

func (r *reader) matches(i int, form *regexp.Regexp) bool {
	return i < len(r.lines) && form.MatchString(r.lines[i])
}

func (r *reader) block() block {
	line := r.lines[r.at]
	switch m := headingForm.FindStringSubmatch(line); {
	case m != nil && utf8.RuneCountInString(line) <= maxHeading:
		r.at++
		return block{text: strings.TrimSpace(line), level: len(m[1]), title: strings.TrimSpace(m[2])}
	case fenceForm.MatchString(line) && !itemForm.MatchString(line):
		return block{text: r.take(r.fence(r.at)), whole: true}
	case itemForm.MatchString(line):
		return r.list()
	case r.table(r.at):
		return block{text: r.take(r.until(r.at+1, func(i int) bool { return r.blank(i) || !strings.Contains(r.lines[i], "|") })), whole: true}
	case r.matches(r.at+1, underline) && utf8.RuneCountInString(line) <= maxHeading:
		level := 2
		if strings.Contains(r.lines[r.at+1], "=") {
			level = 1
		}
		return block{text: r.take(r.at + 2), level: level, title: strings.TrimSpace(line)}
	}
	return block{text: r.take(r.until(r.at+1, r.interrupts))}
}

// take returns the lines up to the one at the end.
func (r *reader) take(end int) string {
	text := strings.Join(r.lines[r.at:end], "\n")
	r.at = end
	return strings.TrimRight(text, " \t\n")
}

// until is the first line from i on of which the condition holds.
func (r *reader) until(i int, ends func(int) bool) int {
	for i < len(r.lines) && !ends(i) {
		i++
	}
	return i
}

// interrupts tells whether a paragraph ends before the line.
func (r *reader) interrupts(i int) bool {
	return r.blank(i) || r.matches(i, headingForm) || r.matches(i, fenceForm) || r.matches(i, itemForm) || r.table(i)
}

func (r *reader) table(i int) bool {
	return strings.Contains(r.lines[i], "|") && (strings.HasPrefix(strings.TrimSpace(r.lines[i]), "|") || r.matches(i+1, ruleForm) && strings.Contains(r.lines[i+1], "|"))
}

// fence is the line behind the code that begins at i: without an end it goes on to the end of the text.
func (r *reader) fence(i int) int {
	mark := fenceForm.FindStringSubmatch(r.lines[i])[1]
	end := r.until(i+1, func(j int) bool {
		line := strings.TrimSpace(r.lines[j])
		return strings.HasPrefix(line, mark) && strings.Trim(line, mark[:1]) == ""
	})
	return min(end+1, len(r.lines))
}

// list takes the items that follow one another. An item goes on in lines that are indented, and in those right behind it.
func (r *reader) list() block {
	var items []string
	for r.at < len(r.lines) {
		next := r.until(r.at, func(i int) bool { return !r.blank(i) })
		if !r.matches(next, itemForm) {
			break
		}
		r.at = next
		items = append(items, r.take(r.item(next)))
	}
	return block{text: strings.Join(items, "\n"), items: items}
}

// item is the line behind the item that begins at i.
func (r *reader) item(i int) int {
	if r.matches(i, fenceForm) {
		i = r.fence(i) - 1
	}
	for i++; i < len(r.lines); i++ {
		indented := strings.HasPrefix(r.lines[i], "  ") || strings.HasPrefix(r.lines[i], "\t")
		switch {
		case r.blank(i):
			next := r.until(i, func(j int) bool { return !r.blank(j) })
			if next == len(r.lines) || !strings.HasPrefix(r.lines[next], "  ") && !strings.HasPrefix(r.lines[next], "\t") {
				return i
			}
		case r.matches(i, itemForm):
			return i
		case indented && r.matches(i, fenceForm):
			i = r.fence(i) - 1
		case !indented && r.interrupts(i):
			return i
		}
	}
	return i
}
