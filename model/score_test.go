package model_test

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/livedesk/livedesk/model"
)

func TestReadScore(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]struct {
		score   int
		comment string
	}{
		"5": {5, ""}, " 5 ": {5, ""}, "1": {1, ""}, "5\n": {5, ""}, "５": {5, ""}, "٤": {4, ""}, "۳": {3, ""}, "२": {2, ""}, "④": {4, ""}, "5️⃣": {5, ""},
		"5/5": {5, ""}, "4 / 5": {4, ""}, "５／５": {5, ""}, "4 out of 5": {4, ""}, "3 of five!": {3, ""}, "5!": {5, ""}, "5.": {5, ""}, "5！": {5, ""}, "5。": {5, ""}, "5+": {5, ""},
		"(5)": {5, ""}, "「5」": {5, ""}, "【４】": {4, ""}, "\"5\"": {5, ""}, "*5*": {5, ""},
		"★★★★": {4, ""}, "⭐⭐⭐": {3, ""}, "⭐️⭐️⭐️⭐️⭐️": {5, ""}, "★★★☆☆": {3, ""}, "🌟": {1, ""}, "★★★★ fast": {4, "fast"}, "5⭐": {5, ""}, "5 ⭐⭐⭐⭐⭐ super": {5, "super"},
		"four": {4, ""}, "FIVE!": {5, ""}, "Two.": {2, ""}, "four stars": {4, ""}, "Five stars, thanks": {5, "thanks"}, "three out of five": {3, ""},
		"三": {3, ""}, "五分": {5, ""}, "五星": {5, ""}, "4つ星": {4, ""}, "5点": {5, ""}, "5点です": {5, ""}, "5です。": {5, ""}, "５点です！早かったです": {5, "早かったです"}, "ご": {5, ""}, "4分": {4, ""}, "5颗星": {5, ""}, "5점": {5, ""}, "5점입니다": {5, ""},
		"quatre": {4, ""}, "cinco": {5, ""}, "fünf": {5, ""},
		"5 very quick": {5, "very quick"}, "5: very quick": {5, "very quick"}, "5 - very quick": {5, "very quick"}, "5\nvery quick\nand kind": {5, "very quick\nand kind"},
		"5, thank you!": {5, "thank you!"}, "5. Great": {5, "Great"}, "1 nobody helped me": {1, "nobody helped me"}, "2 it took 3 days": {2, "it took 3 days"}, "5 thanks a lot": {5, "thanks a lot"},
		"5 muchas gracias": {5, "muchas gracias"}, "5、早かった": {5, "早かった"}, "5　とても早い": {5, "とても早い"}, "5 本当にありがとう": {5, "本当にありがとう"}, "5 很好": {5, "很好"}, "5，很好": {5, "很好"},
		"4/5 could be faster": {4, "could be faster"}, "5 👍": {5, "👍"}, "1😡": {1, "😡"}, "5 stars": {5, ""}, "5 points": {5, ""}, "5 (very quick)": {5, "very quick"},
		"٥ شكرا": {5, "شكرا"},
	} {
		if score, comment, ok := model.ReadScore(text); !ok || score != want.score || comment != want.comment {
			t.Errorf("%q is %d with %q, %v; want %d with %q", text, score, comment, ok, want.score, want.comment)
		}
	}
	for _, text := range []string{"", " ", "12", "0", "6", "50", "55", "5 5", "5 or 4", "5 or 4?", "5?", "５？", "at 5 pm", "call me at 5", "5 pm", "5pm", "5:30", "5.5", "4,5", "4-5", "5-6", "5/10", "3/4", "5 / 10",
		"5 items are missing", "2 parcels", "3 of them were broken", "1 item is missing", "5 minutes", "5 min", "5x", "5kg", "5th", "5%", "$5", "5€", "5 €", "#5", "-5", "+5", "05", "5a", "5個足りません", "5 個", "5時に電話して", "5分後", "5分钟", "5点钟", "5つ足りない", "3日前",
		"とても良い", "very good", "hello", "thanks", "one thing is missing", "one more question", "two boxes", "fourteen", "fiver", "一个问题", "五月", "さんざん", "にほん", "ありがとう", "👍", "☆☆☆", "★★★★★★", "★★★☆☆☆",
		"1. The box is broken\n2. Nobody answers", "1) first", "5 what does that mean?", "i give it a 5", "5 more please", "5 + 3", "5=5", "5, 4, 3", "un problème", "dos cosas", "5 p.m.", "5 o'clock works", "5 st. mary road"} {
		if score, comment, ok := model.ReadScore(text); ok {
			t.Errorf("%q is taken for %d with %q", text, score, comment)
		}
	}
	if _, _, ok := model.ReadScore("5 " + strings.Repeat("x", 5000)); ok {
		t.Error("a letter is taken for an answer")
	}
}

func TestReadChoice(t *testing.T) {
	t.Parallel()
	survey := model.NewID(model.KindSurvey)
	for id, want := range map[string]model.ID{"csat:5": "", model.ChoiceID(survey, 5): survey} {
		if got, score, ok := model.ReadChoice(id); !ok || got != want || score != 5 {
			t.Errorf("%q is %q with %d, %v", id, got, score, ok)
		}
	}
	for _, id := range []string{"", "csat:", "csat:0", "csat:6", "csat:55", "csat:x:5", "csat::5", "CSAT:5", "5", "csat:" + string(survey), model.ChoiceID(survey, 5) + ":5"} {
		if _, _, ok := model.ReadChoice(id); ok {
			t.Errorf("%q is taken for an answer", id)
		}
	}
}

func FuzzReadScore(f *testing.F) {
	for _, seed := range []string{"5", "5 very quick", "★★★★", "four stars", "5/5", "５点です", "5:30", "\xff5", "5\x00"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		text = model.CleanText(text, model.MaxIncomingText)
		score, comment, ok := model.ReadScore(text)
		if ok != (score >= 1 && score <= 5) || !ok && comment != "" {
			t.Errorf("%q is %d with %q, %v", text, score, comment, ok)
		}
		if !utf8.ValidString(comment) || len(comment) > len(text) {
			t.Errorf("%q has the comment %q", text, comment)
		}
		if again, _, still := model.ReadScore(" " + text + "\n"); ok && len(text) < 3990 && (!still || again != score) {
			t.Errorf("%q is %d, with space around it %d", text, score, again)
		}
		stored := model.SurveyComment(comment)
		if strings.ContainsRune(stored, 0) || utf8.RuneCountInString(stored) > model.MaxSurveyComment || strings.TrimSpace(stored) != stored {
			t.Errorf("%q is stored as %q", comment, stored)
		}
	})
}
