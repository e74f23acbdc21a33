package bench

import (
	"context"
	"fmt"
	"time"

	"github.com/livedesk/livedesk/model"
)

// placingPlan is the size of the place benchmark.
type placingPlan struct {
	decisions  int // per slice
	clients    int // at a time, on both sides of a comparison
	placements int // per slice and side; of updates there are more.
	channels   int // that placements are spread over
	slices     int
	turns      int // conversations given out in turn, in two halves: an agent has a thousand at most
	races      int
}

var fullPlacing = placingPlan{decisions: 4_000, clients: 16, placements: 2_000, channels: 100, slices: 5, turns: 10_000, races: 1_000}

// The bars of the place benchmark.
const (
	decisionCPU = 200 // µs
	hotRatio    = 0.5
	spreadRatio = 0.3
	turnSpread  = 1
)

// run measures decisions alone, assignments against plain updates of as many rows as there are channels, and tells
// whether turns are even and one conversation has one winner. Nothing is done over HTTP, which would hide a part of it.
func (plan placingPlan) run(ctx context.Context, s *stage) (*figures, error) {
	if err := s.setUp(ctx); err != nil {
		return nil, err
	}
	m := &placingMeter{plan: plan, stage: s}
	if err := m.fill(ctx); err != nil {
		return nil, err
	}
	var err error
	if m.load, err = hire[placingTask, placingAnswer](ctx, s, "place-load"); err != nil {
		return nil, err
	}
	defer m.load.dismiss()
	f := &figures{}
	for _, part := range []func(context.Context, *figures) error{m.decide, m.compare, m.turn, m.race} {
		if err := part(ctx, f); err != nil {
			return nil, err
		}
	}
	return f, m.hot.verify(ctx) // of all accounts
}

// placingMeter collects the figures of a place benchmark.
type placingMeter struct {
	plan                     placingPlan
	stage                    *stage
	hot, spread, turns, pair *floor
	load                     *crew[placingTask, placingAnswer]
}

// fill makes an account for each part, all in one database.
func (m *placingMeter) fill(ctx context.Context) error {
	p, err := m.stage.newPlace(ctx, "desk")
	if err != nil {
		return err
	}
	if _, err := p.db.Pool().Exec(ctx, `CREATE TABLE plain_rows (id int PRIMARY KEY, n int NOT NULL) WITH (fillfactor = 50)`); err != nil {
		return err
	}
	if _, err := p.db.Pool().Exec(ctx, `INSERT INTO plain_rows SELECT n, 0 FROM generate_series(1, $1) n`, m.plan.channels); err != nil {
		return err
	}
	placed := (m.plan.placements + m.plan.channels) * (m.plan.slices + 1)
	for _, part := range []struct {
		floor                           **floor
		channels, agents, conversations int
	}{{&m.hot, 1, 10, placed}, {&m.spread, m.plan.channels, 2, placed}, {&m.turns, 1, 7, m.plan.turns}, {&m.pair, 1, 2, m.plan.races}} {
		if *part.floor, err = m.stage.newFloor(ctx, p.url, part.channels, part.agents, part.conversations); err != nil {
			return err
		}
	}
	return nil
}

// decide measures what a decision costs, without reading what it depends on and without storing it.
func (m *placingMeter) decide(_ context.Context, f *figures) error {
	var each []float64
	var length int
	for slice := range m.plan.slices + 1 { // the first warms everything up
		var a placingAnswer
		used, err := cpuDuring(func() (err error) {
			a, err = m.load.ask(placingTask{Work: "decide", Count: m.plan.decisions})
			return err
		}, m.load.process.pid())
		if err != nil {
			return err
		}
		if length = a.Length; slice > 0 {
			each = append(each, float64(used[0])/float64(m.plan.decisions)/float64(time.Microsecond))
		}
	}
	f.atMost("decision_cpu_us", median(each), decisionCPU)
	f.add("text_characters", length)
	m.stage.say("a decision takes %.0f µs of processor time with a text of %d characters", median(each), length)
	return nil
}

func (m *placingMeter) mode(slice int) model.AssignmentMode {
	return []model.AssignmentMode{model.Sequential, model.ConcurrentLoad}[slice%2]
}

// ask has the generator work with an account.
func (m *placingMeter) ask(o *floor, t placingTask) (placingAnswer, error) {
	t.Database, t.Account, t.Admin = o.url, o.account, o.admin
	if t.Clients == 0 {
		t.Clients = m.plan.clients
	}
	a, err := m.load.ask(t)
	if err != nil {
		return a, fmt.Errorf("%s: %w", t.Work, err)
	}
	return a, nil
}
