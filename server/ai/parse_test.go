package ai

import "testing"

// The ways in which endpoints differ from OpenAI.
func TestForeignFormsAreRead(t *testing.T) {
	t.Parallel()
	cases := map[string]struct{ body, text, arguments string }{
		"parts":         {`{"choices":[{"message":{"content":[{"type":"thinking","thinking":[{"text":"no"}]},{"type":"text","text":"Hel"},{"type":"text","text":"lo"}]}}]}`, "Hello", ""},
		"object":        {`{"choices":[{"message":{"tool_calls":[{"function":{"name":"f","arguments":{"a":1}}}]}}]}`, "", `{"a":1}`},
		"null":          {`{"choices":[{"message":{"content":null,"refusal":null,"tool_calls":null},"finish_reason":null}],"usage":null,"error":null}`, "", ""},
		"odd usage":     {`{"model":7,"choices":[{"message":{"content":"x"}}],"usage":"many"}`, "x", ""},
		"huge usage":    {`{"choices":[{"message":{"content":"x"}}],"usage":{"prompt_tokens":1e300,"completion_tokens":-4}}`, "x", ""},
		"NUL":           {`{"choices":[{"message":{"content":"a\u0000b\ud800"}}]}`, "ab\uFFFD", ""},
		"no message":    {`{"choices":[{}]}`, "", ""},
		"two choices":   {`{"choices":[{"message":{"content":"first"}},{"message":{"content":"second"}}]}`, "first", ""},
		"late thoughts": {`{"choices":[{"message":{"content":"thinking…</think>Hi"}}]}`, "Hi", ""},
	}
	for name, c := range cases {
		a, err := parse([]byte(c.body))
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		arguments := ""
		if len(a.Calls) > 0 {
			arguments = a.Calls[0].Arguments
		}
		if a.Text != c.text || arguments != c.arguments || a.Usage.Prompt < 0 || a.Usage.Completion < 0 {
			t.Errorf("%s: got %+v", name, a)
		}
	}
	for _, body := range []string{``, `null`, `[]`, `"x"`, `{}`, `{"choices":null}`, `{"choices":{}}`, `{"choices":[7]}`, `{"choices":[{"message":{"content":{"a":1}}}]}`, `{"choices":[{"message":{"content":7}}]}`, `{"choices":[{"message":{"tool_calls":"x"}}]}`} {
		if a, err := parse([]byte(body)); err == nil {
			t.Errorf("%s: got %+v", body, a)
		}
	}
}

func TestMissingCallIDsAreMadeUp(t *testing.T) {
	t.Parallel()
	a, err := parse([]byte(`{"choices":[{"message":{"tool_calls":[{"id":"","function":{"name":"f"}},{"function":{"name":"g"}}]}}]}`))
	if err != nil || len(a.Calls) != 2 || a.Calls[0].ID == "" || a.Calls[0].ID == a.Calls[1].ID {
		t.Errorf("got %+v, %v", a, err)
	}
}

func TestThoughtsAreNotSpoken(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		" Hello. ":                             "Hello.",
		"<think>hm</think>\n Hello.":           "Hello.",
		"hm</think>Hello.":                     "Hello.",
		"<think>hm":                            "",
		"<think></think>":                      "",
		"Write <think> and </think> around it": "Write <think> and </think> around it",
		"I <think> so":                         "I <think> so",
	} {
		if got := spoken(text); got != want {
			t.Errorf("%q: got %q, want %q", text, got, want)
		}
	}
}

func TestErrorsAreReadInManyForms(t *testing.T) {
	t.Parallel()
	for body, want := range map[string]wireError{
		`{"error":{"message":"m","type":"t","param":"p","code":"c"}}`:   {"m", "t", "p", "c"},
		`{"error":{"message":"m","type":null,"param":null,"code":429}}`: {Message: "m"},
		`[{"error":{"message":"m","code":400,"status":"X"}}]`:           {Message: "m"},
		`{"error":"m"}`:                    {Message: "m"},
		`{"detail":"m"}`:                   {Message: "m"},
		`{"statusCode":401,"message":"m"}`: {Message: "m"},
		`{"object":"error","message":"m","type":"NotFoundError"}`: {Message: "m", Kind: "NotFoundError"},
		`<html>`:         {},
		``:               {},
		`[`:              {},
		`{"error":null}`: {},
	} {
		if got := readError([]byte(body)); got != want {
			t.Errorf("%s: got %+v, want %+v", body, got, want)
		}
	}
}
