package model

import "time"

// AgentPause is how long after an agent's message a customer is not told that nobody is there: somebody is.
const AgentPause = 5 * time.Minute

// Heard is what the desk knows of a conversation when it decides what to say by itself.
type Heard struct {
	At         time.Time
	Begins     bool       // what the customer wrote began the conversation
	AgentAt    *time.Time // when an agent wrote last; nil: never
	Greeting   string     // empty: the channel does not greet
	Away       string     // the unavailable message; empty: none
	Calendar   *Calendar  // nil: always open
	LastAwayAt *time.Time // since when the channel was closed when the last unavailable message was sent; nil: none was
}

// AutoReply is what the desk says by itself.
type AutoReply struct {
	Kind   MessageKind // GREETING or UNAVAILABLE
	Text   string
	Period time.Time // since when the channel is closed; the zero time of a greeting
}

// DecideAutoReply returns what to say to what the customer wrote, or nil. Outside the hours the unavailable message
// stands in place of the greeting; without one, and while an agent is there all the same, the greeting does.
func DecideAutoReply(h Heard) *AutoReply {
	if h.away() {
		since, _ := h.Calendar.ClosedSince(h.At)
		if h.LastAwayAt != nil && h.LastAwayAt.Equal(since) {
			return nil
		}
		return &AutoReply{Kind: UnavailableMessage, Text: h.Away, Period: since}
	}
	if !h.Begins || h.Greeting == "" {
		return nil
	}
	return &AutoReply{Kind: GreetingMessage, Text: h.Greeting}
}

func (h *Heard) away() bool {
	return h.Away != "" && !h.present() && !h.Calendar.IsOpen(h.At)
}

// present tells whether an agent wrote just now.
func (h *Heard) present() bool { return h.AgentAt != nil && h.At.Sub(*h.AgentAt) < AgentPause }
