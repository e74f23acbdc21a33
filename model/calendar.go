package model

import (
	"math"
	"sort"
	"time"
)

// Calendar says when a channel is open. It never changes, so any number of goroutines may ask it. A nil Calendar is
// that of a channel without business hours: always open.
//
// Open is a matter of the clock on the wall: a time that a zone skips is never open, and one that it has twice is open
// twice. So an instant is brought to its wall time, and never the other way round, where time.Date would have to choose.
type Calendar struct {
	zone *time.Location
	wall wallHours
}

// CalendarHorizon is how far a Calendar looks for the next or the last change. No more can be closed in a row, where
// the week has open hours: MaxExceptions, and a week.
const CalendarHorizon = 2 * 366 * 24 * time.Hour

const horizonSeconds = int64(CalendarHorizon / time.Second)

// NewCalendar makes the calendar of the hours: nil when they are not enabled. It refuses what Check refuses, and reads
// the zone from a file, so a caller who asks often keeps the calendar.
func NewCalendar(h *Hours) (*Calendar, error) {
	if h == nil || !h.Enabled {
		return nil, nil
	}
	zone, err := h.check()
	if err != nil {
		return nil, err
	}
	return &Calendar{zone: zone, wall: newWallHours(h)}, nil
}

// IsOpen tells whether the channel is open at the instant.
func (c *Calendar) IsOpen(at time.Time) bool {
	if c == nil {
		return true
	}
	_, offset := at.In(c.zone).Zone()
	return c.wall.isOpen(at.Unix() + int64(offset))
}

// NextOpening returns the first instant from at on that is open, which is at itself on an open channel; false when
// there is none within CalendarHorizon.
func (c *Calendar) NextOpening(at time.Time) (time.Time, bool) {
	if c.IsOpen(at) {
		return at, true
	}
	return c.next(true, at)
}

// NextChange returns the first instant after at when the channel opens if it is closed at at, or closes if it is open;
// false when there is none within CalendarHorizon.
func (c *Calendar) NextChange(at time.Time) (time.Time, bool) {
	if c == nil {
		return time.Time{}, false
	}
	return c.next(!c.IsOpen(at), at)
}

// ClosedSince returns when the closed period that holds the instant began; false when the channel is open then. For a
// period older than CalendarHorizon it is the zero time, which is before everything that was ever sent.
func (c *Calendar) ClosedSince(at time.Time) (time.Time, bool) {
	if c.IsOpen(at) {
		return time.Time{}, false
	}
	now := at.Unix()
	begin := now - horizonSeconds
	n := sort.Search(int(horizonSeconds), func(n int) bool { return c.openSeconds(begin+int64(n), now) == 0 })
	if n == 0 {
		return time.Time{}, true
	}
	return c.instant(begin + int64(n)), true
}

// BusinessDuration is how long the channel is open from a up to b; 0 when b is not after a.
func (c *Calendar) BusinessDuration(a, b time.Time) time.Duration {
	if !b.After(a) {
		return 0
	}
	if c == nil {
		return b.Sub(a)
	}
	seconds := min(c.openSeconds(a.Unix(), b.Unix()), math.MaxInt64/int64(time.Second)-1)
	return time.Duration(seconds)*time.Second + c.fraction(b) - c.fraction(a)
}

// fraction is the open part of the second that the instant has gone into. Hours change on whole seconds only.
func (c *Calendar) fraction(at time.Time) time.Duration {
	if !c.IsOpen(at) {
		return 0
	}
	return time.Duration(at.Nanosecond())
}
