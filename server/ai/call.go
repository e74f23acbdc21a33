package ai

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"net/url"
)

// maxAnswer is how much of an answer is read, in bytes. The longest that a model writes stays far below it.
const maxAnswer = 4 << 20

// call is one completion, with all its tries.
type call struct {
	*Completions
	endpoint Endpoint
	request  Request
	url      *url.URL
	sent     quirk // what the last try knew of the model
}

// prepare checks what an admin entered, as far as that can be done without asking.
func (c *Completions) prepare(e Endpoint, r Request) (*call, *failure) {
	u, ok := address(e)
	if !ok {
		return nil, fail(NotAllowed, "The address is no URL of http or https, or holds a password.")
	}
	if !isKey(e.Key) {
		return nil, fail(Credentials, "The key has characters that no key has.")
	}
	return &call{Completions: c, endpoint: e, request: r, url: u}, nil
}

func fail(kind Kind, text string) *failure {
	return &failure{Error: &Error{Kind: kind, Text: text}}
}

// isKey tells whether the key can stand in a header. Blanks mean that more than the key was pasted.
func isKey(key string) bool {
	for _, c := range []byte(key) {
		if c <= ' ' || c >= 0x7f {
			return false
		}
	}
	return true
}

// try asks once.
func (k *call) try(ctx context.Context) (*Answer, *failure) {
	k.sent = k.quirks.of(k.place())
	body, err := encode(k.endpoint.Model, k.request, k.sent)
	if err != nil {
		return nil, fail(Refused, "The parameters of a tool are no JSON.")
	}
	limited, cancel := context.WithTimeout(ctx, k.options.TryTimeout)
	defer cancel()
	resp, err := k.send(limited, body)
	if err != nil {
		return nil, k.lost(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer+1))
	if err != nil && resp.StatusCode/100 == 2 {
		return nil, k.lost(err)
	}
	return k.read(resp, text)
}

func (k *call) send(ctx context.Context, body []byte) (*http.Response, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, k.url.String(), bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Accept", "application/json")
	switch {
	case k.endpoint.Key == "":
	case k.endpoint.KeyHeader == APIKey:
		req.Header.Set("api-key", k.endpoint.Key)
	default:
		req.Header.Set("Authorization", "Bearer "+k.endpoint.Key)
	}
	return k.http.Do(req)
}

// read sorts what came back.
func (k *call) read(resp *http.Response, body []byte) (*Answer, *failure) {
	switch {
	case resp.StatusCode/100 != 2:
		return nil, k.refusal(resp.StatusCode, resp.Header, body)
	case len(body) > maxAnswer:
		return nil, fail(Broken, "The endpoint's answer is too large.")
	}
	answer, err := parse(body)
	var inside *insideError
	if errors.As(err, &inside) {
		return nil, k.refusal(inside.status, resp.Header, body)
	}
	if err != nil {
		failed := fail(Broken, "What the endpoint answers is none of chat completions.")
		failed.Status = resp.StatusCode
		return nil, failed
	}
	return answer, nil
}
