package model

import "time"

// DayPlan is when a channel is open on one date.
type DayPlan struct {
	Date      string  // 2026-12-25, in the zone of the hours
	Exception *string // the name of the exception that the date goes by; nil: it goes by the week
	Open      []Period
}

// Period is a stretch of time. End does not belong to it.
type Period struct{ Start, End time.Time }

// Week previews seven dates, from that of the given instant on, each from midnight to midnight. An always open channel
// has no zone to give dates in, and so no preview: preview hours that are not enabled by a copy that is.
func (c *Calendar) Week(from time.Time) []DayPlan {
	if c == nil {
		return nil
	}
	offset, _ := c.offset(from.Unix())
	first, _ := divide(from.Unix()+offset, daySeconds)
	week := make([]DayPlan, 7)
	for i := range week {
		day := first + int64(i)
		week[i] = DayPlan{Date: time.Unix(day*daySeconds, 0).UTC().Format(time.DateOnly), Open: c.periods(day)}
		if own, ok := c.wall.find(day); ok && c.wall.own[own].exception != nil {
			name := c.wall.own[own].exception.Name
			week[i].Exception = &name
		}
	}
	return week
}

// periods finds when the day's spans are, once for each stretch of time with one offset. A doubled hour can give one
// span two periods, and no wall is a day or more from UTC.
func (c *Calendar) periods(day int64) []Period {
	var periods []Period
	midnight := day * daySeconds
	limit := midnight + 2*daySeconds
	for unix := midnight - daySeconds; unix < limit; {
		offset, until := c.offset(unix)
		until = min(until, limit)
		for _, s := range c.wall.spans(day) {
			start, end := max(unix, midnight+s.start-offset), min(until, midnight+s.end-offset)
			if start < end {
				periods = appendPeriod(periods, Period{c.instant(start), c.instant(end)})
			}
		}
		unix = until
	}
	return periods
}

// appendPeriod lengthens the last period when the new one begins where it ends: the offset changed in between.
func appendPeriod(periods []Period, p Period) []Period {
	if last := len(periods) - 1; last >= 0 && periods[last].End.Equal(p.Start) {
		periods[last].End = p.End
		return periods
	}
	return append(periods, p)
}
