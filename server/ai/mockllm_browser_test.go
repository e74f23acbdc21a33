//go:build browser

package ai

import (
	"testing"

	"github.com/livedesk/livedesk/model"
	"github.com/livedesk/livedesk/server/ai/aitest"
)

// desk is what mock-llm answers; the last rule that matches wins.
const desk = `
rules:
- path: /v1/chat/completions
  response:
    status: 200
    content: |
      {"model": "{{jmes request body.model}}", "usage": {"prompt_tokens": 12, "completion_tokens": 3, "total_tokens": 15},
       "choices": [{"index": 0, "message": {"role": "assistant", "content": "You said: {{jmes request body.messages[-1].content}}"}, "finish_reason": "stop"}]}
- path: /v1/chat/completions
  match: contains(body.messages[-1].content, 'order') && body.tools[?function.name=='look_up']
  response:
    status: 200
    content: |
      {"model": "mock", "choices": [{"index": 0, "message": {"role": "assistant", "content": null, "tool_calls": [
        {"id": "call_7", "type": "function", "function": {"name": "look_up", "arguments": "{\"order\": 7}"}}]}, "finish_reason": "tool_calls"}]}
- path: /v1/chat/completions
  match: body.messages[-1].role == 'tool' && body.messages[-1].tool_call_id == body.messages[-2].tool_calls[0].id
  response:
    status: 200
    content: |
      {"model": "mock", "choices": [{"index": 0, "message": {"role": "assistant", "content": "It was {{jmes request body.messages[-1].content}}."}, "finish_reason": "stop"}]}
- path: /v1/chat/completions
  match: headers.authorization != 'Bearer sk-mock'
  response:
    status: 401
    content: |
      {"error": {"message": "Incorrect API key provided.", "type": "invalid_request_error", "param": null, "code": "invalid_api_key"}}
`

// A server that is not ours understands what the client sends, and is understood.
func TestAgainstMockLLM(t *testing.T) {
	t.Parallel()
	mock := aitest.StartMockLLM(t, desk)
	c := newClient(t, Options{}, mock.Address)
	at := Endpoint{BaseURL: mock.URL, Key: "sk-mock", Model: "mock"}
	complete := func(r Request) *Answer {
		t.Helper()
		answer, err := c.Complete(t.Context(), at, r)
		if err != nil {
			t.Fatal(err)
		}
		return answer
	}
	if err := c.Check(t.Context(), at); err != nil {
		t.Errorf("check: %v", err)
	}
	if got := complete(says("hello")); got.Text != "You said: hello" || got.Finish != Stop || got.Usage != (Usage{12, 3}) || got.Model != "mock" || got.Tries != 1 {
		t.Errorf("got %+v", got)
	}
	chat := Request{Messages: []Message{{Role: User, Text: "Where is my order?"}}, Tools: []Tool{lookUp}}
	first := complete(chat)
	if first.Finish != ToolCalls || len(first.Calls) != 1 || first.Calls[0] != (ToolCall{"call_7", "look_up", `{"order": 7}`}) {
		t.Fatalf("got %+v", first)
	}
	chat.Messages = append(chat.Messages, Message{Role: Assistant, Calls: first.Calls}, Message{Role: ToolRole, CallID: "call_7", Text: "sent yesterday"})
	if got := complete(chat); got.Text != "It was sent yesterday." {
		t.Errorf("got %+v", got)
	}
	at.Key = "sk-wrong"
	if err := c.Check(t.Context(), at); model.CodeOf(err) != model.ProviderRefused {
		t.Errorf("a wrong key: %v", err)
	}
	at.BaseURL = "http://" + mock.Address + "/v2"
	if err := c.Check(t.Context(), at); model.CodeOf(err) != model.ProviderRefused {
		t.Errorf("a wrong address: %v", err)
	}
}
