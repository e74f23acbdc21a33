package model

import (
	"fmt"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"
)

func words(n int) string { return strings.TrimSpace(strings.Repeat("word ", n)) }

func TestSplit(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		body string
		want []string // heading|how the text begins
	}{
		"nothing":                                {"", nil},
		"empty lines":                            {"\n \n\t\n", nil},
		"a paragraph":                            {"Hello\nworld", []string{"|Hello\nworld"}},
		"a heading alone":                        {"# A", []string{"A|# A"}},
		"short sections go together":             {"# A\n\nOne.\n\n## B\n\nTwo.", []string{"A|# A\n\nOne.\n\n## B\n\nTwo."}},
		"long ones do not":                       {"# A\n\n## B\n\n" + words(200) + "\n\n## C\n\n" + words(200) + "\n# D\n" + words(200), []string{"A > B|# A\n\n## B\n\nword", "A > C|## C\n\nword", "D|# D\n\nword"}},
		"levels may be left out":                 {"# A\n### C\n" + words(200) + "\n## B ##\n" + words(200), []string{"A > C|# A", "A > B|## B ##"}},
		"underlined headings":                    {"Top\n===\n\nSub\n---\n\n" + words(150) + "\n\nNext\n----\nText", []string{"Top > Sub|Top\n===", "Top > Next|Next"}},
		"paragraphs stay whole":                  {words(200) + "\n\n" + words(200), []string{"|word", "|word"}},
		"code stays whole":                       {"Intro " + words(150) + "\n\n```\n# no heading\n\n" + words(350) + "\n```\n\nEnd", []string{"|Intro", "|```\n# no heading\n\nword", "|End"}},
		"code without an end":                    {"~~~\n# no heading\n\ntext", []string{"|~~~\n# no heading\n\ntext"}},
		"a table stays whole":                    {words(250) + "\n\n| a | b |\n|---|---|\n" + strings.Repeat("| x y | z |\n", 200), []string{"|word", "|| a | b |"}},
		"a heading in a list":                    {"- one\n\n  more\n- two\n# H\ntext", []string{"|- one\n\n  more\n- two\n\n# H\n\ntext"}},
		"no heading without a space":             {"#hashtag", []string{"|#hashtag"}},
		"Japanese is measured by its characters": {strings.Repeat("返金は五日以内に行われます。", 80), []string{"|返金", "|返金"}},
	} {
		parts := Split(c.body)
		var got []string
		for i, p := range parts {
			if i < len(c.want) {
				_, begins, _ := strings.Cut(c.want[i], "|")
				got = append(got, p.Heading+"|"+p.Text[:min(len(begins), len(p.Text))])
			}
		}
		if len(parts) != len(c.want) || fmt.Sprint(got) != fmt.Sprint(c.want) {
			t.Errorf("%s: %d parts, %q, want %q", name, len(parts), got, c.want)
		}
	}
}

// Lists are cut between items, paragraphs between sentences, and what has neither somewhere.
func TestSplitCutsWhatIsTooLong(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ body, begins, ends string }{
		"a list":          {strings.Repeat("- "+words(50)+"\n  and more\n", 30), "- word", "and more"},
		"a numbered list": {strings.Repeat("1. "+words(50)+" end.\n\n", 30), "1. word", "end."},
		"sentences":       {strings.Repeat("Some "+words(40)+" end. ", 40), "Some word", "end."},
		"Chinese":         {strings.Repeat("购买后三十天内可以申请退款。", 200), "购买", "退款。"},
		"code":            {"```\n" + strings.Repeat(words(20)+" end\n", 200) + "```", "", ""},
		"one long line":   {words(5000), "word", "word"},
		"one long word":   {strings.Repeat("x", 50_000), "x", "x"},
		"headings alone":  {strings.Repeat("# "+words(30)+"\n", 300), "# word", "word"},
	} {
		parts := Split(c.body)
		if len(parts) < 3 {
			t.Errorf("%s: only %d parts", name, len(parts))
		}
		for i, p := range parts {
			size := sizeOfText(p.Text)
			if !strings.HasPrefix(p.Text, c.begins) || !strings.HasSuffix(p.Text, c.ends) || size > longPart && name != "code" && name != "headings alone" || utf8.RuneCountInString(p.Text) > MaxPart {
				t.Errorf("%s: part %d of %d words begins %.30q and ends %q", name, i, size, p.Text, p.Text[max(0, len(p.Text)-30):])
			}
		}
		lossless(t, c.body, parts)
	}
}

func lossless(t *testing.T, body string, parts []Part) {
	t.Helper()
	var all strings.Builder
	for _, p := range parts {
		all.WriteString(p.Text)
	}
	if got, want := inked(all.String()), inked(body); got != want {
		t.Errorf("%.200q holds %.200q in its parts", want, got)
	}
}

// inked is a text without white space.
func inked(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) {
			return -1
		}
		return r
	}, s)
}

// Whatever the text: nothing is lost or doubled, and no part is empty or too long.
func FuzzSplit(f *testing.F) {
	for _, seed := range []string{"", "# A\n\ntext\n## B\n- a\n- b\n\n  c\n", "```\n# x\n```", "a | b\n--|--\n1 | 2\n", "T\n===\n", "1. a\n   ```\n   x", "返金。返金！", "-\n-\n\n\n  x", strings.Repeat("w ", 3000), "######\n#\n", strings.Repeat("# "+strings.Repeat("a", 190)+"\n", 60)} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, body string) {
		a := Article{Body: body}
		a.Clean()
		parts := Split(a.Body)
		lossless(t, a.Body, parts)
		for _, p := range parts {
			if n := utf8.RuneCountInString(p.Text); strings.TrimSpace(p.Text) == "" || n > MaxPart || !utf8.ValidString(p.Text) {
				t.Errorf("a part of %d characters: %.100q", n, p.Text)
			}
			for _, term := range append(Terms(p.Text), Terms(p.Headings())...) {
				if strings.ContainsAny(term, " '\\:^|&!<>()\x00") || term == "" || utf8.RuneCountInString(term) > maxWord {
					t.Errorf("a term is %q", term)
				}
			}
		}
	})
}
