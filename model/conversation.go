package model

import (
	"fmt"
	"time"
)

// ConversationStatus is the state of a conversation.
type ConversationStatus string

// The states. At most one conversation per contact and channel is in one of the first three.
const (
	Open       ConversationStatus = "OPEN"
	AiReplying ConversationStatus = "AI_REPLYING"
	Snoozed    ConversationStatus = "SNOOZED"
	Resolved   ConversationStatus = "RESOLVED"
	Closed     ConversationStatus = "CLOSED"
)

// Live tells whether the conversation is still going on.
func (s ConversationStatus) Live() bool { return s == Open || s == AiReplying || s == Snoozed }

// Priority orders the queue of waiting conversations.
type Priority string

// The priorities, least urgent first.
const (
	Low    Priority = "LOW"
	Normal Priority = "NORMAL"
	High   Priority = "HIGH"
	Urgent Priority = "URGENT"
)

// Reason says why a conversation changed. It stands in the history beside who did it.
type Reason string

// The reasons of changes.
const (
	ReasonCustomerWrote Reason = "CUSTOMER_WROTE" // opened, reopened or woken by a message
	ReasonTaken         Reason = "TAKEN"          // an agent took it
	ReasonAssigned      Reason = "ASSIGNED"       // somebody gave it to an agent or a team
	ReasonReleased      Reason = "RELEASED"       // put back into Unassigned
	ReasonReplied       Reason = "REPLIED"        // an agent answered while nobody or an AI Agent owned it
	ReasonSet           Reason = "SET"            // status, priority or labels set by hand
	ReasonSnoozeEnded   Reason = "SNOOZE_ENDED"   // the wake-up time came
	ReasonLeftChannel   Reason = "LEFT_CHANNEL"   // the owner no longer works on the channel
	ReasonDisabled      Reason = "DISABLED"       // the owner was disabled
	ReasonMerged        Reason = "MERGED"         // two contacts turned out to be one: this is the younger conversation
	ReasonExpired       Reason = "EXPIRED"        // RESOLVED long enough to be CLOSED
	ReasonPlaced        Reason = "PLACED"         // the desk decided who answers: see the decisions
	ReasonPassedOn      Reason = "PASSED_ON"      // the owner went away, and it was given to others
	ReasonHandedOver    Reason = "HANDED_OVER"    // the AI Agent gave it to people
	ReasonAiStopped     Reason = "AI_STOPPED"     // its AI Agent may no longer answer on the channel
	ReasonResolvedByAi  Reason = "RESOLVED_BY_AI" // the AI Agent resolved it, since the customer was content
)

// Conversation is one thread of one contact on one channel.
type Conversation struct {
	AccountID      int64              `bun:"account_id,pk"`
	ID             ID                 `bun:"id,pk"`
	ChannelID      ID                 `bun:"channel_id"`
	ContactID      ID                 `bun:"contact_id"`
	Status         ConversationStatus `bun:"status"`
	Priority       Priority           `bun:"priority"`
	AgentID        ID                 `bun:"agent_id,nullzero"`    // the owner, when a person
	AiAgentID      ID                 `bun:"ai_agent_id,nullzero"` // the owner, when an AI Agent
	TeamID         ID                 `bun:"team_id,nullzero"`     // whose queue it waits in, or whose member owns it
	Version        int                `bun:"version"`              // counts changes of status, owner, priority and labels
	Epoch          int                `bun:"epoch"`                // counts changes of owner: what was begun in an older one is void
	UnreadCount    int                `bun:"unread_count"`
	OpenedAt       time.Time          `bun:"opened_at"`
	LastActivityAt time.Time          `bun:"last_activity_at"`
	WaitingSince   *time.Time         `bun:"waiting_since"` // since when the customer waits for an answer
	SnoozedUntil   *time.Time         `bun:"snoozed_until"`
	LastInboundAt  *time.Time         `bun:"last_inbound_at"` // opens WhatsApp's 24-hour window
	ResolvedAt     *time.Time         `bun:"resolved_at"`
	ClosedAt       *time.Time         `bun:"closed_at"`
	ClosedReason   Reason             `bun:"closed_reason,nullzero"`
	LastSeq        int64              `bun:"last_seq"`                 // number of the newest message
	FormerAgentID  ID                 `bun:"former_agent_id,nullzero"` // who owned it before it was reopened

	Placing bool `bun:"-"` // it is to be placed once what is being done is committed
}

