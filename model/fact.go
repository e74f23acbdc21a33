package model

import "time"

// FactKind is what a fact of the reports is about.
type FactKind byte

// The kinds of facts are part of what is stored: a number is never reused.
const (
	FactOpened          FactKind = 1  // a conversation began
	FactGiven           FactKind = 2  // it was first given to an agent, an AI Agent or a team
	FactReopened        FactKind = 3  // it had ended and went on; of who had resolved it
	FactResolved        FactKind = 4  // it was resolved; since it was opened or reopened last
	FactHandedOver      FactKind = 5  // an AI Agent gave it to people, or was taken off it
	FactReceived        FactKind = 6  // the customer wrote; of who then owned the conversation
	FactSent            FactKind = 7  // an agent or an AI Agent wrote
	FactFirstResponse   FactKind = 8  // the first reply of a person since it was opened or reopened
	FactFromAssignment  FactKind = 9  // the same reply, since a person was first given the conversation
	FactReply           FactKind = 10 // a person answered, since the customer began to wait
	FactAiFirstResponse FactKind = 11
	FactAiReply         FactKind = 12
	factKinds                    = 13
)

// timed tells whether facts of the kind have durations.
func (k FactKind) timed() bool { return k == FactResolved || k >= FactFirstResponse }

// Credit is what a fact belongs to. Parts that do not apply are zero.
type Credit struct {
	Channel, Agent, AiAgent, Team Key
}

// Fact is one thing that happened to a conversation at one moment. Facts never change: what happens later makes others.
type Fact struct {
	Kind     FactKind
	At       int64 // milliseconds since 1970
	Credit   Credit
	Wall     int64 // milliseconds, for kinds that have durations
	Business int64 // the part of Wall in which the channel was open, by the hours that were set when it ended
}

// Story is what happened to one conversation, as it is recorded: every change and every message of the customer, an
// agent or an AI Agent, each in their order. What the desk wrote by itself, notes and what a blocked customer wrote are
// not in it.
type Story struct {
	Conversation Key
	Channel      Key
	Changes      []StoryChange
	Messages     []StoryMessage
}

// StoryChange is a change of a conversation.
type StoryChange struct {
	Version                     int
	At                          time.Time
	Reason                      Reason
	Status                      ConversationStatus
	Actor, Agent, AiAgent, Team Key
	HandedOver                  bool
}

// StoryMessage is a message of a conversation. Without a sender it is the customer's.
type StoryMessage struct {
	At             time.Time
	Agent, AiAgent Key
}

// Calendars finds the business hours that a channel had at a moment.
type Calendars func(channel Key, at time.Time) *Calendar

// Facts are all that the reports count about the conversation. This is the one place that defines them: see the
// descriptions of ConversationReport in the schema, and the histories in testdata/facts.txt.
func (p *Story) Facts(hours Calendars) []Fact {
	if len(p.Changes) == 0 {
		return nil // it began closed, since the customer was blocked
	}
	w := witness{story: p, hours: hours, status: Closed}
	messages := p.Messages
	for i := range p.Changes {
		c := &p.Changes[i]
		for len(messages) > 0 && c.follows(&messages[0]) {
			w.heard(&messages[0])
			messages = messages[1:]
		}
		w.changed(c)
	}
	for i := range messages {
		w.heard(&messages[i])
	}
	return w.facts
}

// follows tells whether the change came after the message. Of the same moment are a reply and what it brings about,
// which the change tells first, and a last word with the end of the conversation.
func (c *StoryChange) follows(m *StoryMessage) bool {
	if c.At.Equal(m.At) {
		return c.Status == Resolved
	}
	return c.At.After(m.At)
}

// witness goes through the story of a conversation and notes facts.
type witness struct {
	story *Story
	hours Calendars
	facts []Fact

	status   ConversationStatus
	owner    Credit // and the team, as of the last change
	resolver Credit
	given    bool

	// Since the conversation was opened or reopened last.
	opened    time.Time
	assigned  time.Time // to a person, other than by their reply
	asked     time.Time // since when there was something to answer, for the first time
	waiting   time.Time // since when the customer waits
	responded bool      // a person wrote
	aiWrote   bool
}

