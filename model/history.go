package model

import "time"

// ConversationChange is one entry of a conversation's history: what it was changed to, by whom and why.
type ConversationChange struct {
	ConversationID ID
	Version        int // that the change made
	ChangedAt      time.Time
	Reason         Reason
	ActorID        ID // who changed it; empty when the desk did
	Status         ConversationStatus
	AgentID        ID
	AiAgentID      ID
	TeamID         ID
	HandOver       HandOverReason // why the AI Agent went; empty when that was not it
}

// SendOutcome says how one try to send a message ended.
type SendOutcome string

// The outcomes of tries.
const (
	OutcomeSent        SendOutcome = "SENT"
	OutcomeNotSent     SendOutcome = "NOT_SENT"    // it never reached the provider, or was refused for its rate
	OutcomeRejected    SendOutcome = "REJECTED"    // the provider refused the message
	OutcomeAmbiguous   SendOutcome = "AMBIGUOUS"   // the provider may have taken it
	OutcomeCredentials SendOutcome = "CREDENTIALS" // the provider refused the channel's credentials
)

// SendAttempt is one try to send a message.
type SendAttempt struct {
	MessageID ID
	Number    int // 1, 2, 3 …
	StartedAt time.Time
	EndedAt   *time.Time   // nil while it goes on
	Outcome   *SendOutcome // nil while it goes on
	Code      *string      // the provider's, if it gave one
	ByHand    bool         // an agent asked for it
}

// RoutingDecision is one decision about who answers a conversation, as it is listed.
type RoutingDecision struct {
	ID             ID
	ConversationID ID
	DecidedAt      time.Time
	Outcome        RoutingOutcome
	Reason         RoutingReason
	AgentID        ID
	AiAgentID      ID
	Sentence       string // why, once the decision can no longer be made again; else empty
}
