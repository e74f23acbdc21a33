package server

import (
	"context"
	"net/http"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/livedesk/livedesk/db"
	"github.com/livedesk/livedesk/graph/transport"
)

// metrics is what an operator can watch. Labels hold only what the program itself names, so their number is bounded.
type metrics struct {
	registry   *prometheus.Registry
	webhooks   *prometheus.HistogramVec
	operations *prometheus.HistogramVec
	jobs       *prometheus.HistogramVec
	ai         aiMetrics
}

func newMetrics() *metrics {
	m := &metrics{
		registry: prometheus.NewRegistry(),
		webhooks: prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: "livedesk_webhook_seconds",
			Help: "Webhooks by provider and the status they were answered with.", Buckets: seconds}, []string{"provider", "status"}),
		operations: prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: "livedesk_graphql_seconds",
			Help: "Root fields of GraphQL operations by name and by the code of their first error, if any.", Buckets: seconds}, []string{"field", "code"}),
		jobs: prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: "livedesk_job_seconds",
			Help: "Jobs worked, by kind and outcome.", Buckets: seconds}, []string{"kind", "outcome"}),
		ai: newAiMetrics(),
	}
	m.ai.register(m.registry)
	m.registry.MustRegister(m.webhooks, m.operations, m.jobs, collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return m
}

var seconds = []float64{.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10}

func (m *metrics) webhook(provider string, status int, took time.Duration) {
	m.webhooks.WithLabelValues(provider, strconv.Itoa(status)).Observe(took.Seconds())
}

// job records a job that was worked; it fits worker's callback.
func (m *metrics) job(kind, outcome string, took time.Duration) {
	m.jobs.WithLabelValues(kind, outcome).Observe(took.Seconds())
}

// operation records one root field; it fits graph's callback.
func (m *metrics) operation(field, code string, took time.Duration) {
	m.operations.WithLabelValues(field, code).Observe(took.Seconds())
}

// watch adds what is read when somebody looks: sockets, queues and the database's pool.
func (m *metrics) watch(ws *transport.WebSocket, database *db.DB) {
	gauge := func(name, help string, value func() float64) {
		m.registry.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: name, Help: help}, value))
	}
	gauge("livedesk_sockets", "Open websockets.", func() float64 { return float64(ws.Counters.Sockets.Load()) })
	gauge("livedesk_subscriptions", "Operations under way on websockets.", func() float64 { return float64(ws.Counters.Operations.Load()) })
	gauge("livedesk_shared_executions", "Executions that subscriptions share.", func() float64 { return float64(ws.Counters.Groups.Load()) })
	gauge("livedesk_slow_closes", "Sockets closed since the start because the client did not keep up.", func() float64 { return float64(ws.Counters.SlowCloses.Load()) })
	gauge("livedesk_database_connections", "Connections to the database.", func() float64 { return float64(database.Pool().Stat().TotalConns()) })
	gauge("livedesk_database_waits", "Times since the start that a query had to wait for a connection.", func() float64 { return float64(database.Pool().Stat().EmptyAcquireCount()) })
	m.registry.MustRegister(&backlog{db: database})
}

// backlog reads what waits in the database, at most for a second per look.
type backlog struct{ db *db.DB }

var (
	outboxAge = prometheus.NewDesc("livedesk_outbox_age_seconds", "Age of the oldest event that is not numbered yet. Over 10: no process numbers events.", nil, nil)
	jobAge    = prometheus.NewDesc("livedesk_job_age_seconds", "How long the oldest due job of the queue has waited.", []string{"queue"}, nil)
	jobCount  = prometheus.NewDesc("livedesk_jobs", "Jobs by queue and state.", []string{"queue", "state"}, nil)
	dutyAge   = prometheus.NewDesc("livedesk_ai_turn_age_seconds", "How long the customer has waited who waits longest for an AI Agent's answer.", nil, nil)
	sendAge   = prometheus.NewDesc("livedesk_send_age_seconds", "Age of the oldest message that is QUEUED on a channel that sends.", nil, nil)
	expired   = prometheus.NewDesc("livedesk_sessions", "Sessions, those included that ended and are not deleted yet.", nil, nil)
	oldest    = prometheus.NewDesc("livedesk_log_age_seconds", "Age of the oldest day of events and raw requests kept.", []string{"table"}, nil)
)

func (b *backlog) Describe(ch chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{outboxAge, jobAge, jobCount, sendAge, dutyAge, expired, oldest} {
		ch <- d
	}
}

func (b *backlog) Collect(ch chan<- prometheus.Metric) {
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	s, err := b.db.Backlog(ctx)
	if err != nil {
		ch <- prometheus.NewInvalidMetric(outboxAge, err)
		return
	}
	gauge := func(d *prometheus.Desc, value float64, labels ...string) {
		ch <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, value, labels...)
	}
	gauge(outboxAge, s.OutboxAge.Seconds())
	gauge(sendAge, s.SendAge.Seconds())
	gauge(dutyAge, s.DutyAge.Seconds())
	gauge(expired, float64(s.Sessions))
	gauge(oldest, s.EventAge.Seconds(), "events")
	gauge(oldest, s.RequestAge.Seconds(), "webhook_requests")
	for _, q := range s.Queues {
		gauge(jobAge, q.Age.Seconds(), q.Queue)
		for state, n := range q.Counts {
			gauge(jobCount, float64(n), q.Queue, state)
		}
	}
}

func (m *metrics) handler() http.Handler {
	return promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{ErrorHandling: promhttp.ContinueOnError})
}
