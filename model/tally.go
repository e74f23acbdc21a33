package model

import (
	"bytes"
	"cmp"
	"maps"
	"slices"
	"sort"
	"time"
)

// Tally counts facts for a conversation report in one pass. What is asked of the report is read from it afterwards.
type Tally struct {
	filter   ReportFilter
	from, to int64
	picker   Picker
	labelled map[Key]bool // nil: labels do not matter

	known   map[Credit]*counter
	all     []*counter
	slots   []slotCount
	present []*counter // of the credits of the slot at hand; nil for those that are not asked for
}

// counter is what is counted of one credit.
type counter struct {
	credit Credit
	counts [factKinds]int
	spans  [factKinds][]Span
}

// slotCount is what is counted in one slot.
type slotCount struct {
	start  int64
	counts [factKinds]int32
}

// NewTally begins a report. The labelled conversations are those that the filter's labels are on.
func NewTally(f ReportFilter, labelled map[Key]bool) *Tally {
	return &Tally{filter: f, from: f.From.UnixMilli(), to: f.To.UnixMilli(), picker: f.Picker(), labelled: labelled, known: map[Credit]*counter{}}
}

// Begin is part of FactVisitor.
func (t *Tally) Begin(slot int64, credits []Credit) {
	t.present = t.present[:0]
	for _, c := range credits {
		found, met := t.known[c]
		if !met {
			if t.picker.Picks(c) {
				found = &counter{credit: c}
				t.all = append(t.all, found)
			}
			t.known[c] = found
		}
		t.present = append(t.present, found)
	}
	t.slots = append(t.slots, slotCount{start: slot})
}

// Fact is part of FactVisitor.
func (t *Tally) Fact(conversation Key, kind FactKind, at int64, credit int, wall, business int64) {
	c := t.present[credit]
	if c == nil || at < t.from || at >= t.to || t.labelled != nil && !t.labelled[conversation] {
		return
	}
	c.counts[kind]++
	t.slots[len(t.slots)-1].counts[kind]++
	if kind.timed() {
		c.spans[kind] = append(c.spans[kind], Span{wall, business})
	}
}

// Count is the report's figure.
func (t *Tally) Count(f ReportFigure) int { return countOf(f, t.all, t.filter.OfPeople()) }

func countOf(f ReportFigure, of []*counter, ofPeople bool) int {
	n := 0
	for _, c := range of {
		for kind := range FactKind(factKinds) {
			if c.counts[kind] > 0 && f.Counts(kind, c.credit, ofPeople) {
				n += c.counts[kind]
			}
		}
	}
	return n
}

// Durations sums up how long what the figure counts took.
func (t *Tally) Durations(f ReportFigure) *DurationStatistics { return durations(f, t.all) }

func durations(f ReportFigure, of []*counter) *DurationStatistics {
	var lists [][]Span
	for _, c := range of {
		lists = append(lists, c.spans[figureFacts[f]])
	}
	return Statistics(lists...)
}

// ReportPart is what a report counts of one channel, agent, AI Agent or team.
type ReportPart struct {
	Of       ID
	ofPeople bool
	of       []*counter
}

// Count is the part's figure.
func (p *ReportPart) Count(f ReportFigure) int { return countOf(f, p.of, p.ofPeople) }

// Durations sums up how long what the figure counts took.
func (p *ReportPart) Durations(f ReportFigure) *DurationStatistics { return durations(f, p.of) }

// ByChannel takes the report apart: one part for each channel, in the order of their ids.
func (t *Tally) ByChannel() []*ReportPart {
	return t.by(t.filter.OfPeople(), func(c Credit) Key { return c.Channel })
}

// ByAgent does so for agents.
func (t *Tally) ByAgent() []*ReportPart { return t.by(true, func(c Credit) Key { return c.Agent }) }

// ByAiAgent does so for AI Agents.
func (t *Tally) ByAiAgent() []*ReportPart { return t.by(true, func(c Credit) Key { return c.AiAgent }) }

// ByTeam does so for teams.
func (t *Tally) ByTeam() []*ReportPart { return t.by(true, func(c Credit) Key { return c.Team }) }

