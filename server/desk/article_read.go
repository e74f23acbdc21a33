package desk

import (
	"regexp"
	"strings"
)

// read finds what a text calls itself and what it says. Markdown is kept as it is; of HTML the text is kept, as Markdown.
func (t ImportedText) read() (title, language, body string) {
	if t.isHTML() {
		return readHTML(t.Content)
	}
	front, body := frontMatter(strings.TrimPrefix(strings.ReplaceAll(t.Content, "\r\n", "\n"), "\uFEFF"))
	if title = front["title"]; title == "" {
		title = firstHeading(body)
	}
	if language = front["language"]; language == "" {
		language = front["lang"]
	}
	return title, language, body
}

var (
	htmlName  = regexp.MustCompile(`(?i)\.x?html?$`)
	textName  = regexp.MustCompile(`(?i)\.(md|markdown|mdx|txt|text)$`)
	htmlStart = regexp.MustCompile(`(?i)^\s*(<!--|<!doctype html|<\?xml|<(html|head|body|div|section|article|main|header|nav|p|h[1-6]|ul|ol|table|span|a)[\s>])`)
)

// isHTML goes by the name of a file, and by how a text begins that has none. Markdown may hold HTML, too.
func (t ImportedText) isHTML() bool {
	return htmlName.MatchString(t.Source) || !textName.MatchString(t.Source) && htmlStart.MatchString(t.Content)
}

var frontLine = regexp.MustCompile(`^([A-Za-z_-]+)[ \t]*:[ \t]*(.*?)[ \t]*$`)

// frontMatter takes off the block between two lines of three dashes that many tools put before Markdown.
func frontMatter(text string) (values map[string]string, body string) {
	inner, found := strings.CutPrefix(text, "---\n")
	if !found {
		return nil, text
	}
	block, body, found := strings.Cut("\n"+inner, "\n---\n")
	if !found {
		if block, found = strings.CutSuffix("\n"+inner, "\n---"); !found {
			return nil, text
		}
		body = ""
	}
	values = map[string]string{}
	for _, line := range strings.Split(strings.TrimSpace(block), "\n") {
		if m := frontLine.FindStringSubmatch(line); m != nil {
			values[strings.ToLower(m[1])] = unquoted(m[2])
		}
	}
	if len(values) == 0 { // a line across the page, and another
		return nil, text
	}
	return values, body
}

func unquoted(s string) string {
	if len(s) >= 2 && (s[0] == '"' || s[0] == '\'') && s[len(s)-1] == s[0] {
		return s[1 : len(s)-1]
	}
	return s
}

var (
	heading   = regexp.MustCompile(`(?m)^ {0,3}#{1,6}[ \t]+(.+?)(?:[ \t]+#+)?[ \t]*$|^(\S.*)\n(?:=+|-{3,})[ \t]*$`)
	codeFence = regexp.MustCompile("(?ms)^[ \t]*(```|~~~).*?^[ \t]*(```|~~~)[ \t]*$")
)

// firstHeading is the first one outside of code.
func firstHeading(body string) string {
	m := heading.FindStringSubmatch(codeFence.ReplaceAllString(body, ""))
	if m == nil {
		return ""
	}
	return strings.TrimSpace(m[1] + m[2])
}
