package ai

import (
	"encoding/json"
	"strings"
)

// The form of a request.
type (
	wireRequest struct {
		Model               string        `json:"model"`
		Messages            []wireMessage `json:"messages"`
		Tools               []wireTool    `json:"tools,omitempty"`
		MaxTokens           int           `json:"max_tokens,omitempty"`
		MaxCompletionTokens int           `json:"max_completion_tokens,omitempty"`
		Temperature         *float64      `json:"temperature,omitempty"`
	}
	wireMessage struct {
		Role    string     `json:"role"`
		Content *string    `json:"content"` // null for a message of tool calls alone
		Calls   []wireCall `json:"tool_calls,omitempty"`
		CallID  string     `json:"tool_call_id,omitempty"`
	}
	wireTool struct {
		Type     string       `json:"type"`
		Function wireFunction `json:"function"`
	}
	wireFunction struct {
		Name        string          `json:"name"`
		Description string          `json:"description,omitempty"`
		Parameters  json.RawMessage `json:"parameters"`
	}
	wireCall struct {
		ID       string `json:"id"`
		Type     string `json:"type"`
		Function struct {
			Name      string `json:"name"`
			Arguments string `json:"arguments"`
		} `json:"function"`
	}
)

// encode writes the request as the model takes it. It fails only for parameters of a tool that are no JSON.
func encode(model string, r Request, q quirk) ([]byte, error) {
	w := wireRequest{Model: model, Messages: messages(r), Temperature: r.Temperature}
	if !r.NoTools {
		w.Tools = tools(r.Tools)
	}
	switch q.limit {
	case maxTokens:
		w.MaxTokens = r.MaxTokens
	case maxCompletionTokens:
		w.MaxCompletionTokens = r.MaxTokens
	}
	if q.noTemperature {
		w.Temperature = nil
	}
	return json.Marshal(w)
}

func messages(r Request) []wireMessage {
	out := make([]wireMessage, 0, len(r.Messages)+1)
	if r.System != "" {
		out = append(out, wireMessage{Role: "system", Content: &r.System})
	}
	for _, m := range r.Messages {
		w := wireMessage{Role: strings.ToLower(string(m.Role)), CallID: m.CallID, Calls: calls(m.Calls)}
		if m.Text != "" || len(m.Calls) == 0 {
			w.Content = &m.Text
		}
		out = append(out, w)
	}
	return out
}

// calls repeats what the model called. Some endpoints read the arguments, and refuse the chat for good when they are no
// JSON object.
func calls(made []ToolCall) (out []wireCall) {
	for _, c := range made {
		w := wireCall{ID: c.ID, Type: "function"}
		w.Function.Name, w.Function.Arguments = c.Name, c.Arguments
		var object map[string]json.RawMessage
		if json.Unmarshal([]byte(c.Arguments), &object) != nil || object == nil {
			w.Function.Arguments = "{}"
		}
		out = append(out, w)
	}
	return out
}

func tools(offered []Tool) (out []wireTool) {
	for _, t := range offered {
		parameters := t.Parameters
		if len(parameters) == 0 {
			parameters = json.RawMessage(`{"type":"object","properties":{}}`)
		}
		out = append(out, wireTool{Type: "function", Function: wireFunction{t.Name, t.Description, parameters}})
	}
	return out
}
