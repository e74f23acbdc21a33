package ai

import (
	"crypto/rand"
	"encoding/json"
	"errors"
	"math"
	"strings"
)

// The form of an answer, as far as it is read. What endpoints disagree on is left raw.
type (
	wireAnswer struct {
		Model   json.RawMessage `json:"model"`
		Choices []wireChoice    `json:"choices"`
		Usage   json.RawMessage `json:"usage"`
		Error   json.RawMessage `json:"error"`
	}
	wireChoice struct {
		Message struct {
			Content json.RawMessage `json:"content"`
			Refusal json.RawMessage `json:"refusal"`
			Calls   []wireCalled    `json:"tool_calls"`
		} `json:"message"`
		Finish json.RawMessage `json:"finish_reason"`
	}
	wireCalled struct {
		ID       json.RawMessage `json:"id"`
		Function struct {
			Name      json.RawMessage `json:"name"`
			Arguments json.RawMessage `json:"arguments"`
		} `json:"function"`
	}
)

var errNoCompletion = errors.New("no chat completion")

// insideError is an error that came with status 200, as gateways send them that had begun to answer.
type insideError struct{ status int }

func (*insideError) Error() string { return "error inside the answer" }

// parse reads an answer. An empty list of choices makes an empty Answer; none at all is an error.
func parse(body []byte) (*Answer, error) {
	var w wireAnswer
	if err := json.Unmarshal(body, &w); err != nil {
		return nil, errNoCompletion
	}
	if w.Choices == nil {
		return nil, missing(w.Error)
	}
	a := &Answer{Model: str(w.Model), Finish: Other, Usage: usage(w.Usage)}
	if len(w.Choices) == 0 {
		return a, nil
	}
	first := w.Choices[0]
	text, ok := content(first.Message.Content)
	if !ok {
		return nil, errNoCompletion
	}
	a.Text, a.Refusal = spoken(text), strings.TrimSpace(str(first.Message.Refusal))
	for _, c := range first.Message.Calls {
		a.Calls = append(a.Calls, called(c))
	}
	a.Finish = finish(str(first.Finish), len(a.Calls) > 0)
	return a, nil
}

// missing is the error of an answer without choices.
func missing(inside json.RawMessage) error {
	if len(inside) == 0 || string(inside) == "null" {
		return errNoCompletion
	}
	var e struct {
		Code json.Number `json:"code"`
	}
	json.Unmarshal(inside, &e)
	if status, err := e.Code.Int64(); err == nil && status >= 400 && status < 600 {
		return &insideError{int(status)}
	}
	return errNoCompletion
}

// content reads a text, or the texts among the parts that some models answer in; their thoughts are other parts.
func content(raw json.RawMessage) (string, bool) {
	if len(raw) == 0 || raw[0] != '[' {
		text := str(raw)
		return text, text != "" || len(raw) == 0 || string(raw) == "null" || string(raw) == `""`
	}
	var parts []struct {
		Type string          `json:"type"`
		Text json.RawMessage `json:"text"`
	}
	if json.Unmarshal(raw, &parts) != nil {
		return "", false
	}
	var b strings.Builder
	for _, p := range parts {
		if p.Type == "text" || p.Type == "output_text" {
			b.WriteString(str(p.Text))
		}
	}
	return b.String(), true
}

func called(c wireCalled) ToolCall {
	call := ToolCall{ID: str(c.ID), Name: str(c.Function.Name), Arguments: str(c.Function.Arguments)}
	if raw := c.Function.Arguments; call.Arguments == "" && len(raw) > 0 && raw[0] == '{' {
		call.Arguments = storable(string(raw)) // some endpoints give the object itself
	}
	if call.ID == "" {
		call.ID = "call_" + rand.Text()
	}
	return call
}

func finish(reason string, calls bool) Finish {
	f, known := map[string]Finish{
		"stop": Stop, "length": Length, "content_filter": ContentFilter, "tool_calls": ToolCalls,
	}[reason]
	switch {
	case calls && f != Length && f != ContentFilter:
		return ToolCalls
	case !known:
		return Other
	}
	return f
}

// str is the text of a JSON string, and "" for anything else.
func str(raw json.RawMessage) string {
	var s string
	if json.Unmarshal(raw, &s) != nil {
		return ""
	}
	return storable(s)
}

// storable leaves out what Postgres does not take in a text.
func storable(s string) string {
	return strings.ReplaceAll(strings.ToValidUTF8(s, "\uFFFD"), "\x00", "")
}

func usage(raw json.RawMessage) Usage {
	var u struct {
		Prompt     float64 `json:"prompt_tokens"`
		Completion float64 `json:"completion_tokens"`
	}
	json.Unmarshal(raw, &u)
	return Usage{tokens(u.Prompt), tokens(u.Completion)}
}

func tokens(n float64) int {
	return int(min(max(n, 0), math.MaxInt32))
}
