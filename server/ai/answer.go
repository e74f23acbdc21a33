package ai

import "time"

// Answer is what the model said. It can be empty: no text, no refusal and no calls, and it is for the caller to decide
// what then.
type Answer struct {
	Text    string // without what a model thought aloud in front of it
	Refusal string // why the model will not answer, in its words
	Calls   []ToolCall
	Finish  Finish
	Usage   Usage
	Model   string        // which model answered, by the endpoint's word
	Took    time.Duration // with all tries
	Tries   int           // how often the endpoint was asked
}

// Finish is why the model stopped.
type Finish string

// The reasons to stop. Some endpoints say STOP with tool calls: that becomes TOOL_CALLS. After LENGTH the last call may
// be cut.
const (
	Stop          Finish = "STOP"
	Length        Finish = "LENGTH"         // MaxTokens or the model's own limit: the text ends somewhere
	ContentFilter Finish = "CONTENT_FILTER" // the endpoint withheld the answer, or a part
	ToolCalls     Finish = "TOOL_CALLS"
	Other         Finish = "OTHER" // a reason that is not known, or no answer at all
)

// Usage counts tokens; 0 when the endpoint did not say.
type Usage struct {
	Prompt     int
	Completion int
}
