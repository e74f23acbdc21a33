package model

import (
	"fmt"
	"strings"
	"testing"
)

func TestTerms(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"Refunds take 5 days.":  "refunds take 5 days",
		"don't l'été E-Mail":    "don été mail",
		"iPhone15 sku-1234":     "iphone15 sku 1234",
		"返金":                    "=返金 =返 =金",
		"お金を返す":                 "=お金 =金を =を返 =返す =金 =返",
		"犬":                     "=犬",
		"サーバー":                  "=サー =ーバ =バー",
		"ＡＢＣ返":                  "abc =返",
		"환불을 받다":                "=환불 =불을 =받다",
		"คืนเงิน":               "=คืน =ืนเ =นเง =เงิ =งิน",
		"Straße ΣΊΣΥΦΟΣ Ёлка":   "straße σίσυφοσ ёлка",
		"नमस्ते दुनिया":         "नमस्ते दुनिया",
		"a\u0301b 😀 _x_ x":      "a\u0301b",
		"":                      "",
		strings.Repeat("y", 90): strings.Repeat("y", maxWord),
	} {
		if got := strings.Join(Terms(text), " "); got != want {
			t.Errorf("%q has the terms %q, want %q", text, got, want)
		}
	}
}

// What says little about a question weighs little, and each term counts once.
func TestQuestionTerms(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"Hello, refund please, refund": "[hello refund please] [0.2 1 0.2]",
		"お金を返して":                       "[=お金 =金を =を返 =返し =して =金 =返] [0.2 0.2 0.2 0.2 0.2 0.3 0.3]",
		"怎么退款":                         "[=怎么 =么退 =退款 =退 =款] [0.2 0.2 1 0.05 0.05]",
		"返金返金":                         "[=返金 =金返 =返 =金] [1 1 0.05 0.05]",
		"!":                            "[] []",
	} {
		terms, weights := QuestionTerms(text)
		if got := fmt.Sprint(terms, " ", weights); got != strings.ReplaceAll(want, "] [", "]  [") && got != want {
			t.Errorf("%q asks %s, want %s", text, got, want)
		}
	}
	var long strings.Builder
	for n := range 1000 {
		fmt.Fprint(&long, "word", n, " ")
	}
	if terms, weights := QuestionTerms(long.String()); len(terms) != MaxQuestionTerms || len(weights) != len(terms) {
		t.Errorf("a long question has %d terms and %d weights", len(terms), len(weights))
	}
}
