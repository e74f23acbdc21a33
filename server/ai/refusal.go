package ai

import (
	"bytes"
	"encoding/json"
	"net/http"
	"strings"
)

// wireError is what an endpoint says of an error. Its message may repeat the key and the chat.
type wireError struct {
	Message, Kind, Param, Code string
}

// readError finds the error in the forms that endpoints give it: OpenAI's object, one in a list, a bare text, and the
// fields without an object around them. What is no JSON says nothing.
func readError(body []byte) wireError {
	var outer map[string]json.RawMessage
	body = bytes.TrimPrefix(bytes.TrimSpace(body), []byte("["))
	if json.NewDecoder(bytes.NewReader(body)).Decode(&outer) != nil {
		return wireError{}
	}
	var inner map[string]json.RawMessage
	if json.Unmarshal(outer["error"], &inner) != nil || inner == nil {
		inner = outer
	}
	e := wireError{str(inner["message"]), str(inner["type"]), str(inner["param"]), str(inner["code"])}
	for _, name := range []string{"error", "detail"} {
		if e.Message == "" {
			e.Message = str(outer[name])
		}
	}
	return e
}

// refusal sorts an answer that is an error.
func (k *call) refusal(status int, h http.Header, body []byte) *failure {
	said := readError(body)
	failed := k.sorted(status, said)
	failed.Status, failed.words = status, said.Message
	if failed.Code == "" {
		failed.Code = k.code(said)
	}
	if status == http.StatusTooManyRequests || status >= 500 {
		failed.RetryAfter = retryAfter(h)
	}
	return failed
}

func (k *call) sorted(status int, said wireError) *failure {
	switch {
	case said.noCredit() || status == http.StatusPaymentRequired:
		return fail(Quota, "The account at the endpoint has no credit left.")
	case status == http.StatusUnauthorized || status == http.StatusForbidden:
		return fail(Credentials, "The endpoint does not accept the key, or not for this model.")
	case status == http.StatusTooManyRequests:
		return fail(RateLimited, "The endpoint takes no more requests at the moment.")
	case status == http.StatusRequestTimeout || status == http.StatusGatewayTimeout:
		return fail(Timeout, "The endpoint did not answer in time.")
	case status >= 500:
		return fail(Server, "The endpoint has an error of its own.")
	case status < 400:
		return fail(Broken, "The endpoint sends its callers elsewhere.")
	case status == http.StatusBadRequest && k.adapt(said):
		f := fail(Refused, "The model does not take a parameter.")
		f.adapted = true
		return f
	}
	return k.refused(status, said)
}

// refused explains the refusals of a chat that are worth telling apart. What an endpoint says of a model that it does
// not have differs; when it repeats the path, a model in that means nothing.
func (k *call) refused(status int, said wireError) *failure {
	text := strings.ToLower(strings.ReplaceAll(said.Message, k.url.Path, ""))
	switch {
	case said.Code == modelNotFound, status == http.StatusNotFound && (strings.Contains(text, "model") || strings.Contains(text, "deployment")):
		f := fail(Refused, "The endpoint does not know the model.")
		f.Code = modelNotFound
		return f
	case status == http.StatusNotFound || status == http.StatusMethodNotAllowed:
		return fail(Refused, "There are no chat completions at this address.")
	case said.Code == "context_length_exceeded":
		return fail(Refused, "The chat is longer than the model takes.")
	case said.Code == "content_filter":
		return fail(Refused, "The endpoint's filter does not let the chat through.")
	}
	return fail(Refused, "The endpoint does not take the request.")
}

const modelNotFound = "model_not_found"

// noCredit tells the 429 that waiting does not end from the others.
func (e wireError) noCredit() bool {
	for _, s := range []string{e.Code, e.Kind} {
		if s == "insufficient_quota" || s == "billing_hard_limit_reached" || s == "billing_not_active" {
			return true
		}
	}
	return false
}

// code is the endpoint's word for the error, when it is one word that stands neither in the key nor in the chat.
func (k *call) code(said wireError) string {
	for _, word := range []string{said.Code, said.Kind} {
		if isWord(word) && !within(k.endpoint.Key, word) && !within(word, k.endpoint.Key) && !k.request.holds(word) {
			return word
		}
	}
	return ""
}

func within(text, part string) bool { return part != "" && strings.Contains(text, part) }

func isWord(s string) bool {
	return s != "" && len(s) <= 64 && strings.Trim(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-") == ""
}

// holds tells whether the chat has the word in it.
func (r Request) holds(word string) bool {
	for _, m := range r.Messages {
		if strings.Contains(m.Text, word) {
			return true
		}
		for _, c := range m.Calls {
			if strings.Contains(c.Arguments, word) {
				return true
			}
		}
	}
	return false
}
