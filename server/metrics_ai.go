package server

import (
	"github.com/prometheus/client_golang/prometheus"

	"github.com/livedesk/livedesk/model"
)

// aiMetrics are about the turns of AI Agents. Which AI Agent it was is no label: accounts may have any number.
type aiMetrics struct {
	turns     *prometheus.HistogramVec
	handOvers *prometheus.CounterVec
	calls     prometheus.Counter
	tokens    *prometheus.CounterVec
}

func newAiMetrics() aiMetrics {
	return aiMetrics{
		turns: prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: "livedesk_ai_turn_seconds",
			Help: "Turns of AI Agents by their outcome, and how long the model took.", Buckets: []float64{.25, .5, 1, 2.5, 5, 10, 20, 40, 80, 120}}, []string{"outcome"}),
		handOvers: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "livedesk_ai_hand_overs_total",
			Help: "Conversations that AI Agents gave to people in a turn, by reason."}, []string{"reason"}),
		calls: prometheus.NewCounter(prometheus.CounterOpts{Name: "livedesk_ai_calls_total", Help: "How often models were asked in turns that ended."}),
		tokens: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "livedesk_ai_tokens_total",
			Help: "Tokens that models took (prompt) and gave (completion), by their endpoints' word."}, []string{"kind"}),
	}
}

// register makes those that are watched for be there before they happen first.
func (m aiMetrics) register(r *prometheus.Registry) {
	for _, outcome := range []model.AiOutcome{model.AiAnswered, model.AiHandedOver, model.AiResolved, model.AiNothing} {
		m.turns.WithLabelValues(string(outcome))
	}
	for _, reason := range []model.HandOverReason{model.HandOverAsked, model.HandOverNoKnowledge, model.HandOverError, model.HandOverTimeout, model.HandOverCredentials, model.HandOverQuota} {
		m.handOvers.WithLabelValues(string(reason))
	}
	m.tokens.WithLabelValues("prompt")
	m.tokens.WithLabelValues("completion")
	r.MustRegister(m.turns, m.handOvers, m.calls, m.tokens)
}

// turn records a turn of an AI Agent that ended; it fits the desk's callback.
func (m *metrics) turn(t *model.AiTurn) {
	m.ai.turns.WithLabelValues(string(t.Outcome)).Observe(t.Took.Seconds())
	if t.HandOver != "" {
		m.ai.handOvers.WithLabelValues(string(t.HandOver)).Inc()
	}
	m.ai.calls.Add(float64(t.Calls))
	m.ai.tokens.WithLabelValues("prompt").Add(float64(t.PromptTokens))
	m.ai.tokens.WithLabelValues("completion").Add(float64(t.CompletionTokens))
}
