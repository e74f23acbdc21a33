// Package aitest is a fake endpoint of chat completions that is as strict as OpenAI's, and fails as endpoints do.
//
// Tests of the client and of the desk start it and tell it what to answer. It must not import the client, so that a
// mistake in the form of a request shows.
package aitest

import (
	"io"
	"net/http"
	"slices"
	"sync"
)

// The key and the model of an endpoint whose Options name none.
const (
	Key          = "sk-test-4f1c9a27e8b05d63"
	DefaultModel = "test-model"
)

// Options configure an endpoint. The zero value has Key and DefaultModel.
type Options struct {
	Key    string // what callers must send; KeyNone for none
	Azure  bool   // the key in api-key, the model in the path, and api-version in the query
	Models []Model
}

// KeyNone is for endpoints that ask for no key, such as Ollama.
const KeyNone = "none"

// Model is one that the endpoint has.
type Model struct {
	Name    string
	Refuses []string // the parameters that it does not take: max_tokens, temperature, tools
	Thinks  bool     // it refuses to stop after fewer than 1,000 tokens, with OpenAI's error
}

// Endpoint is an http.Handler, safe for concurrent use. Without rules it echoes the last message.
type Endpoint struct {
	options Options

	mu       sync.Mutex
	rules    []Rule
	faults   []Fault
	requests []Request
	held     chan struct{} // closed on release; nil when nothing is held
	changed  chan struct{} // closed with every change of the counts
	inFlight int
	peak     int
}

// New makes an endpoint.
func New(o Options) *Endpoint {
	if o.Key == "" {
		o.Key = Key
	}
	if len(o.Models) == 0 {
		o.Models = []Model{{Name: DefaultModel}}
	}
	return &Endpoint{options: o, changed: make(chan struct{})}
}

// ServeHTTP records the request, waits while it is held, and answers with the next fault, an error, or what the rules
// say.
func (e *Endpoint) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return
	}
	request, malformed := read(r, body)
	fault, held := e.arrive(request)
	defer e.leave()
	if held != nil {
		select {
		case <-held:
		case <-r.Context().Done():
			return
		}
	}
	if fault != nil {
		fault(w, r)
		return
	}
	if refused := e.check(r, request, malformed); refused != nil {
		refused.write(w)
		return
	}
	e.answer(request).write(w, request)
}

func (e *Endpoint) arrive(r Request) (Fault, chan struct{}) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.requests = append(e.requests, r)
	e.inFlight++
	e.peak = max(e.peak, e.inFlight)
	e.tell()
	if len(e.faults) == 0 {
		return nil, e.held
	}
	next := e.faults[0]
	e.faults = e.faults[1:]
	return next, e.held
}

func (e *Endpoint) leave() {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.inFlight--
	e.tell()
}

// tell wakes those who wait in Until. The lock is held.
func (e *Endpoint) tell() {
	close(e.changed)
	e.changed = make(chan struct{})
}

func (e *Endpoint) model(name string) (Model, bool) {
	i := slices.IndexFunc(e.options.Models, func(m Model) bool { return m.Name == name })
	if i < 0 {
		return Model{}, false
	}
	return e.options.Models[i], true
}
