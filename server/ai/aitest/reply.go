package aitest

import (
	"crypto/rand"
	"encoding/json"
	"net/http"
	"strings"
)

// write answers with a chat completion. A token is a word.
func (r Reply) write(w http.ResponseWriter, q Request) {
	body, err := json.Marshal(map[string]any{
		"id": "chatcmpl-" + rand.Text(), "object": "chat.completion", "created": 1800000000,
		"model": q.Chat.Model, "choices": r.choices(), "usage": r.usage(q),
	})
	if err != nil {
		panic("aitest: " + err.Error())
	}
	w.Header().Set("Content-Type", "application/json")
	w.Write(body)
}

func (r Reply) choices() []any {
	if r.Nothing {
		return []any{}
	}
	message := map[string]any{"role": "assistant", "content": orNull(r.Text), "refusal": orNull(r.Refusal)}
	finish := "stop"
	if len(r.Calls) > 0 {
		message["tool_calls"], finish = r.calls(), "tool_calls"
	}
	if r.Finish != "" {
		finish = r.Finish
	}
	return []any{map[string]any{"index": 0, "message": message, "logprobs": nil, "finish_reason": finish}}
}

func (r Reply) calls() (out []Call) {
	for _, c := range r.Calls {
		if c.ID == "" {
			c.ID = "call_" + rand.Text()
		}
		c.Type = "function"
		out = append(out, c)
	}
	return out
}

func (r Reply) usage(q Request) map[string]int {
	prompt, completion := 0, len(strings.Fields(r.Text))
	for _, m := range q.Chat.Messages {
		prompt += len(strings.Fields(m.Text()))
	}
	return map[string]int{"prompt_tokens": prompt, "completion_tokens": completion, "total_tokens": prompt + completion}
}
