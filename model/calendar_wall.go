package model

import (
	"cmp"
	"slices"
	"time"
)

const daySeconds = 24 * 60 * 60

// wallHours say which seconds of wall time are open, on a line without skipped and doubled hours. A wall time is the
// number of seconds since 1970-01-01 00:00 on the wall; a day is the number of days since then.
type wallHours struct {
	week   [7]daySpans // from Monday on
	before [8]int64    // open seconds of the week before each weekday; the last one is those of a whole week
	own    []ownDay    // the days that do not go by the week, in their order
	more   []int64     // by how many open seconds the own days before each one exceed the week; the last one: all of them
}

// ownDay is a date with an exception, or an ordinary one after it: what comes over midnight is another.
type ownDay struct {
	day       int64
	exception *Exception // nil on the day after
	spans     daySpans
}

func newWallHours(h *Hours) wallHours {
	w := wallHours{more: []int64{0}}
	var week [7][]Interval
	for _, d := range h.Weekly {
		week[slices.Index(weekdays, d.Day)] = d.Intervals
	}
	for i := range week {
		w.week[i] = newDaySpans(week[i], week[(i+6)%7])
		w.before[i+1] = w.before[i] + w.week[i].openUntil(daySeconds)
	}
	w.own = ownDays(h.Exceptions, week)
	for i, o := range w.own {
		_, weekday := weekOf(o.day)
		w.more = append(w.more, w.more[i]+o.spans.openUntil(daySeconds)-w.week[weekday].openUntil(daySeconds))
	}
	return w
}

func ownDays(exceptions []Exception, week [7][]Interval) []ownDay {
	byDay := map[int64]*Exception{}
	for _, e := range exceptions {
		byDay[dayOf(e.Date)] = &e
	}
	var days []ownDay
	for day, e := range byDay {
		days = append(days, ownDay{day: day, exception: e, spans: newDaySpans(e.Intervals, nil)})
		if byDay[day+1] == nil {
			_, weekday := weekOf(day + 1)
			days = append(days, ownDay{day: day + 1, spans: newDaySpans(week[weekday], e.Intervals)})
		}
	}
	slices.SortFunc(days, func(a, b ownDay) int { return cmp.Compare(a.day, b.day) })
	return days
}

func (w *wallHours) find(day int64) (int, bool) {
	return slices.BinarySearchFunc(w.own, day, func(o ownDay, day int64) int { return cmp.Compare(o.day, day) })
}

func (w *wallHours) spans(day int64) daySpans {
	if i, ok := w.find(day); ok {
		return w.own[i].spans
	}
	_, weekday := weekOf(day)
	return w.week[weekday]
}

func (w *wallHours) isOpen(wall int64) bool {
	day, second := divide(wall, daySeconds)
	return w.spans(day).next(true, second) == second
}

// next finds the first second in [from, to) that is open, or closed.
func (w *wallHours) next(open bool, from, to int64) (int64, bool) {
	for from < to {
		day, second := divide(from, daySeconds)
		midnight := from - second
		if second = w.spans(day).next(open, second); second < daySeconds {
			return midnight + second, midnight+second < to
		}
		from = midnight + daySeconds
	}
	return 0, false
}

// openUntil counts the open seconds up to the wall time, from a Monday that all counts have in common.
func (w *wallHours) openUntil(wall int64) int64 {
	day, second := divide(wall, daySeconds)
	week, weekday := weekOf(day)
	i, _ := w.find(day)
	return week*w.before[7] + w.before[weekday] + w.more[i] + w.spans(day).openUntil(second)
}

// weekOf returns the number of the day's week, and its weekday counted from Monday: 1970-01-01 was a Thursday.
func weekOf(day int64) (week, weekday int64) { return divide(day+3, 7) }

func dayOf(date string) int64 {
	t, _ := time.Parse(time.DateOnly, date) // checked
	day, _ := divide(t.Unix(), daySeconds)
	return day
}

// divide rounds down: times before 1970 are negative.
func divide(n, by int64) (quotient, rest int64) {
	quotient, rest = n/by, n%by
	if rest < 0 {
		return quotient - 1, rest + by
	}
	return quotient, rest
}
