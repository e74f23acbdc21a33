package bench

import (
	"context"
	"fmt"
	"slices"

	"github.com/livedesk/livedesk/model"
)

// placingSide is assignments over some channels, or plain updates of as many rows.
type placingSide struct {
	name  string
	floor *floor
	work  string // as the generator calls it
	rows  int
	rates []float64 // a second
	own   []float64 // processor time of the generator, ms for each
	pg    []float64 // that of Postgres
}

// sides are assignments on one channel and on many, and both ways to write one row and commit: in a transaction like an
// assignment's, and as a statement that is its own transaction, which saves two round trips.
func (m *placingMeter) sides() []*placingSide {
	var all []*placingSide
	for _, work := range []string{"place", "update", "quick-update"} {
		all = append(all, &placingSide{name: "hot", floor: m.hot, work: work, rows: 1}, &placingSide{name: "spread", floor: m.spread, work: work, rows: m.plan.channels})
	}
	return all
}

// compare measures the sides in turn, slice by slice. The two modes take turns, too, since the one writes a row more.
func (m *placingMeter) compare(ctx context.Context, f *figures) error {
	sides := m.sides()
	order := slices.Clone(sides)
	for slice := range m.plan.slices + 1 { // the first warms everything up
		slices.Reverse(order)
		for _, s := range order {
			if err := m.slice(ctx, s, slice); err != nil {
				return err
			}
		}
		m.stage.say("slice %d, %s: on one channel %.0f assignments/s against %.0f updates of one row, on %d %.0f against %.0f", slice, m.mode(slice),
			last(sides[0].rates), last(sides[2].rates), m.plan.channels, last(sides[1].rates), last(sides[3].rates))
	}
	f.add("clients", m.plan.clients)
	sides[0].against(f, sides[2], sides[4], hotRatio)
	sides[1].against(f, sides[3], sides[5], spreadRatio)
	return nil
}

func last(rates []float64) float64 { return rates[len(rates)-1] }

func (m *placingMeter) slice(ctx context.Context, s *placingSide, slice int) error {
	if s.work == "place" {
		if err := m.prepare(ctx, s, m.mode(slice)); err != nil {
			return err
		}
	}
	if err := s.floor.settle(ctx); err != nil {
		return err
	}
	if err := m.time(s); err != nil || s.work != "place" {
		return err
	}
	return s.floor.allOwned(ctx, m.plan.placements)
}

// prepare has conversations to be placed. Settings that have just changed are read with the first few, which are not
// measured.
func (m *placingMeter) prepare(ctx context.Context, s *placingSide, mode model.AssignmentMode) error {
	if err := s.floor.next(ctx, s.rows, mode); err != nil {
		return err
	}
	if _, err := m.ask(s.floor, placingTask{Work: "place", Count: s.rows}); err != nil {
		return err
	}
	return s.floor.next(ctx, m.plan.placements, mode)
}

func (m *placingMeter) time(s *placingSide) error {
	pg, _, err := m.stage.postmaster()
	if err != nil {
		return err
	}
	count := m.plan.placements
	if s.work != "place" {
		count *= 4 // they are over sooner
	}
	var a placingAnswer
	used, err := cpuDuring(func() (err error) {
		a, err = m.ask(s.floor, placingTask{Work: s.work, Rows: s.rows, Count: count})
		return err
	}, m.load.process.pid(), pg)
	if err != nil {
		return err
	}
	n := float64(count)
	s.rates, s.own, s.pg = append(s.rates, n/a.Took.Seconds()), append(s.own, ms(used[0])/n), append(s.pg, ms(used[1])/n)
	return nil
}

// against notes the rates of the sides and the median of what they are to each other.
func (s *placingSide) against(f *figures, plain, quick *placingSide, bar float64) {
	ratio := s.to(plain)
	f.add(s.name+"_per_s", median(s.rates[1:]))
	f.add(s.name+"_plain_per_s", median(plain.rates[1:]))
	f.atLeast(s.name+"_ratio", ratio, bar)
	f.add(s.name+"_cpu_ms", median(s.own[1:]))
	f.add(s.name+"_postgres_cpu_ms", median(s.pg[1:]))
	f.add(s.name+"_quick_per_s", median(quick.rates[1:]))
}

// to is the median, but for the first slice, of this side's rates by the other's.
func (s *placingSide) to(other *placingSide) float64 {
	ratios := make([]float64, len(s.rates)-1)
	for i := range ratios {
		ratios[i] = s.rates[i+1] / other.rates[i+1]
	}
	return median(ratios)
}

// turn gives out conversations in turn while one agent comes and goes.
func (m *placingMeter) turn(ctx context.Context, f *figures) error {
	flapping, flaps := m.turns.agents[0], 0
	half := m.plan.turns / 2
	for range 2 {
		if err := m.turns.next(ctx, half, m.mode(0)); err != nil {
			return err
		}
		a, err := m.ask(m.turns, placingTask{Work: "place", Count: half, Flapping: flapping})
		if err != nil {
			return err
		}
		flaps += a.Flaps
		if err := m.turns.allOwned(ctx, half); err != nil {
			return err
		}
	}
	given, err := m.turns.given(ctx)
	if err != nil {
		return err
	}
	f.add("turns", m.plan.turns)
	f.add("flaps", flaps)
	f.add("flapping_got", given[flapping])
	delete(given, flapping)
	least, most := m.plan.turns, 0
	for _, agent := range m.turns.agents[1:] {
		least, most = min(least, given[agent]), max(most, given[agent])
	}
	f.atMost("turn_spread", float64(most-least), turnSpread)
	m.stage.say("%d turns while one agent came or went %d times: the others got %d to %d", m.plan.turns, flaps, least, most)
	return nil
}

// race has two agents take the same conversations at once. The generator fails when one has no winner, or two.
func (m *placingMeter) race(ctx context.Context, f *figures) error {
	if err := m.pair.next(ctx, m.plan.races, model.Manual); err != nil {
		return err
	}
	a, err := m.ask(m.pair, placingTask{Work: "race", Count: m.plan.races, Clients: 2})
	if err != nil {
		return err
	}
	if a.Wins[0]+a.Wins[1] != m.plan.races {
		return fmt.Errorf("%d races have %d winners", m.plan.races, a.Wins[0]+a.Wins[1])
	}
	f.add("races", m.plan.races)
	f.add("first_won", a.Wins[0])
	f.add("second_won", a.Wins[1])
	return nil
}
