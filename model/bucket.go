package model

import (
	"fmt"
	"sort"
	"time"
)

// ReportBucket is how long the parts of a series are, on the clock and the calendar of the report's zone.
type ReportBucket string

// The buckets of a series.
const (
	BucketHour  ReportBucket = "HOUR"
	BucketDay   ReportBucket = "DAY"
	BucketWeek  ReportBucket = "WEEK" // from Monday
	BucketMonth ReportBucket = "MONTH"
)

// Buckets returns when each bucket begins that holds some of the time from from up to to, and at last where the last
// one ends. A day on which clocks change has 23, 24 and a half or 25 hours, and an hour that comes twice is two buckets.
func (b ReportBucket) Buckets(from, to time.Time, zone *time.Location) ([]time.Time, error) {
	bounds := []time.Time{b.start(from.In(zone))}
	for bounds[len(bounds)-1].Before(to) {
		if len(bounds) > MaxReportBuckets {
			return nil, Refuse(Invalid, fmt.Sprintf("A series has %d buckets at most: take longer ones.", MaxReportBuckets), "bucket")
		}
		bounds = append(bounds, b.next(bounds[len(bounds)-1]))
	}
	return bounds, nil
}

// start is when the bucket of the moment begins.
func (b ReportBucket) start(at time.Time) time.Time {
	year, month, day := at.Date()
	switch b {
	case BucketHour:
		return hourOf(at)
	case BucketWeek:
		day -= (int(at.Weekday()) + 6) % 7
	case BucketMonth:
		day = 1
	}
	return firstOf(year, month, day, at.Location())
}

func (b ReportBucket) next(start time.Time) time.Time {
	year, month, day := start.Date()
	switch b {
	case BucketHour:
		return hourAfter(start)
	case BucketDay:
		day++
	case BucketWeek:
		day += 7
	default:
		month++
	}
	return firstOf(year, month, day, start.Location())
}

// firstOf is the first moment of a date. Where midnight is skipped that is a later hour, and where it comes twice the
// first one.
func firstOf(year int, month time.Month, day int, zone *time.Location) time.Time {
	noon := time.Date(year, month, day, 12, 0, 0, 0, zone)
	year, month, day = noon.Date()
	same := func(t time.Time) bool { y, m, d := t.In(zone).Date(); return y == year && m == month && d == day }
	early := noon.Add(-15 * time.Hour).Truncate(SlotLength)
	n := sort.Search(int(15*time.Hour/SlotLength)+1, func(n int) bool { return same(early.Add(time.Duration(n) * SlotLength)) })
	return early.Add(time.Duration(n) * SlotLength).In(zone)
}

// hourOf is the beginning of the hour on the wall: of the part of it with one offset, so that an hour which comes twice
// begins twice.
func hourOf(at time.Time) time.Time {
	start := at.Add(-time.Duration(at.Minute())*time.Minute - time.Duration(at.Second())*time.Second - time.Duration(at.Nanosecond()))
	if begins, _ := at.ZoneBounds(); !begins.IsZero() && begins.After(start) {
		return begins.In(at.Location())
	}
	return start
}

// hourAfter is the next beginning of an hour, or when the clocks change in between.
func hourAfter(start time.Time) time.Time {
	end := start.Add(time.Hour - time.Duration(start.Minute())*time.Minute)
	if _, ends := start.ZoneBounds(); !ends.IsZero() && ends.Before(end) {
		return ends.In(start.Location())
	}
	return end
}