func (w *witness) changed(c *StoryChange) {
	was := w.owner
	w.owner = Credit{Channel: w.story.Channel, Agent: c.Agent, AiAgent: c.AiAgent, Team: c.Team}
	if c.Status.Live() && !w.status.Live() {
		w.begin(c)
	}
	if c.HandedOver {
		w.note(FactHandedOver, c.At, Credit{Channel: w.story.Channel, AiAgent: was.AiAgent, Team: c.Team})
		w.waits(c.At)
	}
	if !w.given && (!c.Agent.IsZero() || !c.AiAgent.IsZero() || !c.Team.IsZero()) {
		w.given = true
		w.note(FactGiven, c.At, w.owner)
	}
	if w.assigned.IsZero() && !c.Agent.IsZero() && c.Reason != ReasonReplied {
		w.assigned = c.At
	}
	if c.Status == Resolved && w.status.Live() {
		w.resolved(c)
	}
	w.status = c.Status
}

func (w *witness) begin(c *StoryChange) {
	w.opened, w.assigned, w.asked, w.waiting = c.At, time.Time{}, time.Time{}, time.Time{}
	w.responded, w.aiWrote = false, false
	if c.Version == 1 {
		w.note(FactOpened, c.At, Credit{Channel: w.story.Channel})
	} else {
		w.resolver.Channel = w.story.Channel
		w.note(FactReopened, c.At, w.resolver)
	}
}

// resolved credits who did it, as its survey does: a person, else the AI Agent that had it.
func (w *witness) resolved(c *StoryChange) {
	w.resolver = Credit{Channel: w.story.Channel, Agent: c.Actor, Team: c.Team}
	if c.Actor.IsZero() {
		w.resolver.AiAgent = c.AiAgent
	}
	w.took(FactResolved, w.opened, c.At, w.resolver)
}

func (w *witness) waits(at time.Time) {
	if w.asked.IsZero() {
		w.asked = at
	}
	if w.waiting.IsZero() {
		w.waiting = at
	}
}

func (w *witness) heard(m *StoryMessage) {
	credit := Credit{Channel: w.story.Channel, Agent: m.Agent, AiAgent: m.AiAgent, Team: w.owner.Team}
	switch {
	case m.Agent.IsZero() && m.AiAgent.IsZero():
		w.owner.Channel = w.story.Channel
		w.note(FactReceived, m.At, w.owner)
		if w.status.Live() {
			w.waits(m.At)
		}
		return
	case !m.Agent.IsZero():
		w.note(FactSent, m.At, credit)
		w.answered(m.At, credit, &w.responded, FactFirstResponse, FactReply)
	default:
		w.note(FactSent, m.At, credit)
		if m.AiAgent == w.owner.AiAgent { // what it says as it goes is no answer
			w.answered(m.At, credit, &w.aiWrote, FactAiFirstResponse, FactAiReply)
		}
	}
}

// answered notes what a reply ends. Who spoke before there was anything to answer has not responded.
func (w *witness) answered(at time.Time, by Credit, wrote *bool, first, reply FactKind) {
	if !w.status.Live() {
		return
	}
	if !*wrote && !w.asked.IsZero() {
		w.took(first, later(w.opened, w.asked), at, by)
		if first == FactFirstResponse && !w.assigned.IsZero() {
			w.took(FactFromAssignment, later(w.assigned, w.asked), at, by)
		}
	}
	*wrote = true
	if !w.waiting.IsZero() {
		w.took(reply, w.waiting, at, by)
		w.waiting = time.Time{}
	}
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}

func (w *witness) note(kind FactKind, at time.Time, by Credit) {
	w.facts = append(w.facts, Fact{Kind: kind, At: at.UnixMilli(), Credit: by})
}

// took notes a duration. Clocks of two servers differ, so what ends may seem to end before it began: it took no time.
func (w *witness) took(kind FactKind, since, at time.Time, by Credit) {
	f := Fact{Kind: kind, At: at.UnixMilli(), Credit: by}
	if at.After(since) {
		f.Wall = at.Sub(since).Milliseconds()
		f.Business = w.hours(w.story.Channel, at).BusinessDuration(since, at).Milliseconds()
	}
	w.facts = append(w.facts, f)
}
