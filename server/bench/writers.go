package bench

import (
	"context"
	"fmt"
	"time"

	"github.com/livedesk/livedesk/model"
	"github.com/livedesk/livedesk/server/channel/twilio/twiliotest"
)

// writersPlan is the size of the writers benchmark.
type writersPlan struct {
	writers       int // at a time; each is an agent
	conversations int
	messages      int // of each conversation; every second one may be reported about, in each slice once
	operations    int // per slice
	slices        int // of each side
}

var fullWriters = writersPlan{writers: 64, conversations: 2_000, messages: 16, operations: 8_000, slices: 5}

// The bars of the writers benchmark.
const (
	writersRatio    = 0.7
	writersDelivery = 5 * time.Millisecond
)

// run measures how fast an account's writers are when what they do is told, against the same work in a database that
// drops every event. The work is done through the desk, in a process of its own, and not over HTTP: what HTTP costs is
// the same on both sides, so it would hide a part of what events cost.
func (plan writersPlan) run(ctx context.Context, s *stage) (*figures, error) {
	if err := s.setUp(ctx); err != nil {
		return nil, err
	}
	m := &writersMeter{plan: plan, stage: s}
	for _, o := range []*office{&m.told, &m.silent} {
		if err := plan.fill(ctx, s, o, o == &m.told); err != nil {
			return nil, err
		}
	}
	if _, err := m.silent.db.Pool().Exec(ctx, dropEvents); err != nil {
		return nil, fmt.Errorf("let events be dropped: %w", err)
	}
	if err := m.measure(ctx); err != nil {
		return nil, err
	}
	f := m.figures()
	return f, m.check(ctx)
}

// dropEvents turns events off. The statements that tell of something stay as they are and are told to store nothing:
// what is left of an event on this side is a call per row.
const dropEvents = `ALTER TABLE event_outbox ALTER id DROP IDENTITY;
	CREATE FUNCTION drop_event() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END';
	CREATE TRIGGER drop_event BEFORE INSERT ON event_outbox FOR EACH ROW EXECUTE FUNCTION drop_event()`

// office is one side: a database, and what was measured there.
type office struct {
	*place
	channel model.ID

	rates  []float64 // operations a second
	used   float64   // processor time of the writers and Postgres, ms
	commit []float64 // median of each slice, ms
}

// fill makes a database with one account, whose conversations are all open and owned in part.
func (plan writersPlan) fill(ctx context.Context, s *stage, o *office, told bool) (err error) {
	name := "silent"
	if told {
		name = "told"
	}
	if o.place, err = s.newPlace(ctx, name); err != nil {
		return err
	}
	if o.channel, _, err = o.place.channel(ctx, "Bench", twiliotest.WhatsAppNumber); err != nil {
		return err
	}
	if _, err := o.agents(ctx, plan.writers, model.AgentRole, o.channel); err != nil {
		return err
	}
	// None may be so old that WhatsApp takes templates only, which is after 24 hours.
	return o.fill(ctx, stock{Conversations: plan.conversations, Channels: []model.ID{o.channel}, Messages: plan.messages, Pace: 10 * time.Second})
}

// writersMeter collects the figures of a writers benchmark.
type writersMeter struct {
	plan         writersPlan
	stage        *stage
	told, silent office
	load         *crew[writersTask, writersAnswer]

	ratios                  []float64
	delivery, deliveryWorst []float64 // ms
	events                  int
}

