package model

import (
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// ReadScore reads a customer's answer to a survey: a score from 1 to 5, and what was written beside it.
//
// The score comes first: a digit of any script, stars, or a number word. A comment follows digits and stars, after a
// space or a mark ("5 very quick", "5: very quick"), and a word only when that is measured ("four stars, thanks").
// What begins with a number and is about something else is no answer, for nobody would read it if it were taken for
// one: a time, a quantity, a list, a second number, a question.
func ReadScore(text string) (score int, comment string, ok bool) {
	if len(text) > maxScoreText || !beginsScore(text) {
		return 0, "", false
	}
	text = plain(text)
	if strings.ContainsAny(text, "?؟") || numbered.MatchString(text) {
		return 0, "", false
	}
	for _, read := range []func(string) (int, string, bool){starScore, digitScore, wordScore} {
		if score, rest, found := read(text); found {
			comment, ok := commentIn(rest)
			if !ok {
				return 0, "", false
			}
			return score, comment, true
		}
	}
	return 0, "", false
}

// beginsScore looks at the first letter only: most of what customers write ends there.
func beginsScore(text string) bool {
	for _, r := range text {
		if digitOf(r) >= 0 || strings.ContainsRune(stars, r) || initials[unicode.ToLower(r)] {
			return true
		}
		if unicode.IsLetter(r) {
			return false
		}
	}
	return false
}

var initials = func() map[rune]bool {
	found := map[rune]bool{}
	for _, words := range numberWords {
		for _, word := range words {
			first, _ := utf8.DecodeRuneInString(word)
			found[first] = true
		}
	}
	return found
}()

const stars = "★⭐🌟"

// maxScoreText is where a message is too long to be an answer, in bytes.
const maxScoreText = 4000

// numbered finds the second line of a numbered list.
var numbered = regexp.MustCompile(`\n *[0-9][.):、]`)

// The marks between a score and a comment, and those around both.
const (
	marks    = " \n,.:;!+-–—~、。…·"
	brackets = " \n\"'“”‘’「」『』【】()[]<>«»*_"
)

// plain writes digits and what else has full-width forms as in ASCII, and drops what surrounds an answer.
func plain(text string) string {
	return strings.Trim(strings.Map(func(r rune) rune {
		switch {
		case r == '\uFE0F' || r == '\u20E3' || r == '\u200B' || r == '\u200E' || r == '\u200F' || r == '\r': // how emoji are drawn, and what is not seen
			return -1
		case unicode.IsSpace(r) && r != '\n':
			return ' '
		case digitOf(r) >= 0:
			return '0' + digitOf(r)
		case r >= '！' && r <= '～':
			return r - '！' + '!'
		}
		return r
	}, text), brackets)
}

// zeros are the digit 0 of each script but ours; those up to 9 follow it.
const zeros = "٠۰߀०০੦૦୦௦౦೦൦๐໐༠၀០᠐０"

// digitOf returns which digit it is, and -1 for none.
func digitOf(r rune) rune {
	if r < '٠' { // as nearly all are
		if r >= '0' && r <= '9' {
			return r - '0'
		}
		return -1
	}
	for _, zero := range zeros {
		if r >= zero && r <= zero+9 {
			return r - zero
		}
	}
	if r >= '①' && r <= '⑨' {
		return r - '①' + 1
	}
	return -1
}

// starScore reads filled stars, and hollow ones that make them five at most.
func starScore(text string) (int, string, bool) {
	rest := strings.TrimLeft(text, stars)
	full := utf8.RuneCountInString(text) - utf8.RuneCountInString(rest)
	after := strings.TrimLeft(rest, "☆✩")
	hollow := utf8.RuneCountInString(rest) - utf8.RuneCountInString(after)
	return full, after, full > 0 && full+hollow <= 5 && bounded(after)
}

func digitScore(text string) (int, string, bool) {
	if text == "" || text[0] < '1' || text[0] > '5' {
		return 0, "", false
	}
	rest, measured := measure(text[1:])
	return int(text[0] - '0'), rest, bounded(rest) && (measured || !quantity(rest, text[0] > '1'))
}

// wordScore reads number words of the languages in which customers most often write.
func wordScore(text string) (int, string, bool) {
	text = strings.ToLower(text)
	for i, words := range numberWords {
		for _, word := range words {
			rest, found := strings.CutPrefix(text, word)
			if !found {
				continue
			}
			if rest, measured := measure(rest); bounded(rest) && (measured || strings.IndexFunc(rest, unicode.IsLetter) < 0) {
				return i + 1, rest, true
			}
		}
	}
	return 0, "", false
}

var numberWords = [5][]string{
	{"one", "一", "壹", "壱", "いち", "eins", "un", "une", "uno", "um", "uma", "satu", "일", "하나", "واحد"},
	{"two", "二", "贰", "貳", "弐", "两", "兩", "に", "zwei", "deux", "dos", "due", "dois", "duas", "dua", "이", "둘", "اثنان"},
	{"three", "三", "叁", "參", "参", "さん", "drei", "trois", "tres", "tre", "três", "tiga", "삼", "셋", "ثلاثة"},
	{"four", "四", "肆", "よん", "し", "vier", "quatre", "cuatro", "quattro", "quatro", "empat", "사", "넷", "أربعة"},
	{"five", "五", "伍", "ご", "fünf", "cinq", "cinco", "cinque", "lima", "오", "다섯", "خمسة"},
}

// measured is what says that a number is a score, and then the polite endings of Japanese and Korean.
var measured = regexp.MustCompile(`^(?i: ?/ ?5| ?(?:out )?of (?:5|five)| ?stars?| ?points?| ?pts| ?sterne?| ?punkte?| ?[ée]toiles?| ?estrellas?| ?estrelas?| ?stelle| ?つ星| ?[顆颗]?星| ?[点點分점]| ?[★⭐🌟]+)`)
var polite = regexp.MustCompile(`^(?:です|でした|だ|입니다|이요|요)[ねよ]?`)

// measure cuts those from the start of what follows a number, and tells whether the first were there.
func measure(rest string) (string, bool) {
	unit := measured.FindString(rest)
	rest = strings.TrimPrefix(rest, unit)
	return strings.TrimPrefix(rest, polite.FindString(rest)), unit != ""
}

// bounded tells whether the score ends where the rest begins: 5pm, 50 and 5% are none, and 1) begins a list.
func bounded(rest string) bool {
	r, _ := utf8.DecodeRuneInString(rest)
	return rest == "" || r != ')' && (strings.ContainsRune(marks, r) || strings.ContainsRune(brackets, r) || unicode.Is(unicode.So, r))
}

// commentIn returns what is written behind the score. A comment begins with a letter or a picture: what begins with a
// digit or a sign goes on with the number.
func commentIn(rest string) (string, bool) {
	comment := strings.Trim(strings.TrimLeft(rest, marks), brackets)
	r, _ := utf8.DecodeRuneInString(comment)
	if strings.Trim(comment, marks) == "" {
		return "", true
	}
	return comment, unicode.IsLetter(r) || unicode.Is(unicode.So, r) || r == '¡'
}

// Words with which a number counts or tells the time, and words that only look like plurals.
var (
	countWords = strings.Fields(`of or and to am pm a.m p.m o'clock oclock min mins minute minutes h hr hrs hour hours day days week weeks month months year years
		time times x kg g cm mm m km usd eur gbp jpy dollar dollars euro euros yen pounds percent people persons person item items piece pieces pcs pc box boxes
		more other others new left missing remaining unit units st nd rd th`)
	noPlurals = strings.Fields(`thanks always this thats was has does its yes muchas gracias muchísimas très mais mas plus pas vous nous sans`)
)

const counters = "個箇个枚人名時时日月年分秒回度台冊匹階円元块塊件点點万千百号號杯箱袋つヶ개명시분일번"

// quantity tells whether the number counts what follows it. The plural matters for more than one.
func quantity(rest string, several bool) bool {
	if strings.TrimLeft(rest, " ") == rest { // after a mark the number stands for itself
		return false
	}
	word, _, _ := strings.Cut(strings.ToLower(strings.TrimLeft(rest, " ")), " ")
	word = strings.Trim(word, marks)
	first, _ := utf8.DecodeRuneInString(word)
	if word == "" || strings.HasPrefix(word, "本当") {
		return false
	}
	plural := several && len(word) > 3 && strings.HasSuffix(word, "s") && !strings.HasSuffix(word, "ss") && !slices.Contains(noPlurals, word)
	return plural || slices.Contains(countWords, word) || strings.ContainsRune(counters, first)
}

// ChoicePrefix begins the ids of buttons and rows that answer a survey.
const ChoicePrefix = "csat:"

// ChoiceID is the id of the button that answers the survey with the score.
func ChoiceID(survey ID, score int) string {
	return ChoicePrefix + string(survey) + ":" + string(rune('0'+score))
}

// SurveyAnswer is what an incoming message answers a survey with, if it does.
type SurveyAnswer struct {
	Score   int
	Comment string
	Survey  ID // empty: the one that was asked last
	By      AnswerWay
}

// ReadAnswer reads a message as an answer to a survey. Nil: it is none.
func ReadAnswer(kind MessageKind, text string, data *MessageData) *SurveyAnswer {
	a := &SurveyAnswer{By: ByMessage}
	ok := false
	if kind == InteractiveMessage && data != nil && data.Choice != nil {
		a.By = ByButton
		if a.Survey, a.Score, ok = ReadChoice(data.Choice.ID); ok {
			return a
		}
		text = data.Choice.Title
	} else if kind != TextMessage {
		return nil
	}
	if a.Score, a.Comment, ok = ReadScore(text); !ok {
		return nil
	}
	return a
}

// ReadChoice reads the id of a button or row. One that a template has for all its surveys names none.
func ReadChoice(id string) (survey ID, score int, ok bool) {
	rest, ours := strings.CutPrefix(id, ChoicePrefix)
	if !ours {
		return "", 0, false
	}
	if named, last, found := strings.Cut(rest, ":"); found {
		var err error
		if survey, err = ParseID(named); err != nil {
			return "", 0, false
		}
		rest = last
	}
	if len(rest) != 1 || rest[0] < '1' || rest[0] > '5' {
		return "", 0, false
	}
	return survey, int(rest[0] - '0'), true
}
