package model

import (
	"fmt"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// The limits of an article.
const (
	MaxTitle   = 200     // characters
	MaxArticle = 200_000 // characters of its body: a book of 70 pages
	MaxSource  = 500     // characters; the key of an index holds no more than 2,704 bytes
)

// Article is what AI Agents know about one subject, written as Markdown.
type Article struct {
	AccountID int64
	ID        ID
	Title     string
	Body      string
	Source    string // the address or the name of the file that it came from; empty when it was written here
	Language  string // BCP 47; empty when nobody said
	Enabled   bool   // off: it is kept, and never found
	UpdatedBy ID     // the agent who last changed it; empty for the desk itself
	CreatedAt time.Time
	UpdatedAt time.Time
}

// Found is a part of an article that answers a question, perhaps.
type Found struct {
	ArticleID ID
	Position  int // of the part in its article, from 1 on
	Title     string
	Heading   string // the headings above the part, outermost first, with " > " between them
	Text      string
	Score     float64 // from 0 to 1, to compare what one search found
}

// ImportOutcome says what an import did to an article.
type ImportOutcome string

// The outcomes of an import.
const (
	ImportCreated   ImportOutcome = "CREATED"
	ImportUpdated   ImportOutcome = "UPDATED"
	ImportUnchanged ImportOutcome = "UNCHANGED"
)

// Clean drops what cannot be shown and brings the texts into the form in which they are kept.
func (a *Article) Clean() {
	a.Title, a.Source = oneLine(a.Title), oneLine(a.Source)
	a.Language = cleanLanguage(a.Language)
	a.Body = cleanBody(a.Body)
}

// Check refuses what cannot be kept.
func (a *Article) Check() error {
	switch n := utf8.RuneCountInString(a.Body); {
	case !between(utf8.RuneCountInString(a.Title), 1, MaxTitle):
		return Refuse(Invalid, "Give a title of 1 to 200 characters.", "title")
	case n == 0:
		return Refuse(Invalid, "Write something: an article without a text answers nothing.", "body")
	case n > MaxArticle:
		return Refuse(TooLarge, fmt.Sprintf("An article holds 200,000 characters, and this one has %d. Split it.", n), "body")
	case utf8.RuneCountInString(a.Source) > MaxSource:
		return Refuse(Invalid, "A source has at most 500 characters.", "source")
	case a.Language != "" && !IsLanguage(a.Language):
		return Refuse(Invalid, "Give the language as a tag of BCP 47, such as en, ja or pt-BR.", "language")
	}
	return nil
}

func between(n, least, most int) bool { return n >= least && n <= most }

// oneLine makes one line of a text and trims it.
func oneLine(s string) string {
	return strings.TrimSpace(strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r):
			return ' '
		case unicode.IsControl(r) || r == utf8.RuneError || r == '\uFEFF':
			return -1
		}
		return r
	}, s))
}

// cleanBody keeps lines and tabs. A byte order mark stands at the beginning of many files.
func cleanBody(s string) string {
	s = strings.NewReplacer("\r\n", "\n", "\r", "\n", "\f", "\n", "\v", "\n", "\u0085", "\n", "\u2028", "\n", "\u2029", "\n").Replace(s)
	return strings.TrimSpace(strings.Map(func(r rune) rune {
		if unicode.IsControl(r) && r != '\n' && r != '\t' || r == utf8.RuneError || r == '\uFEFF' {
			return -1
		}
		return r
	}, s))
}

// cleanLanguage writes a tag as it is usually written: the language in lower case, a region in capitals.
func cleanLanguage(s string) string {
	tags := strings.Split(strings.ReplaceAll(oneLine(s), "_", "-"), "-")
	for i, tag := range tags {
		switch {
		case i > 0 && len(tag) == 2:
			tags[i] = strings.ToUpper(tag)
		case i > 0 && len(tag) == 4:
			tags[i] = strings.ToUpper(tag[:1]) + strings.ToLower(tag[1:])
		default:
			tags[i] = strings.ToLower(tag)
		}
	}
	return strings.Join(tags, "-")
}

// IsLanguage tells whether a text has the form of a language's tag.
func IsLanguage(s string) bool {
	for i, tag := range strings.Split(cleanLanguage(s), "-") {
		least, most := 1, 8
		if i == 0 {
			least, most = 2, 3
		}
		if !between(len(tag), least, most) || strings.ContainsFunc(tag, func(r rune) bool { return !isASCIIWord(r) }) || len(s) > 35 {
			return false
		}
	}
	return true
}

func isASCIIWord(r rune) bool {
	return r >= '0' && r <= '9' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z'
}
