package bench

import (
	"context"
	"fmt"
	"time"

	"github.com/livedesk/livedesk/server/channel/twilio/twiliotest"
)

// ingestPlan is the size of the ingest benchmark: in each slice every tenth message opens a conversation.
type ingestPlan struct {
	contacts int           // half of them keep their conversation, the others open one when they write
	clients  int           // at a time, on both sides
	messages int           // per slice of ours; at most ten per contact of the second half
	plain    time.Duration // per slice of pgbench
	slices   int           // of each side
}

var fullIngest = ingestPlan{contacts: 10_000, clients: 64, messages: 12_000, plain: 5 * time.Second, slices: 5}

// run measures how many signed webhooks the program takes, against pgbench writing the same with plain statements.
func (plan ingestPlan) run(ctx context.Context, s *stage) (*figures, error) {
	if err := s.setUp(ctx); err != nil {
		return nil, err
	}
	p, err := s.newPlace(ctx, "desk")
	if err != nil {
		return nil, err
	}
	plain, err := s.preparePlain(ctx, p)
	if err != nil {
		return nil, err
	}
	_, h, err := p.channel(ctx, "Bench", twiliotest.WhatsAppNumber)
	if err != nil {
		return nil, err
	}
	server, err := s.serve(ctx, p.url)
	if err != nil {
		return nil, err
	}
	load, err := hire[ingestTask, ingestAnswer](ctx, s, "ingest-load")
	if err != nil {
		return nil, err
	}
	defer load.dismiss()
	m := &ingestMeter{plan: plan, place: p, server: server, plain: plain, load: load, hook: h.at(server)}
	if err := m.measure(ctx); err != nil {
		return nil, err
	}
	return m.figures(), m.check(ctx)
}

// ingestMeter collects the figures of an ingest benchmark.
type ingestMeter struct {
	plan   ingestPlan
	place  *place
	server *process
	plain  *plainBench
	load   *crew[ingestTask, ingestAnswer]
	hook   hook

	posted            int
	ours, theirs      []float64 // messages a second
	ratios            []float64
	cpu, plainCPU     []float64 // ms per message
	serverCPU         []float64
	medians, longTail []float64 // ms
}

func (m *ingestMeter) measure(ctx context.Context) error {
	// The first message of every customer opens a conversation; this warms everything up besides.
	if _, err := m.load.ask(ingestTask{Hook: m.hook, First: 1, Messages: m.plan.contacts, Clients: m.plan.clients, Contacts: m.plan.contacts, Greeting: true}); err != nil {
		return err
	}
	m.posted = m.plan.contacts
	if _, err := m.plain.run(ctx, time.Second); err != nil {
		return err
	}
	for i := range m.plan.slices {
		if err := m.slice(ctx, i); err != nil {
			return err
		}
	}
	return nil
}

func (m *ingestMeter) slice(ctx context.Context, i int) error {
	if err := m.closeHalf(ctx); err != nil {
		return err
	}
	task := ingestTask{Hook: m.hook, First: m.posted + 1, Messages: m.plan.messages, Clients: m.plan.clients, Contacts: m.plan.contacts, Prepare: true}
	if _, err := m.load.ask(task); err != nil {
		return err
	}
	pg, _, err := m.place.stage.postmaster()
	if err != nil {
		return err
	}
	var a ingestAnswer
	used, err := cpuDuring(func() (err error) { a, err = m.load.ask(ingestTask{}); return err }, m.server.pid(), pg)
	if err != nil {
		return err
	}
	m.posted += m.plan.messages
	m.serverCPU = append(m.serverCPU, ms(used[0])/float64(m.plan.messages))
	m.cpu = append(m.cpu, ms(used[0]+used[1])/float64(m.plan.messages))
	var tps float64
	used, err = cpuDuring(func() (err error) { tps, err = m.plain.run(ctx, m.plan.plain); return err }, pg)
	if err != nil {
		return err
	}
	m.plainCPU = append(m.plainCPU, ms(used[0])/(tps*m.plan.plain.Seconds()))
	ours := float64(m.plan.messages) / a.Took.Seconds()
	m.ours, m.theirs, m.ratios = append(m.ours, ours), append(m.theirs, tps), append(m.ratios, ours/tps)
	m.medians, m.longTail = append(m.medians, ms(a.Median)), append(m.longTail, ms(a.P99))
	m.place.stage.say("slice %d: %.0f messages/s (p50 %.1f ms, p99 %.1f ms, %.3f ms of CPU each), pgbench %.0f/s (%.3f ms): ratio %.2f",
		i+1, ours, ms(a.Median), ms(a.P99), m.cpu[i], tps, m.plainCPU[i], ours/tps)
	return nil
}

// closeHalf ends the conversations of the second half of the customers, so that they open new ones.
func (m *ingestMeter) closeHalf(ctx context.Context) error {
	_, err := m.place.db.Pool().Exec(ctx, `WITH closed AS (
			UPDATE conversations v SET status = 'CLOSED', closed_at = now(), waiting_since = NULL, version = version + 1 FROM identities d
			WHERE v.account_id = $1 AND v.status = 'OPEN' AND d.account_id = $1 AND d.contact_id = v.contact_id AND d.address >= $2 RETURNING v.*)
		INSERT INTO conversation_changes (account_id, conversation_id, version, at, reason, actor_system, status)
		SELECT account_id, id, version, now(), 'SET', 'bench', status FROM closed`, m.place.account, customer(m.plan.contacts / 2)[len("whatsapp:"):])
	if err != nil {
		return fmt.Errorf("close conversations: %w", err)
	}
	return m.place.settle(ctx)
}

func (m *ingestMeter) figures() *figures {
	f := &figures{}
	f.add("messages_per_s", median(m.ours))
	f.add("pgbench_per_s", median(m.theirs))
	f.atLeast("ratio", median(m.ratios), 1.0)
	f.atMost("cpu_ms_per_message", median(m.cpu), 0.4)
	f.add("server_cpu_ms", median(m.serverCPU))
	f.add("pgbench_cpu_ms", median(m.plainCPU))
	f.add("p50_ms", median(m.medians))
	f.add("p99_ms", median(m.longTail))
	f.add("stored", m.posted)
	return f
}

// check compares what was answered with what is stored: every answer is exactly one message.
func (m *ingestMeter) check(ctx context.Context) error {
	var messages, raw, conversations int
	err := m.place.db.Pool().QueryRow(ctx, `SELECT (SELECT count(*) FROM messages), (SELECT count(*) FROM webhook_requests WHERE body ? 'MessageSid'),
		(SELECT count(*) FROM conversations)`).Scan(&messages, &raw, &conversations)
	if err != nil {
		return err
	}
	opened := m.plan.contacts + m.plan.slices*((m.plan.messages+9)/10)
	if messages != m.posted || raw != m.posted || conversations != opened {
		return fmt.Errorf("%d webhooks were answered 204: there are %d messages and %d raw forms, and %d conversations instead of %d", m.posted, messages, raw, conversations, opened)
	}
	return m.place.verify(ctx)
}

func ms(d time.Duration) float64 { return float64(d) / 1e6 }
