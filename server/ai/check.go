package ai

import (
	"context"
	"strings"
	"time"
	"unicode"

	"github.com/livedesk/livedesk/model"
)

const (
	checkTimeout = 30 * time.Second
	// checkTokens is the least that all models take: OpenAI's newer ones refuse less than 16. A model that thinks uses
	// it up before its first word, which is no fault.
	checkTokens = 16
	maxWords    = 200 // runes of what the endpoint says
)

// probe is what Check asks. It offers a tool, because a model that takes none is of no use to the desk.
var probe = Request{
	Messages:  []Message{{Role: User, Text: "Say OK."}},
	Tools:     []Tool{{Name: "nothing", Description: "Does nothing. Do not call it."}},
	MaxTokens: checkTokens,
}

// Check implements Client. It takes at most half a minute.
func (c *Completions) Check(ctx context.Context, e Endpoint) error {
	ctx, cancel := context.WithTimeout(ctx, checkTimeout)
	defer cancel()
	_, failed := c.complete(ctx, e, probe)
	switch {
	case failed == nil || failed.outOfTokens():
		return nil
	case failed.cancelled != nil:
		return failed.cancelled
	}
	return failed.explain(e)
}

// outOfTokens tells that the model thought for longer than it may, which OpenAI calls an error of the request.
func (f *failure) outOfTokens() bool {
	return f.Kind == Refused && strings.Contains(f.words, "output limit was reached")
}

// explain turns an error into what an admin reads, about the value that is to be changed.
func (f *failure) explain(e Endpoint) *model.Error {
	switch f.Kind {
	case NotAllowed:
		return model.Refuse(model.Invalid, "The desk does not call this address. Enter one that begins with https:// and is public, "+
			"or have the operator list its host and port in LIVEDESK_PRIVATE_HOSTS.", "baseUrl")
	case Credentials, Quota:
		return f.explainKey(e)
	case RateLimited:
		return model.Refuse(model.ProviderUnreached, "The endpoint takes no more requests at the moment. Try again in a minute.")
	case Timeout, Unreachable, Server:
		return model.Refuse(model.ProviderUnreached, f.Text+" Check the address, or try again later.", "baseUrl")
	case Broken:
		return model.Refuse(model.ProviderRefused, f.Text+" Check the address: for most endpoints it ends in /v1.", "baseUrl")
	}
	return f.explainRefusal(e)
}

func (f *failure) explainKey(e Endpoint) *model.Error {
	switch {
	case f.Kind == Quota:
		return model.Refuse(model.ProviderRefused, f.Text+" Add some there, or enter another key.", "apiKey")
	case f.Status == 0:
		return model.Refuse(model.Invalid, f.Text+" Enter the key alone, without blanks.", "apiKey")
	case e.Key == "":
		return model.Refuse(model.ProviderRefused, "The endpoint wants a key. Enter one.", "apiKey")
	}
	return model.Refuse(model.ProviderRefused, f.Text+" Check the key, and what it may be used for.", "apiKey")
}

func (f *failure) explainRefusal(e Endpoint) *model.Error {
	switch {
	case f.Code == modelNotFound:
		return model.Refuse(model.ProviderRefused, f.Text+" Enter its name as the endpoint spells it.", "model")
	case f.Status == 404 || f.Status == 405:
		return model.Refuse(model.ProviderRefused, f.Text+" For most endpoints it ends in /v1.", "baseUrl")
	case f.words == "":
		return model.Refuse(model.ProviderRefused, f.Text, "model")
	}
	return model.Refuse(model.ProviderRefused, "The endpoint refused: "+readable(f.words, e.Key), "model")
}

// readable shortens what an endpoint says, on one line, and takes the key out of it.
func readable(words, key string) string {
	if key != "" {
		words = strings.ReplaceAll(words, key, "…")
	}
	words = strings.Join(strings.FieldsFunc(words, func(r rune) bool { return unicode.IsSpace(r) || unicode.IsControl(r) }), " ")
	if runes := []rune(words); len(runes) > maxWords {
		return string(runes[:maxWords]) + "…"
	}
	return words
}
