package desk

import (
	"cmp"
	"strings"
	"unicode"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// silent are elements whose content is not what a page says.
var silent = map[atom.Atom]bool{atom.Script: true, atom.Style: true, atom.Noscript: true, atom.Template: true, atom.Svg: true, atom.Math: true, atom.Iframe: true, atom.Object: true,
	atom.Select: true, atom.Button: true, atom.Textarea: true, atom.Nav: true, atom.Canvas: true, atom.Audio: true, atom.Video: true, atom.Dialog: true}

// inline are elements that do not break a line.
var inline = map[atom.Atom]bool{atom.A: true, atom.Abbr: true, atom.B: true, atom.Bdi: true, atom.Bdo: true, atom.Big: true, atom.Cite: true, atom.Code: true, atom.Data: true,
	atom.Del: true, atom.Dfn: true, atom.Em: true, atom.Font: true, atom.I: true, atom.Img: true, atom.Input: true, atom.Ins: true, atom.Kbd: true, atom.Label: true, atom.Mark: true,
	atom.Q: true, atom.S: true, atom.Samp: true, atom.Small: true, atom.Span: true, atom.Strike: true, atom.Strong: true, atom.Sub: true, atom.Sup: true, atom.Time: true,
	atom.Tt: true, atom.U: true, atom.Var: true, atom.Wbr: true, atom.Ruby: true, atom.Rb: true, atom.Rp: true, atom.Rt: true}

// page collects what a page says. It goes through the marks one by one, without a tree: marks that are not closed, or
// nest ten thousand deep, do no harm.
type page struct {
	text     strings.Builder
	title    strings.Builder
	language string
	top      string // the first heading of the first level
	heading  string // the first one of any
	silent   int    // silent elements that are open
	inTitle  bool
	pre      int
	level    int // of the heading that is open
	from     int // where it began
	space    bool
	cells    int // of the row that is open
	rows     int // of the table that is open
}

// readHTML keeps of HTML its title and its text, with headings, lists, tables and code as Markdown.
func readHTML(content string) (title, language, body string) {
	var p page
	z := html.NewTokenizer(strings.NewReader(content))
	for {
		switch z.Next() {
		case html.ErrorToken:
			return cmp.Or(p.top, strings.Join(strings.Fields(p.title.String()), " "), p.heading), p.language, p.text.String()
		case html.TextToken:
			p.say(string(z.Text()))
		case html.StartTagToken, html.SelfClosingTagToken:
			p.open(z.Token())
		case html.EndTagToken:
			p.close(z.Token().DataAtom)
		}
	}
}

// say adds text. White space is one space, but in what is preformatted.
func (p *page) say(text string) {
	switch {
	case p.silent > 0:
	case p.inTitle:
		p.title.WriteString(text)
	case p.pre > 0:
		p.text.WriteString(text)
	default:
		p.sayWords(text)
	}
}

func (p *page) sayWords(text string) {
	words := strings.Fields(text)
	p.space = p.space || strings.TrimLeftFunc(text, unicode.IsSpace) != text
	for _, word := range words {
		if p.space {
			p.gap()
		}
		p.text.WriteString(word)
		p.space = true
	}
	if len(words) > 0 {
		p.space = strings.TrimRightFunc(text, unicode.IsSpace) != text
	}
}

// gap puts a space between words of one line.
func (p *page) gap() {
	if s := p.text.String(); s != "" && !strings.HasSuffix(s, " ") && !strings.HasSuffix(s, "\n") {
		p.text.WriteByte(' ')
	}
}

// line ends the line, and with blank the paragraph.
func (p *page) line(blank bool) {
	p.space = false
	s := p.text.String()
	if s == "" || strings.HasSuffix(s, "\n\n") {
		return
	}
	if !strings.HasSuffix(s, "\n") {
		p.text.WriteByte('\n')
	}
	if blank {
		p.text.WriteByte('\n')
	}
}

func (p *page) open(t html.Token) {
	if silent[t.DataAtom] && t.Type == html.StartTagToken {
		p.silent++
	}
	if p.silent > 0 {
		return
	}
	switch a := t.DataAtom; a {
	case atom.Html:
		p.language = attribute(t, "lang")
	case atom.Title:
		p.inTitle = t.Type == html.StartTagToken
	case atom.H1, atom.H2, atom.H3, atom.H4, atom.H5, atom.H6:
		p.line(true)
		p.level = int(t.Data[1] - '0')
		p.text.WriteString(strings.Repeat("#", p.level) + " ")
		p.from = p.text.Len()
	case atom.Br:
		if p.level == 0 {
			p.line(false)
		}
	case atom.Li:
		p.line(false)
		p.text.WriteString("- ")
	case atom.Table:
		p.line(true)
		p.rows = 0
	case atom.Tr:
		p.line(false)
		p.cells = 0
	case atom.Td, atom.Th:
		p.gap()
		p.text.WriteString("| ")
		p.cells++
		p.space = false
	case atom.Pre:
		p.line(true)
		p.text.WriteString("```\n")
		p.pre++
	default:
		if !inline[a] && p.cells == 0 && p.level == 0 && p.pre == 0 {
			p.line(a == atom.P)
		}
	}
}

func (p *page) close(a atom.Atom) {
	if silent[a] && p.silent > 0 {
		p.silent--
		return
	}
	switch {
	case p.silent > 0:
	case a == atom.Title:
		p.inTitle = false
	case len(a.String()) == 2 && a.String()[0] == 'h' && p.level > 0:
		p.endHeading()
	case a == atom.Td || a == atom.Th:
		p.gap()
	case a == atom.Tr && p.cells > 0:
		p.endRow()
	case a == atom.Pre && p.pre > 0:
		p.line(false)
		p.text.WriteString("```\n\n")
		p.pre--
	case !inline[a] && a != atom.Li && p.cells == 0 && p.level == 0 && p.pre == 0:
		p.line(a != atom.Div && a != atom.Span)
	}
}

func (p *page) endHeading() {
	said := strings.TrimSpace(p.text.String()[p.from:])
	p.heading = cmp.Or(p.heading, said)
	if p.level == 1 {
		p.top = cmp.Or(p.top, said)
	}
	p.level = 0
	p.line(true)
}

// endRow closes a row; behind the first one stands the line that makes a table of it.
func (p *page) endRow() {
	p.gap()
	p.text.WriteString("|\n")
	if p.rows++; p.rows == 1 {
		p.text.WriteString(strings.Repeat("|---", p.cells) + "|\n")
	}
	p.cells = 0
}

func attribute(t html.Token, name string) string {
	for _, a := range t.Attr {
		if a.Key == name {
			return a.Val
		}
	}
	return ""
}