func (m *writersMeter) measure(ctx context.Context) (err error) {
	if m.load, err = hire[writersTask, writersAnswer](ctx, m.stage, "writers-load"); err != nil {
		return err
	}
	defer m.load.dismiss()
	for slice := range m.plan.slices + 1 { // the first warms everything up
		sides := []*office{&m.told, &m.silent}
		if slice%2 == 0 {
			sides[0], sides[1] = sides[1], sides[0]
		}
		for _, o := range sides {
			if err := m.slice(ctx, o, slice); err != nil {
				return err
			}
		}
		if slice > 0 {
			m.ratios = append(m.ratios, m.told.rates[slice-1]/m.silent.rates[slice-1])
			m.stage.say("slice %d: %.0f operations/s told, %.0f silent: ratio %.2f; commit p50 %.1f and %.1f ms, delivery p50 %.1f ms", slice,
				m.told.rates[slice-1], m.silent.rates[slice-1], m.ratios[slice-1], m.told.commit[slice-1], m.silent.commit[slice-1], m.delivery[slice-1])
		}
	}
	return nil
}

func (m *writersMeter) slice(ctx context.Context, o *office, slice int) error {
	if err := o.settle(ctx); err != nil {
		return err
	}
	pg, _, err := m.stage.postmaster()
	if err != nil {
		return err
	}
	told := o == &m.told
	var a writersAnswer
	used, err := cpuDuring(func() (err error) {
		a, err = m.load.ask(writersTask{Database: o.url, Account: o.account, Channel: o.channel, Told: told, Slice: slice, Writers: m.plan.writers, Operations: m.plan.operations})
		return err
	}, m.load.process.pid(), pg)
	if err != nil {
		return err
	}
	m.events += a.Events
	if slice == 0 {
		return nil
	}
	o.rates = append(o.rates, float64(m.plan.operations)/a.Took.Seconds())
	o.used += ms(used[0] + used[1])
	o.commit = append(o.commit, ms(a.Commit))
	if told {
		m.delivery, m.deliveryWorst = append(m.delivery, ms(a.Delivery)), append(m.deliveryWorst, ms(a.DeliveryP99))
	}
	return nil
}

func (m *writersMeter) figures() *figures {
	all := float64(m.plan.operations * m.plan.slices)
	f := &figures{}
	f.add("operations_per_s", median(m.told.rates))
	f.add("silent_per_s", median(m.silent.rates))
	f.atLeast("ratio", median(m.ratios), writersRatio)
	f.atMost("delivery_p50_ms", median(m.delivery), ms(writersDelivery))
	f.add("delivery_p99_ms", median(m.deliveryWorst))
	f.add("commit_p50_ms", median(m.told.commit))
	f.add("silent_commit_p50_ms", median(m.silent.commit))
	f.add("cpu_ms", m.told.used/all)
	f.add("silent_cpu_ms", m.silent.used/all)
	f.add("events", m.events)
	return f
}

// check compares what was delivered with what was changed: each change was told of once, none on the silent side, and
// both sides did the same.
func (m *writersMeter) check(ctx context.Context) error {
	told, err := m.told.tally(ctx)
	if err != nil {
		return err
	}
	silent, err := m.silent.tally(ctx)
	if err != nil {
		return err
	}
	if told.events != told.changes || m.events != told.events || silent.events != 0 || silent.replies != told.replies || silent.reports != told.reports || told.reports == 0 {
		return fmt.Errorf("%d events were delivered; where events are told: %+v, where they are not: %+v", m.events, told, silent)
	}
	for _, o := range []*office{&m.told, &m.silent} {
		if err := o.verify(ctx); err != nil {
			return err
		}
	}
	return nil
}

// deeds is what was done in an office.
type deeds struct {
	events, changes, replies, reports int
}

func (o *office) tally(ctx context.Context) (d deeds, err error) {
	err = o.db.Pool().QueryRow(ctx, `SELECT e.n, m.replies + m.reports + c.n, m.replies, m.reports
		FROM (SELECT count(*) AS n FROM events) e, (SELECT count(*) AS n FROM conversation_changes) c,
			(SELECT count(*) FILTER (WHERE status = 'QUEUED') AS replies, coalesce(sum(version - 1), 0) AS reports FROM messages) m`).Scan(&d.events, &d.changes, &d.replies, &d.reports)
	if err != nil {
		return d, fmt.Errorf("count what was done: %w", err)
	}
	return d, nil
}
