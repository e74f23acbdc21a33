package model

import (
	"math"
	"time"
)

// offset returns how far the wall time is ahead of UTC at the Unix time, in seconds, and until when it surely stays so.
func (c *Calendar) offset(unix int64) (offset, until int64) {
	at := time.Unix(unix, 0).In(c.zone)
	_, seconds := at.Zone()
	_, end := at.ZoneBounds()
	switch {
	case end.IsZero():
		until = math.MaxInt64
	case end.After(at):
		until = end.Unix()
	default: // on 31 December of a leap year Go can name an end that has passed (golang/go#81583): the year's end is meant
		day, _ := divide(unix, daySeconds)
		until = (day + 1) * daySeconds
	}
	return int64(seconds), until
}

// next finds the first second from at on in which the channel is open, or closed.
func (c *Calendar) next(open bool, at time.Time) (time.Time, bool) {
	unix := at.Unix()
	for limit := unix + horizonSeconds; unix < limit; {
		offset, until := c.offset(unix)
		until = min(until, limit)
		if wall, ok := c.wall.next(open, unix+offset, until+offset); ok {
			return c.instant(wall - offset), true
		}
		unix = until
	}
	return time.Time{}, false
}

func (c *Calendar) openSeconds(from, to int64) int64 {
	total := int64(0)
	for from < to {
		offset, until := c.offset(from)
		until = min(until, to)
		total += c.wall.openUntil(until+offset) - c.wall.openUntil(from+offset)
		from = until
	}
	return total
}

func (c *Calendar) instant(unix int64) time.Time { return time.Unix(unix, 0).In(c.zone) }
