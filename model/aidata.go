package model

import (
	"regexp"
	"strings"
	"unicode"
)

// Between marks stands what is data. Data hold no bracket of a mark, so that nothing in them can end them or begin others:
// where a text is data can be told without doubt.
const (
	markOpens  = "⟦"
	markCloses = "⟧"
)

func aiMark(name, data string) string {
	return markOpens + name + markCloses + "\n" + unmarked(data) + "\n" + markOpens + "/" + name + markCloses
}

// unmarked takes out of data what marks are made of, what looks like them, and what servers of models take for the
// beginning or the end of a role.
func unmarked(data string) string {
	data = strings.Map(func(r rune) rune {
		switch {
		case strings.ContainsRune("⟦〚⟬⦋", r):
			return '('
		case strings.ContainsRune("⟧〛⟭⦌", r):
			return ')'
		case invisible(r):
			return -1
		}
		return r
	}, data)
	data = roleMarks.ReplaceAllStringFunc(data, func(found string) string { return loose.Replace(found) })
	return likeMarks.ReplaceAllString(data, "($1$2)")
}

// invisible characters hide instructions from people: tags, directions, and what has no width but for the joiners that
// scripts and emoji need.
func invisible(r rune) bool {
	switch {
	case r == '\n', r == '\t', r == '\u200c', r == '\u200d':
		return false
	case r >= 0xE0000 && r <= 0xE007F:
		return true
	}
	return unicode.IsControl(r) || unicode.Is(unicode.Cf, r)
}

var (
	// roleMarks are those of the templates of common models: <|im_start|>, [INST], <<SYS>>, <start_of_turn>, </s>.
	roleMarks = regexp.MustCompile(`(?i)<\|[^|<>]{0,40}\|>|<｜[^｜<>]{0,40}｜>|\[/?(?:inst|system_prompt|available_tools|tool_calls|tool_results)\]|<</?sys>>|</?(?:start_of_turn|end_of_turn|s|bos|eos|tool_call|tool_response|think)>`)
	loose     = strings.NewReplacer("<", "‹ ", ">", " ›", "[", "( ", "]", " )", "|", "¦", "｜", "¦")
	likeMarks = regexp.MustCompile(`(?i)[\[<{(«‹【［＜]{1,2}\s*(/?)\s*(customer|article|articles|system|assistant|developer|instructions|tool)\s*[\]>})»›】］＞]{1,2}`)
)

// oneSpace makes one line of a text.
func oneSpace(s string) string { return strings.Join(strings.Fields(s), " ") }

// Leaks tells whether an answer repeats the rules that every AI Agent has: no customer is to read them.
func Leaks(answer string) bool {
	answer = strings.ToLower(oneSpace(answer))
	for _, rule := range aiRules {
		for _, sentence := range strings.SplitAfter(rule, ". ") {
			if s := strings.ToLower(oneSpace(sentence)); len(s) >= 40 && strings.Contains(answer, s) {
				return true
			}
		}
	}
	return false
}
