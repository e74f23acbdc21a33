package model

import (
	"testing"
	"time"
)

func zoneOf(t *testing.T, name string) *time.Location {
	t.Helper()
	zone, err := time.LoadLocation(name)
	if err != nil {
		t.Fatal(err)
	}
	return zone
}

// The days and hours around changes of clocks: how long each bucket is, from the one that holds the first moment on.
func TestBuckets(t *testing.T) {
	t.Parallel()
	h := func(hours ...float64) []float64 { return hours }
	for _, c := range []struct {
		zone     string
		bucket   ReportBucket
		from, to string
		first    string
		hours    []float64
	}{
		{"Europe/Berlin", BucketDay, "2026-03-28T00:00:00+01:00", "2026-03-31T00:00:00+02:00", "2026-03-28T00:00:00+01:00", h(24, 23, 24)},
		{"Europe/Berlin", BucketDay, "2026-10-24T12:00:00+02:00", "2026-10-26T00:00:01+01:00", "2026-10-24T00:00:00+02:00", h(24, 25, 24)},
		{"Europe/Berlin", BucketHour, "2026-03-29T01:30:00+01:00", "2026-03-29T04:00:00+02:00", "2026-03-29T01:00:00+01:00", h(1, 1)},
		{"Europe/Berlin", BucketHour, "2026-10-25T01:00:00+02:00", "2026-10-25T04:00:00+01:00", "2026-10-25T01:00:00+02:00", h(1, 1, 1, 1)},
		{"Europe/Berlin", BucketWeek, "2026-10-21T09:00:00+02:00", "2026-10-26T00:00:01+01:00", "2026-10-19T00:00:00+02:00", h(169, 168)},
		{"Europe/Berlin", BucketMonth, "2026-10-05T00:00:00+02:00", "2026-11-02T00:00:00+01:00", "2026-10-01T00:00:00+02:00", h(745, 720)},
		{"America/Sao_Paulo", BucketDay, "2018-11-03T10:00:00-03:00", "2018-11-05T10:00:00-02:00", "2018-11-03T00:00:00-03:00", h(24, 23, 24)}, // midnight was skipped
		{"America/Sao_Paulo", BucketDay, "2019-02-16T00:00:00-02:00", "2019-02-18T00:00:00-03:00", "2019-02-16T00:00:00-02:00", h(25, 24)},
		{"America/Sao_Paulo", BucketDay, "2026-02-16T00:00:00-03:00", "2026-02-18T00:00:00-03:00", "2026-02-16T00:00:00-03:00", h(24, 24)},
		{"Asia/Kolkata", BucketDay, "2026-03-28T00:00:00+05:30", "2026-03-30T00:00:00+05:30", "2026-03-28T00:00:00+05:30", h(24, 24)},
		{"Asia/Kolkata", BucketHour, "2026-03-28T00:10:00+05:30", "2026-03-28T02:00:00+05:30", "2026-03-28T00:00:00+05:30", h(1, 1)},
		{"Australia/Lord_Howe", BucketDay, "2026-04-04T00:00:00+11:00", "2026-04-06T12:00:00+10:30", "2026-04-04T00:00:00+11:00", h(24, 24.5, 24)},
		{"Australia/Lord_Howe", BucketHour, "2026-04-05T01:00:00+11:00", "2026-04-05T03:00:00+10:30", "2026-04-05T01:00:00+11:00", h(1, 0.5, 1)},
		{"Australia/Lord_Howe", BucketDay, "2026-10-03T00:00:00+10:30", "2026-10-05T00:00:00+11:00", "2026-10-03T00:00:00+10:30", h(24, 23.5)},
		{"Australia/Lord_Howe", BucketHour, "2026-10-04T01:00:00+10:30", "2026-10-04T04:00:00+11:00", "2026-10-04T01:00:00+10:30", h(1, 0.5, 1)},
		{"Asia/Kathmandu", BucketDay, "2026-01-01T03:00:00+05:45", "2026-01-01T04:00:00+05:45", "2026-01-01T00:00:00+05:45", h(24)},
	} {
		from, err := time.Parse(time.RFC3339, c.from)
		to, err2 := time.Parse(time.RFC3339, c.to)
		if err != nil || err2 != nil {
			t.Fatal(err, err2)
		}
		bounds, err := c.bucket.Buckets(from, to, zoneOf(t, c.zone))
		if err != nil {
			t.Fatal(err)
		}
		if got := bounds[0].Format(time.RFC3339); got != c.first {
			t.Errorf("%s %s: begins %s, not %s", c.zone, c.bucket, got, c.first)
		}
		var hours []float64
		for i := range len(bounds) - 1 {
			hours = append(hours, bounds[i+1].Sub(bounds[i]).Hours())
		}
		if len(hours) != len(c.hours) {
			t.Fatalf("%s %s: %v", c.zone, c.bucket, bounds)
		}
		for i := range hours {
			if hours[i] != c.hours[i] {
				t.Errorf("%s %s: bucket %d is %v hours long, not %v", c.zone, c.bucket, i, hours[i], c.hours[i])
			}
		}
	}
}

// Every bucket of every zone begins where a slot does, and the buckets of a span lie end to end.
func TestBucketsKeepToSlots(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"Europe/Berlin", "America/Sao_Paulo", "Asia/Kolkata", "Asia/Kathmandu", "Australia/Lord_Howe", "Pacific/Chatham", "Pacific/Apia", "Africa/Casablanca", "UTC"} {
		zone := zoneOf(t, name)
		for _, b := range []ReportBucket{BucketHour, BucketDay, BucketWeek, BucketMonth} {
			for month := range 24 {
				from := time.Date(2025, time.Month(month), 1, 3, 17, 0, 0, time.UTC)
				bounds, err := b.Buckets(from, from.AddDate(0, 0, 32), zone)
				if err != nil {
					t.Fatal(err)
				}
				if bounds[0].After(from) || bounds[len(bounds)-1].Before(from.AddDate(0, 0, 32)) {
					t.Fatalf("%s %s: %v does not hold %v", name, b, bounds, from)
				}
				for i, at := range bounds {
					if !at.Equal(SlotOf(at)) || i > 0 && !at.After(bounds[i-1]) || !b.start(at).Equal(at) {
						t.Errorf("%s %s: bucket at %v", name, b, at)
					}
				}
			}
		}
	}
}

func TestTooManyBuckets(t *testing.T) {
	t.Parallel()
	from := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	if _, err := BucketHour.Buckets(from, from.Add(MaxReportBuckets*time.Hour), time.UTC); err != nil {
		t.Error(err)
	}
	if _, err := BucketHour.Buckets(from, from.Add(MaxReportBuckets*time.Hour+1), time.UTC); CodeOf(err) != Invalid {
		t.Error(err)
	}
}
