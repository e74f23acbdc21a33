package aitest

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strings"
)

// Request is one that came, as far as it could be read.
type Request struct {
	Method string
	Path   string
	Query  url.Values
	Header http.Header
	Body   []byte
	Chat   Chat
}

// Chat is the body of a request.
type Chat struct {
	Model               string    `json:"model"`
	Messages            []Message `json:"messages"`
	Tools               []Tool    `json:"tools"`
	MaxTokens           *int      `json:"max_tokens"`
	MaxCompletionTokens *int      `json:"max_completion_tokens"`
	Temperature         *float64  `json:"temperature"`
}

// Message is one of a chat.
type Message struct {
	Role    string  `json:"role"`
	Content *string `json:"content"`
	Calls   []Call  `json:"tool_calls"`
	CallID  string  `json:"tool_call_id"`
}

// Text is the content, and "" when there is none.
func (m Message) Text() string {
	if m.Content == nil {
		return ""
	}
	return *m.Content
}

// Call is a tool call.
type Call struct {
	ID       string   `json:"id"`
	Type     string   `json:"type"`
	Function Function `json:"function"`
}

// Function is what a Call calls.
type Function struct {
	Name      string `json:"name"`
	Arguments string `json:"arguments"`
}

// Tool is one that the caller offers.
type Tool struct {
	Type     string `json:"type"`
	Function struct {
		Name        string          `json:"name"`
		Description string          `json:"description"`
		Parameters  json.RawMessage `json:"parameters"`
	} `json:"function"`
}

// Last is the last message of the chat.
func (c Chat) Last() Message {
	if len(c.Messages) == 0 {
		return Message{}
	}
	return c.Messages[len(c.Messages)-1]
}

// System is what the model is told before the chat.
func (c Chat) System() string {
	if len(c.Messages) > 0 && c.Messages[0].Role == "system" {
		return c.Messages[0].Text()
	}
	return ""
}

// Offers tells whether the tool may be called.
func (c Chat) Offers(name string) bool {
	for _, t := range c.Tools {
		if t.Function.Name == name {
			return true
		}
	}
	return false
}

// ResultOf is the name of the tool of which the last message is the result, and "" when it is something else.
func (c Chat) ResultOf() string {
	last := c.Last()
	for _, m := range c.Messages {
		for _, call := range m.Calls {
			if last.Role == "tool" && call.ID == last.CallID {
				return call.Function.Name
			}
		}
	}
	return ""
}

// read reads a request; the error is about its JSON, which must hold what a Chat holds and nothing else.
func read(r *http.Request, body []byte) (Request, error) {
	out := Request{Method: r.Method, Path: r.URL.Path, Query: r.URL.Query(), Header: r.Header.Clone(), Body: body}
	if !strings.HasPrefix(r.Header.Get("Content-Type"), "application/json") {
		return out, errors.New("content type")
	}
	decoder := json.NewDecoder(bytes.NewReader(body))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&out.Chat); err != nil {
		return out, err
	}
	if _, err := decoder.Token(); err != io.EOF {
		return out, errors.New("more than one value")
	}
	return out, nil
}
