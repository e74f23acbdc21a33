package ai

import "encoding/json"

// Request is a chat, and what the model may do to go on with it.
type Request struct {
	System   string // what the model is told before the chat; "" for nothing
	Messages []Message
	Tools    []Tool
	// NoTools leaves the tools out, so that the model must answer in words now. Tool calls may stand in Messages all the
	// same.
	NoTools     bool
	MaxTokens   int      // of the answer; 0 leaves it to the endpoint
	Temperature *float64 // nil leaves it to the endpoint; a model that takes none is asked without
}

// Message is one message of a chat.
type Message struct {
	Role   Role
	Text   string
	Calls  []ToolCall // of an ASSISTANT: the tools it called
	CallID string     // of a TOOL: the id of the call that Text is the result of
}

// Role is who speaks in a chat.
type Role string

// The roles. What the model is told before the chat is Request.System.
const (
	User      Role = "USER"      // the customer
	Assistant Role = "ASSISTANT" // the model, or an agent who answered before it
	ToolRole  Role = "TOOL"      // the result of a tool
)

// Tool is something that the model may call.
type Tool struct {
	Name        string // letters, digits, _ and -; at most 64
	Description string
	Parameters  json.RawMessage // a JSON Schema of an object; nil when there are none
}

// ToolCall is a wish of the model: nothing was run.
type ToolCall struct {
	ID   string // to be repeated in the result; made up when the endpoint gave none
	Name string // may be that of no tool
	// Arguments are as the model wrote them, and may be no JSON, or not as the tool's schema wants them.
	Arguments string
}
