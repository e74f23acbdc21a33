package ai

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/livedesk/livedesk/server/ai/aitest"
)

var lookUp = Tool{Name: "look_up", Description: "Looks an order up.", Parameters: json.RawMessage(`{"type":"object","properties":{"order":{"type":"integer"}}}`)}

func TestCompletes(t *testing.T) {
	t.Parallel()
	w := newWorld(t, aitest.Options{})
	w.Say("refund", "It takes three days.")
	temperature := 0.2
	answer := w.must(t, Request{
		System:    "Be short.",
		Messages:  []Message{{Role: User, Text: "Hi"}, {Role: Assistant, Text: "Hello!"}, {Role: User, Text: "My refund?"}},
		MaxTokens: 200, Temperature: &temperature,
	})
	if answer.Text != "It takes three days." || answer.Finish != Stop || answer.Tries != 1 || answer.Model != aitest.DefaultModel {
		t.Errorf("got %+v", answer)
	}
	if answer.Usage.Prompt != 6 || answer.Usage.Completion != 4 || answer.Took <= 0 {
		t.Errorf("measured %+v in %v", answer.Usage, answer.Took)
	}
	sent := w.Last()
	if sent.Header.Get("Authorization") != "Bearer "+aitest.Key || sent.Header.Get("api-key") != "" {
		t.Errorf("headers %v", sent.Header)
	}
	c := sent.Chat
	if c.System() != "Be short." || len(c.Messages) != 4 || *c.MaxTokens != 200 || *c.Temperature != 0.2 || len(c.Tools) != 0 {
		t.Errorf("sent %s", sent.Body)
	}
}

func TestToolIsCalledAndItsResultRead(t *testing.T) {
	t.Parallel()
	w := newWorld(t, aitest.Options{})
	w.Call("order", "look_up", `{"order": 7}`)
	w.After("look_up", "It is on its way.")
	chat := Request{Messages: []Message{{Role: User, Text: "Where is my order?"}}, Tools: []Tool{lookUp, {Name: "plain"}}}
	first := w.must(t, chat)
	if first.Finish != ToolCalls || len(first.Calls) != 1 || first.Calls[0].Name != "look_up" || first.Calls[0].Arguments != `{"order": 7}` || first.Calls[0].ID == "" {
		t.Fatalf("got %+v", first)
	}
	chat.Messages = append(chat.Messages,
		Message{Role: Assistant, Calls: first.Calls}, Message{Role: ToolRole, CallID: first.Calls[0].ID, Text: "sent yesterday"})
	second := w.must(t, chat)
	if second.Text != "It is on its way." || second.Finish != Stop {
		t.Errorf("got %+v", second)
	}
	if m := w.Last().Chat.Messages[1]; m.Content != nil || m.Calls[0].Function.Arguments != `{"order": 7}` {
		t.Errorf("repeated the call as %+v", m)
	}
}

