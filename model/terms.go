package model

import (
	"slices"
	"unicode"
)

// Terms are what articles are found by. A text in a script that separates words is cut into its words. In Chinese,
// Japanese and Korean, where no space says where a word ends or a particle begins, every two characters that stand
// together are a term; in Thai, Lao, Khmer and Burmese, whose letters say less each, every three. Such a gram begins
// with Gram. A Chinese character is a term by itself as well, since 返す and 返金 share nothing else.
//
// The database would cut texts by its locale, which is not the same everywhere: so texts are cut here, and folded.

// Gram is what a term begins with that is no word but characters that stand together.
const Gram = '='

// maxWord is how many characters of a word count.
const maxWord = 40

// MaxQuestionTerms is how many different terms of a question count, its first ones.
const MaxQuestionTerms = 96

// Terms cuts a text into its terms, in their order. It takes the text in the form NFKC.
func Terms(text string) []string {
	var list []string
	cut(text, func(run []rune, size int) {
		for _, g := range grams(run, size) {
			list = append(list, g.term)
		}
	})
	return list
}

// QuestionTerms are the different terms of a question, with how much each says about what is asked: from 0 to 1.
func QuestionTerms(text string) (terms []string, weights []float64) {
	seen := map[string]bool{}
	cut(text, func(run []rune, size int) {
		for _, g := range grams(run, size) {
			if !seen[g.term] && len(terms) < MaxQuestionTerms {
				seen[g.term] = true
				terms, weights = append(terms, g.term), append(weights, g.weight)
			}
		}
	})
	return terms, weights
}

// cut finds what stands together: a word, with size 0, or a run of characters whose grams have the size.
func cut(text string, found func(run []rune, size int)) {
	var run []rune
	size := -1
	end := func(next int) {
		if len(run) > 0 {
			found(run, size)
		}
		run, size = run[:0], next
	}
	for _, r := range text {
		switch s := sizeOf(r); {
		case unicode.Is(unicode.M, r) && size >= 0 && s <= 0: // a mark belongs to what it stands on
		case s != size:
			end(s)
		}
		if size >= 0 {
			run = append(run, unicode.ToLower(foldRune(r)))
		}
	}
	end(-1)
}

// sizeOf is how many characters of its script make a gram; 0 for a script with words, and -1 for what is no letter and
// no number.
func sizeOf(r rune) int {
	switch {
	case r < 0x0E00:
	case unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Hangul, unicode.Bopomofo) || r == 'ー':
		if unicode.In(r, unicode.L, unicode.N, unicode.M) {
			return 2
		}
	case unicode.In(r, unicode.Thai, unicode.Lao, unicode.Khmer, unicode.Myanmar):
		if unicode.In(r, unicode.L, unicode.M) {
			return 3
		}
	}
	if unicode.In(r, unicode.L, unicode.N) {
		return 0
	}
	return -1
}

type weighed struct {
	term   string
	weight float64
}

func grams(run []rune, size int) []weighed {
	switch {
	case size == 0:
		return word(run)
	case len(run) < size:
		return []weighed{{string(Gram) + string(run), weightOf(run)}}
	}
	list := make([]weighed, 0, 2*len(run))
	for i := 0; i+size <= len(run); i++ {
		list = append(list, weighed{string(Gram) + string(run[i:i+size]), weightOf(run[i : i+size])})
	}
	for i, r := range run {
		if !isWeak(r) && unicode.Is(unicode.Han, r) {
			list = append(list, weighed{string([]rune{Gram, r}), weightAlone(run, i)})
		}
	}
	return list
}

// word leaves out single letters: they are what apostrophes cut off.
func word(run []rune) []weighed {
	if len(run) == 1 && unicode.IsLetter(run[0]) && run[0] < 0x2E80 {
		return nil
	}
	w := string(run[:min(len(run), maxWord)])
	if slices.Contains(courtesies, w) {
		return []weighed{{w, weak}}
	}
	return []weighed{{w, 1}}
}

// Weights of what says little. A character says something by itself when those around it do not.
const (
	weak        = 0.2
	loneInRun   = 0.3
	insideOfRun = 0.05
)

func weightOf(gram []rune) float64 {
	if slices.ContainsFunc(gram, isWeak) {
		return weak
	}
	return 1
}

func weightAlone(run []rune, i int) float64 {
	if i > 0 && !isWeak(run[i-1]) || i+1 < len(run) && !isWeak(run[i+1]) {
		return insideOfRun
	}
	return loneInRun
}

// isWeak tells which characters bind words more than they say something: those of Japanese grammar, and some Chinese ones.
func isWeak(r rune) bool {
	return unicode.Is(unicode.Hiragana, r) || slices.Contains(particles, r)
}

var particles = []rune("的了我你您他她吗嗎呢吧么麼是在有和就都也很请請问問怎什这這那哪个個们們可以想要能把被给給")

// courtesies are words that customers write around a question, in the languages that most of them write in.
var courtesies = []string{
	"hi", "hello", "hey", "dear", "please", "pls", "thanks", "thank", "want", "wanted", "need", "help", "like", "know", "tell", "get", "got", "could", "would", "may", "might",
	"let", "ask", "question", "questions", "wondering", "sorry", "sir", "madam", "morning", "afternoon", "evening", "team", "today", "much", "many", "also", "one", "still", "really",
	"hallo", "guten", "tag", "bitte", "danke", "möchte", "brauche", "hilfe", "frage", "gerne",
	"hola", "gracias", "favor", "quiero", "quisiera", "necesito", "ayuda", "pregunta", "buenos", "buenas", "saber",
	"bonjour", "merci", "veux", "voudrais", "besoin", "aide", "savoir",
	"olá", "ola", "oi", "obrigado", "obrigada", "quero", "preciso", "gostaria", "ajuda",
}
