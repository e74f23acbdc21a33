package model

import (
	"cmp"
	"slices"
)

// span is an open time of one day, in seconds after its midnight; end is the first closed one.
type span struct{ start, end int64 }

// daySpans are the open times of one day, in their order and apart from each other.
type daySpans []span

// newDaySpans takes the day's own intervals up to midnight, and the rest of those that began the day before.
func newDaySpans(own, eve []Interval) daySpans {
	var spans daySpans
	for _, i := range own {
		spans = append(spans, span{int64(i.Opens) * 60, int64(min(i.end(), EndOfDay)) * 60})
	}
	for _, i := range eve {
		if i.overnight() && i.Closes > 0 {
			spans = append(spans, span{0, int64(i.Closes) * 60})
		}
	}
	slices.SortFunc(spans, func(a, b span) int { return cmp.Compare(a.start, b.start) })
	return spans.join()
}

// join makes one of those that touch or overlap.
func (d daySpans) join() daySpans {
	var joined daySpans
	for _, s := range d {
		if last := len(joined) - 1; last >= 0 && s.start <= joined[last].end {
			joined[last].end = max(joined[last].end, s.end)
		} else {
			joined = append(joined, s)
		}
	}
	return joined
}

// next finds the first second from the given one on that is open, or closed; daySeconds when the day has no such one.
func (d daySpans) next(open bool, second int64) int64 {
	for _, s := range d {
		switch {
		case second >= s.end:
		case open:
			return max(second, s.start)
		case second < s.start:
			return second
		default:
			second = s.end
		}
	}
	if open {
		return daySeconds
	}
	return second
}

func (d daySpans) openUntil(second int64) int64 {
	total := int64(0)
	for _, s := range d {
		total += max(0, min(second, s.end)-s.start)
	}
	return total
}
