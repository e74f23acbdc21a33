package model

import (
	"strconv"
	"strings"
	"unicode"
)

// surveyWords are the desk's own words in a message that asks.
type surveyWords struct{ question, explanation, page string }

var surveyTexts = map[SurveyLanguage]surveyWords{
	SurveyEnglish:  {"How did we do?", "Please reply with a number from 1 (very poor) to 5 (excellent).", "Or tell us here:"},
	SurveyJapanese: {"今回の対応はいかがでしたか？", "1（とても不満）から5（とても満足）までの数字を返信してください。", "こちらからもご回答いただけます："},
	SurveyHans:     {"您对这次服务满意吗？", "请回复 1（很不满意）到 5（非常满意）之间的数字。", "也可以在这里评价："},
	SurveyHant:     {"您對這次服務滿意嗎？", "請回覆 1（很不滿意）到 5（非常滿意）之間的數字。", "也可以在這裡評分："},
}

// Ask is the question in a language.
func (c *Csat) Ask(l SurveyLanguage) string {
	if strings.TrimSpace(c.Question) != "" {
		return c.Question
	}
	return surveyTexts[l].question
}

// Text is the whole message that asks, with the address of the survey's page at its end.
func (c *Csat) Text(l SurveyLanguage, page string) string {
	w := surveyTexts[l]
	return c.Ask(l) + "\n\n" + w.explanation + "\n" + w.page + "\n" + page
}

// scoreNames are the scores for those who press or choose one, best first.
var scoreNames = map[SurveyLanguage][5]string{
	SurveyEnglish:  {"Excellent", "Good", "Fair", "Poor", "Very poor"},
	SurveyJapanese: {"とても満足", "満足", "ふつう", "不満", "とても不満"},
	SurveyHans:     {"非常满意", "满意", "一般", "不满意", "很不满意"},
	SurveyHant:     {"非常滿意", "滿意", "普通", "不滿意", "很不滿意"},
}

// ScoreName says in a language what a score from 1 to 5 means.
func ScoreName(l SurveyLanguage, score int) string { return scoreNames[l][5-score] }

// Choices are the scores for the customer to choose from, best first. A title has at most 20 characters (WhatsApp).
func (s *Survey) Choices(l SurveyLanguage) []Choice {
	var list []Choice
	for score := 5; score >= 1; score-- {
		list = append(list, Choice{ID: ChoiceID(s.ID, score), Title: strconv.Itoa(score) + " " + ScoreName(l, score)})
	}
	return list
}

// GuessLanguage tells in which language to ask a customer who wrote the text, and has the phone number: by the script,
// and without one that tells, by the country.
func GuessLanguage(text, phone string) SurveyLanguage {
	traditional := strings.HasPrefix(phone, "+886") || strings.HasPrefix(phone, "+852") || strings.HasPrefix(phone, "+853")
	var han, other bool
	for _, r := range text {
		switch {
		case unicode.In(r, unicode.Hiragana, unicode.Katakana):
			return SurveyJapanese
		case unicode.Is(unicode.Han, r):
			han = true
		case unicode.IsLetter(r):
			other = true
		}
	}
	switch {
	case other && !han:
		return SurveyEnglish
	case strings.HasPrefix(phone, "+81"):
		return SurveyJapanese
	case traditional:
		return SurveyHant
	case han, strings.HasPrefix(phone, "+86"):
		return SurveyHans
	}
	return SurveyEnglish
}
