package model

import (
	"cmp"
	"slices"
	"time"
)

// CsatTally counts surveys for a CSAT report. All its numbers are of the surveys that were sent in the report's time,
// whenever they were answered.
type CsatTally struct {
	CsatCount
	filter   ReportFilter
	byCredit map[Credit]*CsatCount
	bySlot   map[int64]*CsatCount
}

// CsatCount is what is counted of some surveys.
type CsatCount struct {
	Sent, Answered int
	Scores         [6]int // how many answers have each score; the first is unused
}

// NewCsatTally begins a report.
func NewCsatTally(f ReportFilter) *CsatTally {
	return &CsatTally{filter: f, byCredit: map[Credit]*CsatCount{}, bySlot: map[int64]*CsatCount{}}
}

// Add counts one survey; its score is 0 when it was not answered.
func (t *CsatTally) Add(sent time.Time, c Credit, score int) {
	ofCredit, ofSlot := countFor(t.byCredit, c), countFor(t.bySlot, sent.UnixMilli()/slotMs*slotMs)
	for _, n := range [...]*CsatCount{&t.CsatCount, ofCredit, ofSlot} {
		n.Sent++
		if score > 0 {
			n.Answered++
			n.Scores[score]++
		}
	}
}

func countFor[K comparable](counts map[K]*CsatCount, k K) *CsatCount {
	n := counts[k]
	if n == nil {
		n = &CsatCount{}
		counts[k] = n
	}
	return n
}

func (n *CsatCount) add(m *CsatCount) {
	n.Sent += m.Sent
	n.Answered += m.Answered
	for score, count := range m.Scores {
		n.Scores[score] += count
	}
}

// ResponseRate is the share of those asked who answered; nil when nobody was asked.
func (n *CsatCount) ResponseRate() *float64 { return ratio(n.Answered, n.Sent) }

// Satisfaction is the share of answers that are 4 or 5; nil when there is none.
func (n *CsatCount) Satisfaction() *float64 { return ratio(n.Scores[4]+n.Scores[5], n.Answered) }

// Average is the mean score; nil when there is no answer.
func (n *CsatCount) Average() *float64 {
	sum := 0
	for score, count := range n.Scores {
		sum += score * count
	}
	return ratio(sum, n.Answered)
}

func ratio(part, whole int) *float64 {
	if whole == 0 {
		return nil
	}
	r := float64(part) / float64(whole)
	return &r
}

// CsatPart is what a CSAT report counts of one channel, agent, AI Agent or team.
type CsatPart struct {
	CsatCount
	Of ID
}

// By takes the report apart: one part for each object that the credits name there, in the order of their ids.
func (t *CsatTally) By(of func(Credit) Key) []*CsatPart {
	parts := map[Key]*CsatPart{}
	var list []*CsatPart
	for c, n := range t.byCredit {
		k := of(c)
		if k.IsZero() {
			continue
		}
		if parts[k] == nil {
			parts[k] = &CsatPart{Of: k.ID()}
			list = append(list, parts[k])
		}
		parts[k].add(n)
	}
	slices.SortFunc(list, func(a, b *CsatPart) int { return cmp.Compare(a.Of, b.Of) })
	return list
}

// CsatPoint is one bucket of a CSAT report's series.
type CsatPoint struct {
	CsatCount
	Start, End time.Time
}

// Series is the report by when surveys were sent. A bucket in which nothing happened is there, too.
func (t *CsatTally) Series(b ReportBucket, zone *time.Location) ([]*CsatPoint, error) {
	bounds, err := b.Buckets(t.filter.From, t.filter.To, zone)
	if err != nil {
		return nil, err
	}
	points := make([]*CsatPoint, len(bounds)-1)
	for i := range points {
		points[i] = &CsatPoint{Start: bounds[i], End: bounds[i+1]}
	}
	for slot, n := range t.bySlot {
		points[bucketOf(bounds, slot)].add(n)
	}
	return points, nil
}
