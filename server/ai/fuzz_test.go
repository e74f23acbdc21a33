package ai

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"unicode/utf8"
)

// FuzzAnswer reads any body as an answer and as an error. What comes out can be stored, and said to the model again.
func FuzzAnswer(f *testing.F) {
	for _, seed := range []string{
		`{"id":"c","object":"chat.completion","model":"m","choices":[{"index":0,"message":{"role":"assistant","content":"Hi","refusal":null},"finish_reason":"stop"}],"usage":{"prompt_tokens":9,"completion_tokens":1}}`,
		`{"choices":[{"message":{"content":null,"tool_calls":[{"id":"call_1","type":"function","function":{"name":"f","arguments":"{\"a\":\"\\u0000\"}"}}]},"finish_reason":"tool_calls"}]}`,
		`{"choices":[{"message":{"content":[{"type":"text","text":"a\u0000\ud800"}],"tool_calls":[{"function":{"name":"\u0000","arguments":{"a":"` + "\xff" + `"}}}]}}]}`,
		`{"choices":[{"message":{"content":"<think>x</think>y","refusal":"no"},"finish_reason":"length"}],"usage":{"prompt_tokens":1e400}}`,
		`{"choices":[]}`, `{"error":{"code":502,"message":"x"}}`, `[{"error":{"code":"c","message":"m"}}]`, `<html>`, `{"choices":[null]}`,
	} {
		f.Add([]byte(seed))
	}
	c := New(nil, Options{})
	f.Fuzz(func(t *testing.T, body []byte) {
		k, _ := c.prepare(Endpoint{BaseURL: "https://example.com/v1", Key: "sk-1", Model: "m"}, limited())
		if failed := k.refusal(http.StatusBadRequest, http.Header{}, body); failed.Kind == "" || failed.Text == "" || !utf8.ValidString(failed.Code) {
			t.Errorf("error %+v", failed.Error)
		}
		a, err := parse(body)
		if err != nil {
			return
		}
		checkStorable(t, a)
		if _, err := encode("m", Request{Messages: []Message{{Role: Assistant, Text: a.Text, Calls: a.Calls}}}, quirk{}); err != nil {
			t.Errorf("cannot be repeated: %v", err)
		}
	})
}

func checkStorable(t *testing.T, a *Answer) {
	t.Helper()
	texts := []string{a.Text, a.Refusal, a.Model, string(a.Finish)}
	for _, c := range a.Calls {
		texts = append(texts, c.ID, c.Name, c.Arguments)
		if c.ID == "" {
			t.Errorf("a call without id: %+v", c)
		}
	}
	for _, s := range texts {
		if !utf8.ValidString(s) || strings.ContainsRune(s, 0) {
			t.Errorf("%q cannot be stored", s)
		}
	}
	if a.Finish == "" || a.Usage.Prompt < 0 || a.Usage.Completion < 0 || len(a.Calls) > 0 && a.Finish == Stop {
		t.Errorf("answer %+v", a)
	}
	if _, err := json.Marshal(a); err != nil {
		t.Error(err)
	}
}
