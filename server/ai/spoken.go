package ai

import "strings"

// spoken is the text without what the model thought aloud before it. Servers that do not know a model's marks for its
// thoughts leave them in the text, sometimes without the first mark, and no customer must read them. Thoughts that were
// cut leave nothing.
func spoken(text string) string {
	text = strings.TrimSpace(text)
	thoughts, rest, closed := strings.Cut(text, "</think>")
	switch {
	case closed && (strings.HasPrefix(text, "<think>") || !strings.Contains(thoughts, "<think>")):
		return strings.TrimSpace(rest)
	case !closed && strings.HasPrefix(text, "<think>"):
		return ""
	}
	return text
}
