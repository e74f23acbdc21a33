package aitest

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func start(t *testing.T, o Options) *Server {
	t.Helper()
	s := Start(o)
	t.Cleanup(s.Close)
	t.Cleanup(http.DefaultClient.CloseIdleConnections)
	return s
}

// post sends a chat with the headers and returns the status and the code or message of the error, or the content.
func (s *Server) post(t *testing.T, path, body string, headers ...string) (int, string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://"+s.Address+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Authorization", "Bearer "+Key)
	for i := 0; i+1 < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, essence(t, text)
}

func essence(t *testing.T, text []byte) string {
	t.Helper()
	var a struct {
		Error   struct{ Code, Message string }
		Choices []struct{ Message Message }
	}
	if err := json.NewDecoder(bytes.NewReader(text)).Decode(&a); err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	if len(a.Choices) > 0 {
		return a.Choices[0].Message.Text()
	}
	if a.Error.Code != "" {
		return a.Error.Code
	}
	return a.Error.Message
}

const chat = "/v1/chat/completions"

// The endpoint refuses what OpenAI refuses, so that a client that passes here passes there.
func TestRefusesWhatOpenAIRefuses(t *testing.T) {
	t.Parallel()
	s := start(t, Options{Models: []Model{{Name: "m"}, {Name: "o", Refuses: []string{"max_tokens", "temperature", "tools"}}}})
	hello := `{"role":"user","content":"hello"}`
	called := `{"role":"assistant","content":null,"tool_calls":[{"id":"1","type":"function","function":{"name":"f","arguments":"{"}}]}`
	result := `{"role":"tool","tool_call_id":"1","content":"r"}`
	cases := map[string]struct {
		body   string
		status int
		says   string
	}{
		"echo":             {`{"model":"m","messages":[` + hello + `]}`, 200, "hello"},
		"paired":           {`{"model":"m","messages":[` + hello + `,` + called + `,` + result + `]}`, 200, "r"},
		"no json":          {`{"model":`, 400, "could not parse"},
		"two values":       {`{"model":"m","messages":[` + hello + `]} {}`, 400, "could not parse"},
		"unknown field":    {`{"model":"m","max_token":5,"messages":[` + hello + `]}`, 400, "could not parse"},
		"unknown model":    {`{"model":"x","messages":[` + hello + `]}`, 404, "model_not_found"},
		"no messages":      {`{"model":"m","messages":[]}`, 400, "empty_array"},
		"bad role":         {`{"model":"m","messages":[{"role":"USER","content":"x"}]}`, 400, "invalid_value"},
		"null content":     {`{"model":"m","messages":[{"role":"user","content":null}]}`, 400, "invalid_type"},
		"call of a user":   {`{"model":"m","messages":[{"role":"user","content":"x","tool_calls":[{}]}]}`, 400, "not allowed"},
		"unasked result":   {`{"model":"m","messages":[` + hello + `,` + result + `]}`, 400, "must be a response"},
		"unanswered call":  {`{"model":"m","messages":[` + hello + `,` + called + `]}`, 400, "must be followed"},
		"late result":      {`{"model":"m","messages":[` + called + `,` + hello + `,` + result + `]}`, 400, "must be followed"},
		"both limits":      {`{"model":"m","max_tokens":5,"max_completion_tokens":5,"messages":[` + hello + `]}`, 400, "invalid_parameter_combination"},
		"no limit":         {`{"model":"m","max_tokens":0,"messages":[` + hello + `]}`, 400, "integer_below_min_value"},
		"hot":              {`{"model":"m","temperature":2.1,"messages":[` + hello + `]}`, 400, "decimal_above_max_value"},
		"refused limit":    {`{"model":"o","max_tokens":5,"messages":[` + hello + `]}`, 400, "unsupported_parameter"},
		"refused warmth":   {`{"model":"o","temperature":0.5,"messages":[` + hello + `]}`, 400, "unsupported_value"},
		"refused tools":    {`{"model":"o","messages":[` + hello + `],"tools":[{"type":"function","function":{"name":"f","parameters":{"type":"object"}}}]}`, 400, "does not support tools"},
		"name of a tool":   {`{"model":"m","messages":[` + hello + `],"tools":[{"type":"function","function":{"name":"a b","parameters":{"type":"object"}}}]}`, 400, "invalid_value"},
		"schema of a tool": {`{"model":"m","messages":[` + hello + `],"tools":[{"type":"function","function":{"name":"f","parameters":{"type":"string"}}}]}`, 400, "invalid_function_parameters"},
	}
	for name, c := range cases {
		if status, says := s.post(t, chat, c.body); status != c.status || !strings.Contains(says, c.says) {
			t.Errorf("%s: got %d %q, want %d %q", name, status, says, c.status, c.says)
		}
	}
}

func TestKeysAndPlaces(t *testing.T) {
	t.Parallel()
	plain, azure := start(t, Options{}), start(t, Options{Azure: true})
	body := `{"model":"test-model","messages":[{"role":"user","content":"hello"}]}`
	deployment := "/openai/deployments/test-model/chat/completions?api-version=1"
	cases := []struct {
		s       *Server
		path    string
		headers []string
		status  int
		says    string
	}{
		{plain, chat, nil, 200, "hello"},
		{plain, chat, []string{"Authorization", "Bearer wrong"}, 401, "invalid_api_key"},
		{plain, chat, []string{"Authorization", Key}, 401, "invalid_api_key"},
		{plain, chat, []string{"Authorization", "", "api-key", Key}, 401, "didn't provide"},
		{plain, chat, []string{"Content-Type", "text/plain"}, 400, "could not parse"},
		{plain, "/chat/completions", nil, 404, "Invalid URL"},
		{azure, deployment, []string{"api-key", Key}, 200, "hello"},
		{azure, deployment, nil, 401, "401"},
		{azure, strings.TrimSuffix(deployment, "?api-version=1"), []string{"api-key", Key}, 404, "Invalid URL"},
		{azure, strings.Replace(deployment, "test-model", "x", 1), []string{"api-key", Key}, 404, "DeploymentNotFound"},
	}
	for _, c := range cases {
		if status, says := c.s.post(t, c.path, body, c.headers...); status != c.status || !strings.Contains(says, c.says) {
			t.Errorf("%s %v: got %d %q, want %d %q", c.path, c.headers, status, says, c.status, c.says)
		}
	}
	resp, err := http.Get(plain.URL() + "/chat/completions")
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	if resp.StatusCode != http.StatusMethodNotAllowed {
		t.Errorf("GET: %d", resp.StatusCode)
	}
}

// Held requests wait, are counted, and all get their answer.
func TestHold(t *testing.T) {
	t.Parallel()
	s := start(t, Options{})
	release := s.Hold()
	var all sync.WaitGroup
	for range 3 {
		all.Go(func() {
			if status, says := s.post(t, chat, `{"model":"test-model","messages":[{"role":"user","content":"hi"}]}`); status != 200 || says != "hi" {
				t.Errorf("got %d %q", status, says)
			}
		})
	}
	if err := s.Until(t.Context(), func(c Counts) bool { return c.InFlight == 3 }); err != nil {
		t.Fatal(err)
	}
	release()
	release()
	all.Wait()
	if err := s.Until(t.Context(), func(c Counts) bool { return c == (Counts{Requests: 3, Peak: 3}) }); err != nil {
		t.Errorf("%+v", s.Counts())
	}
}
