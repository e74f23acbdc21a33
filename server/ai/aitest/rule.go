package aitest

import (
	"slices"
	"strings"
)

// Rule answers a chat, or leaves it to the rules before it.
type Rule func(Chat) (Reply, bool)

// Reply is what the model says. The zero value is an empty message.
type Reply struct {
	Text    string
	Refusal string
	Calls   []Call // an ID that is missing is made up
	Finish  string // "" for stop, or for tool_calls when there are any
	Nothing bool   // no choices at all
}

// Answer adds a rule. The newest that applies wins; where none does the last message is echoed.
func (e *Endpoint) Answer(r Rule) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.rules = append(e.rules, r)
}

// Say answers a customer's message that contains the part.
func (e *Endpoint) Say(part, text string) { e.Reply(part, Reply{Text: text}) }

// Reply answers a customer's message that contains the part, with anything.
func (e *Endpoint) Reply(part string, r Reply) {
	e.Answer(func(c Chat) (Reply, bool) {
		return r, c.Last().Role == "user" && strings.Contains(c.Last().Text(), part)
	})
}

// Call calls the tool for a customer's message that contains the part. The arguments may be no JSON, and the tool one
// that nobody offers.
func (e *Endpoint) Call(part, tool, arguments string) {
	e.Reply(part, Reply{Calls: []Call{{Function: Function{tool, arguments}}}})
}

// After answers the result of the tool.
func (e *Endpoint) After(tool, text string) {
	e.Answer(func(c Chat) (Reply, bool) { return Reply{Text: text}, c.ResultOf() == tool })
}

// Insist calls the tool again and again for as long as it is offered.
func (e *Endpoint) Insist(tool, arguments string) {
	e.Answer(func(c Chat) (Reply, bool) {
		return Reply{Calls: []Call{{Function: Function{tool, arguments}}}}, c.Offers(tool)
	})
}

func (e *Endpoint) answer(r Request) Reply {
	e.mu.Lock()
	rules := slices.Clone(e.rules)
	e.mu.Unlock()
	for _, rule := range slices.Backward(rules) {
		if reply, ok := rule(r.Chat); ok {
			return reply
		}
	}
	return Reply{Text: r.Chat.Last().Text()}
}
