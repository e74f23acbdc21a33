package model

import (
	"strings"
	"testing"
)

func TestArticleIsCleaned(t *testing.T) {
	t.Parallel()
	a := Article{Title: " Re\u0000funds \n policy\u0007 ", Body: "\uFEFFa\r\nb\rc\u2028d\u0000\u001b\te  ", Source: " https://example.com/a ", Language: "PT_br"}
	a.Clean()
	if a.Title != "Refunds   policy" || a.Body != "a\nb\nc\nd\te" || a.Source != "https://example.com/a" || a.Language != "pt-BR" {
		t.Errorf("%q %q %q %q", a.Title, a.Body, a.Source, a.Language)
	}
	if err := a.Check(); err != nil {
		t.Error(err)
	}
}

func TestArticleIsChecked(t *testing.T) {
	t.Parallel()
	for field, cases := range map[string][]Article{
		"title":    {{Body: "b"}, {Title: " \n", Body: "b"}, {Title: strings.Repeat("返", MaxTitle+1), Body: "b"}},
		"body":     {{Title: "t"}, {Title: "t", Body: " \n\t"}, {Title: "t", Body: strings.Repeat("返", MaxArticle+1)}},
		"source":   {{Title: "t", Body: "b", Source: strings.Repeat("s", MaxSource+1)}},
		"language": {{Title: "t", Body: "b", Language: "english"}, {Title: "t", Body: "b", Language: "e"}, {Title: "t", Body: "b", Language: "en-"}, {Title: "t", Body: "b", Language: "日本"}},
		"":         {{Title: strings.Repeat("返", MaxTitle), Body: strings.Repeat("返", MaxArticle), Source: strings.Repeat("s", MaxSource), Language: "zh-hant-tw"}, {Title: "t", Body: "b"}},
	} {
		for _, a := range cases {
			a.Clean()
			err := a.Check()
			got := ""
			if refusal, ok := err.(*Error); ok {
				got = refusal.Field[0]
			}
			if got != field {
				t.Errorf("%.60q is refused for %q, want %q", a.Title+a.Body+a.Source+a.Language, got, field)
			}
		}
	}
}