func (t *Tally) by(ofPeople bool, of func(Credit) Key) []*ReportPart {
	parts := map[Key]*ReportPart{}
	var list []*ReportPart
	for _, c := range t.all {
		k := of(c.credit)
		if k.IsZero() || c.counts == [factKinds]int{} {
			continue
		}
		if parts[k] == nil {
			parts[k] = &ReportPart{Of: k.ID(), ofPeople: ofPeople}
			list = append(list, parts[k])
		}
		parts[k].of = append(parts[k].of, c)
	}
	slices.SortFunc(list, func(a, b *ReportPart) int { return cmp.Compare(a.Of, b.Of) })
	return list
}

// ReportPoint is one bucket of a conversation report's series.
type ReportPoint struct {
	Start, End time.Time
	counts     [factKinds]int
	ofPeople   bool
}

// Count is the bucket's figure; of those that count facts of one kind.
func (p *ReportPoint) Count(f ReportFigure) int {
	if f == FigureOpened {
		return p.counts[opens(p.ofPeople)]
	}
	return p.counts[figureFacts[f]]
}

// Series is the report by time. A bucket in which nothing happened is there, too.
func (t *Tally) Series(b ReportBucket, zone *time.Location) ([]*ReportPoint, error) {
	bounds, err := b.Buckets(t.filter.From, t.filter.To, zone)
	if err != nil {
		return nil, err
	}
	points := make([]*ReportPoint, len(bounds)-1)
	for i := range points {
		points[i] = &ReportPoint{Start: bounds[i], End: bounds[i+1], ofPeople: t.filter.OfPeople()}
	}
	for i := range t.slots {
		s := &t.slots[i]
		if n := bucketOf(bounds, s.start); n < len(points) {
			for kind, count := range s.counts {
				points[n].counts[kind] += int(count)
			}
		}
	}
	return points, nil
}

// bucketOf is which bucket the slot lies in. A slot that begins before the first bucket holds nothing of the report
// before it.
func bucketOf(bounds []time.Time, slot int64) int {
	return max(0, sort.Search(len(bounds), func(n int) bool { return bounds[n].UnixMilli() > slot })-1)
}

// Finder looks for the conversations behind a figure of a report.
type Finder struct {
	Figure *ReportFigure // nil: whatever any figure counts
	Found  map[Key]bool

	filter   ReportFilter
	from, to int64
	picker   Picker
	labelled map[Key]bool
	credits  []Credit
	picked   []bool
	last     Key // that was found: facts of one conversation come together
}

// NewFinder begins a search by the same filter as that of the report.
func NewFinder(f ReportFilter, figure *ReportFigure, labelled map[Key]bool) *Finder {
	return &Finder{Figure: figure, Found: map[Key]bool{}, filter: f, from: f.From.UnixMilli(), to: f.To.UnixMilli(), picker: f.Picker(), labelled: labelled}
}

// Begin is part of FactVisitor.
func (s *Finder) Begin(_ int64, credits []Credit) {
	s.credits, s.picked = credits, s.picked[:0]
	for _, c := range credits {
		s.picked = append(s.picked, s.picker.Picks(c))
	}
}

// Fact is part of FactVisitor.
func (s *Finder) Fact(conversation Key, kind FactKind, at int64, credit int, _, _ int64) {
	if conversation == s.last || !s.picked[credit] || at < s.from || at >= s.to || s.labelled != nil && !s.labelled[conversation] {
		return
	}
	ofPeople := s.filter.OfPeople()
	if s.Figure == nil && (ofPeople && kind != FactOpened || !ofPeople && kind != FactGiven) || s.Figure != nil && s.Figure.Counts(kind, s.credits[credit], ofPeople) {
		s.Found[conversation] = true
		s.last = conversation
	}
}

// Newest are the conversations that were found, the one that began last first.
func (s *Finder) Newest() []Key {
	list := slices.Collect(maps.Keys(s.Found))
	slices.SortFunc(list, func(a, b Key) int { return bytes.Compare(b[:], a[:]) })
	return list
}
