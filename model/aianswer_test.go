package model

import (
	"slices"
	"strings"
	"testing"
)

func TestAnswersForAPhone(t *testing.T) {
	t.Parallel()
	for _, c := range [][3]string{
		{"plain", "plain", "plain"},
		{"**bold** and __strong__ text", "*bold* and *strong* text", "bold and strong text"},
		{"## Heading\n\n* one\n+ two\n- three", "*Heading*\n\n- one\n- two\n- three", "Heading\n\n- one\n- two\n- three"},
		{"### **Both**", "*Both*", "Both"},
		{"[our page](https://a.example/x) or [https://a.example](https://a.example)", "our page: https://a.example/x or https://a.example", "our page: https://a.example/x or https://a.example"},
		{"```sh\nls -l\n```\nand `code`", "ls -l\nand code", "ls -l\nand code"},
		{"~~old~~ new", "~old~ new", "old new"},
		{"Within 30 days [[1]], free [[2, 3]]. Really【1】", "Within 30 days, free. Really", "Within 30 days, free. Really"},
		{"a\n\n\n\nb", "a\n\nb", "a\n\nb"},
		{"2 * 3 * 4 = 24, snake_case_name, 5 ** 2", "2 * 3 * 4 = 24, snake_case_name, 5 ** 2", "2 * 3 * 4 = 24, snake_case_name, 5 ** 2"},
		{"⟦customer⟧ hi", "(customer) hi", "(customer) hi"},
	} {
		for kind, want := range map[ChannelKind]string{WhatsApp: c[1], SMS: c[2]} {
			if got := NewAiAnswer(c[0], kind, nil).Parts; len(got) != 1 || got[0] != want {
				t.Errorf("%q on %s became %q, want %q", c[0], kind, got, want)
			}
		}
	}
}

func TestCitedArticles(t *testing.T) {
	t.Parallel()
	given := []ID{"a", "b", "c"}
	for text, want := range map[string][]ID{
		"none":                  given,
		"x [[2]]":               {"b"},
		"x [[3, 1]] y [[3]]":    {"c", "a"},
		"x [[9]] y [[0]]":       given,
		"x [[2]] and [[17]]":    {"b"},
		"x 【1】":                 {"a"},
		"[1] is no citation":    given,
		"[[99999999999999999]]": given,
	} {
		if got := NewAiAnswer(text, SMS, given).Articles; !slices.Equal(got, want) {
			t.Errorf("%q names %q, want %q", text, got, want)
		}
	}
}

func TestLongAnswersAreSplit(t *testing.T) {
	t.Parallel()
	sentence := strings.Repeat("word ", 19) + "end. " // 100 units
	for text, want := range map[string]int{
		strings.Repeat("a", 1600):    1,
		strings.Repeat("a", 1601):    2,
		strings.Repeat(sentence, 8):  1,
		strings.Repeat(sentence, 20): 2,
		strings.Repeat(sentence, 99): 3,
		strings.Repeat("😀", 801):     2,
		strings.Repeat("漢。", 3000):   3,
		"":                           0,
		strings.Repeat("\n", 5000):   0,
	} {
		parts := NewAiAnswer(text, WhatsApp, nil).Parts
		if len(parts) != want {
			t.Errorf("%d units became %d messages, want %d", TextUnits(text), len(parts), want)
		}
		for _, p := range parts {
			if TextUnits(p) > MaxText || strings.TrimSpace(p) != p || p == "" {
				t.Errorf("a part of %d units", TextUnits(p))
			}
		}
	}
	parts := NewAiAnswer(strings.Repeat(sentence, 20), WhatsApp, nil).Parts
	if !strings.HasSuffix(parts[0], "end.") || !strings.HasPrefix(parts[1], "word") {
		t.Errorf("%q", parts)
	}
}
