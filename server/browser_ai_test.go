//go:build browser

package server

import (
	"testing"

	"github.com/livedesk/livedesk/server/ai/aitest"
)

// shopModel is what mock-llm answers; the last rule that matches wins.
const shopModel = `
rules:
- path: /v1/chat/completions
  response:
    status: 200
    content: |
      {"model": "mock", "usage": {"prompt_tokens": 12, "completion_tokens": 3, "total_tokens": 15},
       "choices": [{"index": 0, "message": {"role": "assistant", "content": "How can I help?"}, "finish_reason": "stop"}]}
- path: /v1/chat/completions
  match: contains(body.messages[-1].content, 'money back') && body.tools[?function.name=='search_knowledge'] && contains(body.messages[0].content, 'Be kind.')
  response:
    status: 200
    content: |
      {"model": "mock", "choices": [{"index": 0, "message": {"role": "assistant", "content": null, "tool_calls": [
        {"id": "call_1", "type": "function", "function": {"name": "search_knowledge", "arguments": "{\"query\": \"refund unused items\"}"}}]}, "finish_reason": "tool_calls"}]}
- path: /v1/chat/completions
  match: body.messages[-1].role == 'tool' && body.messages[-1].tool_call_id == body.messages[-2].tool_calls[0].id && contains(body.messages[-1].content, 'within 30 days')
  response:
    status: 200
    content: |
      {"model": "mock-2", "usage": {"prompt_tokens": 40, "completion_tokens": 9, "total_tokens": 49},
       "choices": [{"index": 0, "message": {"role": "assistant", "content": "You have **30 days** for that [[1]]."}, "finish_reason": "stop"}]}
- path: /v1/chat/completions
  match: contains(body.messages[-1].content, 'human') && body.tools[?function.name=='hand_over']
  response:
    status: 200
    content: |
      {"model": "mock", "choices": [{"index": 0, "message": {"role": "assistant", "content": null, "tool_calls": [
        {"id": "call_2", "type": "function", "function": {"name": "hand_over", "arguments": "{\"reason\": \"ASKED_FOR_PERSON\", \"summary\": \"Wants a human.\"}"}}]}, "finish_reason": "tool_calls"}]}
- path: /v1/chat/completions
  match: headers.authorization != 'Bearer sk-mock'
  response:
    status: 401
    content: |
      {"error": {"message": "Incorrect API key provided.", "type": "invalid_request_error", "param": null, "code": "invalid_api_key"}}
`

// A customer is answered through the whole desk by a model's server that is not ours, with its tools.
func TestAiAgainstMockLLM(t *testing.T) {
	t.Parallel()
	mock := aitest.StartMockLLM(t, shopModel)
	w := newWorld(t, func(c *Config) { c.PrivateHosts = []string{mock.Address} })
	const line, ana = "whatsapp:+15550100100", "whatsapp:+447700900101"
	w.line = "mock-llm"
	w.channel("WhatsApp", line)
	w.admin.must("updateAssignment", `{"channelId":"`+w.channels["WhatsApp"]+`","mode":"CONCURRENT_LOAD"}`)
	w.agent("hana", "WhatsApp")
	w.agents["hana"].must("setAvailability", `{"availability":"ONLINE"}`)
	w.article("Refunds", "We refund unused items within 30 days of purchase.")
	w.aiAgent("robin", "WhatsApp", mock.URL, "sk-mock")
	w.customerSays(ana, "hello", line, false)
	w.customerReceives(ana, "How can I help?")
	w.customerSays(ana, "Can I have my money back?", line, false)
	w.customerReceives(ana, "You have *30 days* for that.")
	if n := w.count(`ai_turns WHERE calls = 2 AND model = 'mock-2' AND prompt_tokens = 40 AND cardinality(articles) = 1 AND outcome = 'ANSWERED'`); n != 1 {
		t.Errorf("%d turns with a search", n)
	}
	w.customerSays(ana, "A human please", line, false)
	w.customerIsWith(ana, w.agents["hana"])
	w.agents["hana"].seesMessage("robin handed this conversation over: the customer asked for a person.\n\nWants a human.")
}
