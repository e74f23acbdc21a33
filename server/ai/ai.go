// Package ai asks language models: it is a client of the chat completions that OpenAI, Azure, vLLM, Ollama and most
// gateways answer in one form.
//
// It owns that form, its errors and quirks, and when to ask again. The desk calls it with an endpoint that an admin
// entered and with what the customer wrote; the program gives it the guarded way out as its HTTP client. It keeps
// nothing between calls but what a model refuses, runs no tools, knows no database, and neither logs nor returns an
// error with a key or with a customer's words in it.
//
// The client is our own: openai-go compiles for a minute and a half of processor time, adds 26 MB to the program, and
// repeats what is pointless to repeat.
package ai

import (
	"context"
	"net/url"
)

// Client completes chats. *Completions does it over HTTP.
type Client interface {
	// Complete asks for the next message of the chat. The deadline of ctx bounds the whole of it, with every try and
	// every wait between them. The error is an *Error, or that of a ctx that was cancelled.
	Complete(ctx context.Context, e Endpoint, r Request) (*Answer, error)
	// Check makes one cheap call. It returns nil when the endpoint, the key and the model work together, and else a
	// *model.Error in words for an admin, about baseUrl, apiKey or model.
	Check(ctx context.Context, e Endpoint) error
}

// Endpoint is where a model answers, as an admin entered it.
type Endpoint struct {
	// BaseURL is what comes before /chat/completions, with or without a slash at its end: https://api.openai.com/v1. A
	// query is kept: https://x.openai.azure.com/openai/deployments/d?api-version=2024-10-21.
	BaseURL string
	// Key is sent as KeyHeader says; an empty one is not sent, for servers that ask for none.
	Key       string
	KeyHeader KeyHeader
	Model     string
	Query     url.Values // added to that of BaseURL
}

// KeyHeader is how an endpoint takes its key.
type KeyHeader string

// The ways to send a key. The zero value is BEARER.
const (
	Bearer KeyHeader = "BEARER"  // Authorization: Bearer …
	APIKey KeyHeader = "API_KEY" // api-key: …, which Azure wants
)
