package model

import (
	"fmt"
	"strings"
)

// Greeting is what the desk sends by itself on the first message of a new conversation.
type Greeting struct {
	Enabled bool   `json:"enabled"`
	Text    string `json:"text"`
}

// Check refuses a greeting that cannot be sent.
func (g *Greeting) Check() error {
	switch {
	case TextUnits(g.Text) > MaxText:
		return Refuse(TooLarge, fmt.Sprintf("A message holds %d characters at most; emoji count twice.", MaxText), "text")
	case g.Enabled && strings.TrimSpace(g.Text) == "":
		return Refuse(Invalid, "Give the text to greet with.", "text")
	}
	return nil
}
