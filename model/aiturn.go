package model

import "time"

// AiDuty is a turn that began: an AI Agent owes an answer in a conversation, and one process is at work on it.
type AiDuty struct {
	AccountID      int64
	ConversationID ID
	Epoch          int    // of the conversation
	AfterSeq       *int64 // the last message that was answered before; nil: the one before the last answer
	Fence          int64  // no other turn has it
	Tries          int    // how often the turn was begun, this time among them
	Overtaken      int    // how many answers were thrown away because the customer wrote meanwhile
}

// AiOutcome is how a turn ended.
type AiOutcome string

// The outcomes of turns.
const (
	AiAnswered   AiOutcome = "ANSWERED"
	AiHandedOver AiOutcome = "HANDED_OVER"
	AiResolved   AiOutcome = "RESOLVED"
	AiNothing    AiOutcome = "NOTHING" // such as a reaction: it needs no answer
)

// AiTurn is a turn that ended. It holds no texts.
type AiTurn struct {
	AccountID      int64
	ID             ID
	ConversationID ID
	ChannelID      ID
	AiAgentID      ID
	Epoch          int
	UpToSeq        int64 // the newest message that it was about
	Outcome        AiOutcome
	HandOver       HandOverReason // of HANDED_OVER
	MessageID      ID             // the first message of the answer; empty when there is none
	EndedAt        time.Time
	AiMark
}

// AiMark says how an AI Agent made an answer. It stands on every message of the answer.
type AiMark struct {
	Version          int           `json:"version"` // of the AI Agent's settings
	Model            string        `json:"model"`   // by the endpoint's word
	Calls            int           `json:"calls"`   // how often the model was asked
	PromptTokens     int           `json:"promptTokens"`
	CompletionTokens int           `json:"completionTokens"`
	Took             time.Duration `json:"took"` // by the model, with every call
	Articles         []ID          `json:"articles,omitempty"`
}

// AiUse is a tool that an AI Agent called.
type AiUse struct {
	Tool      string
	Arguments string // as the model wrote them
}