// Owned tells whether a person or an AI Agent owns the conversation.
func (c *Conversation) Owned() bool { return c.AgentID != "" || c.AiAgentID != "" }

var moves = map[ConversationStatus][]ConversationStatus{
	Open:       {AiReplying, Snoozed, Resolved},
	AiReplying: {Open, Snoozed, Resolved},
	Snoozed:    {Open, AiReplying, Resolved},
	Resolved:   {Open, AiReplying, Closed},
	Closed:     {Open},
}

// CheckMove refuses with ILLEGAL_TRANSITION what the state machine does not know. Staying is no move and is allowed.
func CheckMove(from, to ConversationStatus) error {
	if from == to {
		return nil
	}
	for _, s := range moves[from] {
		if s == to {
			return nil
		}
	}
	return Refuse(IllegalTransition, fmt.Sprintf("A conversation cannot go from %s to %s.", from, to), "status")
}

// CheckVersion refuses with CONFLICT when the caller has not seen the present state. A nil version asks for no check.
func (c *Conversation) CheckVersion(seen *int) error {
	if seen == nil || *seen == c.Version {
		return nil
	}
	return Refuse(Conflict, fmt.Sprintf("The conversation changed meanwhile: it is at version %d, you saw %d.", c.Version, *seen), "version")
}

// SetStatus moves the conversation and keeps the times that belong to its state. wake is used for SNOOZED only.
func (c *Conversation) SetStatus(to ConversationStatus, wake *time.Time, now time.Time) error {
	if err := CheckMove(c.Status, to); err != nil {
		return err
	}
	c.SnoozedUntil = nil
	switch to {
	case Snoozed:
		c.SnoozedUntil = wake
	case Resolved:
		if c.Status != Resolved {
			c.ResolvedAt, c.WaitingSince = &now, nil
		}
	case Closed:
		if c.Status != Closed {
			c.ClosedAt, c.WaitingSince = &now, nil
		}
	default:
		c.ResolvedAt, c.ClosedAt, c.ClosedReason = nil, nil, ""
	}
	c.Status = to
	return nil
}

// Give makes the agent the owner; "" leaves the conversation without one. It ends the ownership of an AI Agent.
func (c *Conversation) Give(agent, team ID) {
	c.AgentID, c.AiAgentID, c.TeamID = agent, "", team
	c.Epoch++
	if c.Status == AiReplying {
		c.Status = Open
	}
}

// GiveAi makes the AI Agent the owner, which then answers.
func (c *Conversation) GiveAi(ai ID) error {
	if err := c.SetStatus(AiReplying, nil, time.Time{}); err != nil {
		return err
	}
	c.AgentID, c.AiAgentID, c.TeamID = "", ai, ""
	c.Epoch++
	return nil
}

// Window is how long a customer's WhatsApp message allows free-form answers.
const Window = 24 * time.Hour

// ReplyWindow says whether a free-form answer may be sent.
type ReplyWindow struct {
	Open     bool
	ClosesAt *time.Time // nil when the channel has no window, or it never opened
}

// ReplyWindowAt computes the window on a channel of the kind, for a contact who last wrote at the given time.
func ReplyWindowAt(kind ChannelKind, lastInbound *time.Time, now time.Time) ReplyWindow {
	if kind != WhatsApp {
		return ReplyWindow{Open: true}
	}
	if lastInbound == nil {
		return ReplyWindow{}
	}
	closes := lastInbound.Add(Window)
	return ReplyWindow{Open: now.Before(closes), ClosesAt: &closes}
}

// CloseAfter is how long a conversation stays RESOLVED before it is CLOSED, when no survey says otherwise.
const CloseAfter = 24 * time.Hour
