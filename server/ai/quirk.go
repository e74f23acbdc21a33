package ai

import (
	"strings"
	"sync"
)

// quirk is what a model refuses. The zero value is a model that takes everything.
type quirk struct {
	limit         limit
	noTemperature bool
}

// limit is the name under which a model takes the limit of its answer.
type limit int

const (
	maxTokens           limit = iota // what every endpoint took once, and most still want
	maxCompletionTokens              // what reasoning models of OpenAI want
	noLimit
)

// maxQuirks bounds how many models are remembered. An admin can enter any number of them.
const maxQuirks = 256

// quirks remembers the models that refused something, so that only the first call costs a second try. It is lost with
// the process, and with it what is no longer true.
type quirks struct {
	mu    sync.Mutex
	known map[place]quirk
}

// place is a model at an address: the same name is something else elsewhere.
type place struct{ url, model string }

func (k *call) place() place { return place{k.url.String(), k.endpoint.Model} }

func (q *quirks) of(p place) quirk {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.known[p]
}

// add keeps what was learned, in place of any other model when there are too many.
func (q *quirks) add(p place, learned quirk) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if _, ok := q.known[p]; !ok && len(q.known) >= maxQuirks {
		for other := range q.known {
			delete(q.known, other)
			break
		}
	}
	if q.known == nil {
		q.known = map[place]quirk{}
	}
	q.known[p] = learned
}

// adapt tells whether the error is about something that can be left out or named otherwise, and remembers it.
func (k *call) adapt(e wireError) bool {
	learned := k.sent
	switch {
	case k.request.MaxTokens > 0 && learned.limit == maxTokens && e.refuses("max_tokens"):
		learned.limit = maxCompletionTokens
	case k.request.MaxTokens > 0 && learned.limit == maxCompletionTokens && e.refuses("max_completion_tokens"):
		learned.limit = noLimit
	case k.request.Temperature != nil && !learned.noTemperature && e.refuses("temperature"):
		learned.noTemperature = true
	default:
		return false
	}
	k.quirks.add(k.place(), learned)
	return true
}

// refuses tells whether the error means the parameter itself, and not that its value is out of range.
func (e wireError) refuses(parameter string) bool {
	text := strings.ToLower(e.Message)
	if e.Param != parameter && !strings.Contains(text, parameter) {
		return false
	}
	return e.Code == "unsupported_parameter" || e.Code == "unsupported_value" ||
		strings.Contains(text, "unsupported") || strings.Contains(text, "not supported")
}