// What a model does wrong is for the caller to judge.
func TestWhatModelsAnswerIsPassedOn(t *testing.T) {
	t.Parallel()
	w := newWorld(t, aitest.Options{})
	call := func(name, arguments string) []aitest.Call {
		return []aitest.Call{{ID: "c1", Function: aitest.Function{Name: name, Arguments: arguments}}}
	}
	called := func(name, arguments string) []ToolCall { return []ToolCall{{"c1", name, arguments}} }
	cases := map[string]struct {
		reply aitest.Reply
		want  Answer
	}{
		"cut":          {aitest.Reply{Text: "It ta", Finish: "length"}, Answer{Text: "It ta", Finish: Length}},
		"filtered":     {aitest.Reply{Finish: "content_filter"}, Answer{Finish: ContentFilter}},
		"refused":      {aitest.Reply{Refusal: "I cannot."}, Answer{Refusal: "I cannot.", Finish: Stop}},
		"nothing":      {aitest.Reply{Nothing: true}, Answer{Finish: Other}},
		"odd":          {aitest.Reply{Text: "x", Finish: "eos"}, Answer{Text: "x", Finish: Other}},
		"no json":      {aitest.Reply{Calls: call("look_up", `{"order": `)}, Answer{Finish: ToolCalls, Calls: called("look_up", `{"order": `)}},
		"unknown tool": {aitest.Reply{Calls: call("fly", `{}`)}, Answer{Finish: ToolCalls, Calls: called("fly", `{}`)}},
		"both":         {aitest.Reply{Text: "Wait.", Calls: call("look_up", `{}`), Finish: "stop"}, Answer{Text: "Wait.", Finish: ToolCalls, Calls: called("look_up", `{}`)}},
		"cut call":     {aitest.Reply{Calls: call("look_up", `{"o`), Finish: "length"}, Answer{Finish: Length, Calls: called("look_up", `{"o`)}},
		"thoughts":     {aitest.Reply{Text: "<think>He is angry.</think>\n\nSorry."}, Answer{Text: "Sorry.", Finish: Stop}},
	}
	for name, c := range cases {
		w.Reply("say "+name+".", c.reply)
		got := w.must(t, Request{Messages: []Message{{Role: User, Text: "say " + name + "."}}, Tools: []Tool{lookUp}})
		got.Took, got.Usage, got.Model, got.Tries = 0, Usage{}, "", 0
		if g, want := toJSON(t, got), toJSON(t, c.want); g != want {
			t.Errorf("%s: got %s, want %s", name, g, want)
		}
	}
}

func toJSON(t *testing.T, v any) string {
	t.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// A model that calls a tool for ever stops when none is offered; what it called stays in the chat.
func TestNoToolsEndsEndlessCalls(t *testing.T) {
	t.Parallel()
	w := newWorld(t, aitest.Options{})
	w.Insist("look_up", `not json`)
	chat := Request{Messages: []Message{{Role: User, Text: "Where?"}}, Tools: []Tool{lookUp}}
	for range 3 {
		got := w.must(t, chat)
		if got.Finish != ToolCalls {
			t.Fatalf("got %+v", got)
		}
		chat.Messages = append(chat.Messages, Message{Role: Assistant, Calls: got.Calls}, Message{Role: ToolRole, CallID: got.Calls[0].ID, Text: "unclear"})
	}
	chat.NoTools = true
	if got := w.must(t, chat); got.Finish != Stop || got.Text != "unclear" || len(got.Calls) != 0 {
		t.Errorf("got %+v", got)
	}
	for _, m := range w.Last().Chat.Messages {
		if len(m.Calls) > 0 && m.Calls[0].Function.Arguments != "{}" {
			t.Errorf("repeated arguments that are no JSON: %q", m.Calls[0].Function.Arguments)
		}
	}
}

func TestAzure(t *testing.T) {
	t.Parallel()
	w := newWorld(t, aitest.Options{Azure: true})
	if got := w.must(t, says("hello")); got.Text != "hello" {
		t.Errorf("got %+v", got)
	}
	sent := w.Last()
	if sent.Query.Get("api-version") != "2024-10-21" || sent.Header.Get("api-key") != aitest.Key || sent.Header.Get("Authorization") != "" {
		t.Errorf("sent %v %v", sent.Query, sent.Header)
	}
}

func TestNoKeyIsSentToServersWithout(t *testing.T) {
	t.Parallel()
	w := newWorld(t, aitest.Options{Key: aitest.KeyNone})
	w.at.Key = ""
	w.must(t, says("hello"))
	if h := w.Last().Header; h.Get("Authorization") != "" || h.Get("api-key") != "" {
		t.Errorf("headers %v", h)
	}
}

func TestToolParametersMustBeJSON(t *testing.T) {
	t.Parallel()
	w := newWorld(t, aitest.Options{})
	_, err := w.ask(t, Request{Messages: []Message{{Role: User, Text: "x"}}, Tools: []Tool{{Name: "x", Parameters: json.RawMessage(`{`)}}})
	if e := asError(t, err); e.Kind != Refused || !strings.Contains(e.Text, "JSON") || w.Counts().Requests != 0 {
		t.Errorf("got %v", e)
	}
}
