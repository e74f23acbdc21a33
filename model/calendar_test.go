package model

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

func calendarOf(t testing.TB, h *Hours) *Calendar {
	t.Helper()
	c, err := NewCalendar(h)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// instant reads "2026-03-29 01:30" as UTC.
func instant(t testing.TB, s string) time.Time {
	t.Helper()
	at, err := time.Parse("2006-01-02 15:04", s)
	if err != nil {
		t.Fatal(err)
	}
	return at
}

// openTimes walks from change to change and writes down the open times between two instants, as on one UTC clock.
func openTimes(t *testing.T, c *Calendar, from, to time.Time) string {
	var list []string
	sum := time.Duration(0)
	for at, ok := c.NextOpening(from); ok && at.Before(to); at, ok = c.NextOpening(at) {
		end, _ := c.NextChange(at)
		if !c.IsOpen(at) || !c.IsOpen(end.Add(-1)) || c.IsOpen(end) || at.After(from) && c.IsOpen(at.Add(-1)) {
			t.Errorf("from %s to %s is not what is open", at, end)
		}
		list = append(list, at.UTC().Format("02 15:04-")+end.UTC().Format("15:04"))
		sum += end.Sub(at)
		at = end
	}
	if got := c.BusinessDuration(from, to); got != sum {
		t.Errorf("%s open from %s to %s, and %s of it found", got, from, to, sum)
	}
	return strings.Join(list, ", ")
}

func TestOpenTimes(t *testing.T) {
	t.Parallel()
	on := func(day Weekday, texts ...string) map[Weekday][]string { return map[Weekday][]string{day: texts} }
	closedOn := func(date string, texts ...string) map[string][]string { return map[string][]string{date: texts} }
	for name, c := range map[string]struct {
		zone       string
		weekly     map[Weekday][]string
		exceptions map[string][]string
		from, to   string // all in UTC, from here on
		want       string
	}{
		"within a skipped hour":          {"Europe/Berlin", daily("02:15-02:45"), nil, "2026-03-28 00:00", "2026-03-31 00:00", "28 01:15-01:45, 30 00:15-00:45"},
		"out of a skipped hour":          {"Europe/Berlin", daily("02:30-04:00"), nil, "2026-03-29 00:00", "2026-03-30 00:00", "29 01:00-02:00"},
		"into a skipped hour":            {"Europe/Berlin", daily("01:30-02:30"), nil, "2026-03-29 00:00", "2026-03-29 12:00", "29 00:30-01:00"},
		"within a doubled hour":          {"Europe/Berlin", daily("02:15-02:45"), nil, "2026-10-25 00:00", "2026-10-26 00:00", "25 00:15-00:45, 25 01:15-01:45"},
		"through a doubled hour":         {"Europe/Berlin", daily("01:00-03:00"), nil, "2026-10-24 12:00", "2026-10-25 12:00", "24 23:00-02:00"},
		"night through a doubled hour":   {"Europe/Berlin", on(Saturday, "22:00-06:00"), nil, "2026-10-24 12:00", "2026-10-25 12:00", "24 20:00-05:00"},
		"a day of 23 hours":              {"Europe/Berlin", on(Sunday, "00:00-24:00"), nil, "2026-03-28 12:00", "2026-03-30 12:00", "28 23:00-22:00"},
		"a day of 25 hours":              {"Europe/Berlin", on(Sunday, "00:00-24:00"), nil, "2026-10-24 12:00", "2026-10-26 12:00", "24 22:00-23:00"},
		"summer time is the standard":    {"Europe/Dublin", daily("01:30-03:00"), nil, "2026-03-29 00:00", "2026-03-29 12:00", "29 01:00-02:00"},
		"half an hour doubled":           {"Australia/Lord_Howe", daily("01:30-02:00"), nil, "2026-04-04 00:00", "2026-04-05 00:00", "04 14:30-15:30"},
		"half an hour skipped":           {"Australia/Lord_Howe", daily("02:00-02:30"), nil, "2026-10-03 00:00", "2026-10-04 12:00", ""},
		"two hours skipped":              {"Antarctica/Troll", daily("00:30-03:30"), nil, "2026-03-29 00:00", "2026-03-29 12:00", "29 00:30-01:30"},
		"two hours doubled":              {"Antarctica/Troll", daily("01:00-02:00"), nil, "2026-10-24 12:00", "2026-10-25 12:00", "24 23:00-00:00, 25 01:00-02:00"},
		"midnight skipped":               {"America/Sao_Paulo", on(Sunday, "00:00-24:00"), nil, "2018-11-03 12:00", "2018-11-05 12:00", "04 03:00-02:00"},
		"an hour before midnight again":  {"America/Sao_Paulo", on(Saturday, "23:00-24:00"), nil, "2018-02-17 12:00", "2018-02-18 12:00", "18 01:00-03:00"},
		"summer time came back":          {"Africa/Cairo", on(Friday, "00:00-24:00"), nil, "2023-04-27 12:00", "2023-04-29 12:00", "27 22:00-21:00"},
		"Ramadan":                        {"Africa/Casablanca", daily("02:00-03:00"), nil, "2024-03-10 00:00", "2024-03-10 12:00", "10 01:00-03:00"},
		"a quarter of an hour":           {"Asia/Kathmandu", on(Monday, "09:00-18:00"), nil, "2026-03-01 12:00", "2026-03-03 12:00", "02 03:15-12:15"},
		"a skipped day":                  {"Pacific/Apia", daily("09:00-17:00"), nil, "2011-12-29 12:00", "2011-12-31 12:00", "29 19:00-03:00, 30 19:00-03:00"},
		"nights about a skipped day":     {"Pacific/Apia", daily("22:00-06:00"), nil, "2011-12-30 00:00", "2011-12-31 00:00", "30 08:00-16:00"},
		"the night of the skipped day":   {"Pacific/Apia", on(Friday, "22:00-06:00"), nil, "2011-12-29 00:00", "2011-12-31 12:00", "30 10:00-16:00"},
		"up to 24:00":                    {"Asia/Tokyo", on(Monday, "20:00-24:00"), nil, "2026-03-02 00:00", "2026-03-03 12:00", "02 11:00-15:00"},
		"over 24:00 in two":              {"Asia/Tokyo", map[Weekday][]string{Monday: {"20:00-24:00"}, Tuesday: {"00:00-01:00"}}, nil, "2026-03-02 00:00", "2026-03-03 12:00", "02 11:00-16:00"},
		"over night":                     {"Asia/Tokyo", on(Friday, "22:00-06:00"), nil, "2026-03-06 00:00", "2026-03-07 12:00", "06 13:00-21:00"},
		"up to 00:00":                    {"Asia/Tokyo", on(Friday, "22:00-00:00"), nil, "2026-03-06 00:00", "2026-03-07 12:00", "06 13:00-15:00"},
		"from Sunday to Monday":          {"UTC", on(Sunday, "22:00-02:00"), nil, "2026-03-08 00:00", "2026-03-09 12:00", "08 22:00-02:00"},
		"a lunch hour":                   {"UTC", on(Monday, "13:00-17:00", "09:00-12:00"), nil, "2026-03-02 00:00", "2026-03-08 00:00", "02 09:00-12:00, 02 13:00-17:00"},
		"a holiday and both its nights":  {"UTC", daily("22:00-06:00"), closedOn("2026-12-25"), "2026-12-24 12:00", "2026-12-26 12:00", "24 22:00-00:00"},
		"a holiday with hours":           {"UTC", daily("09:00-18:00"), closedOn("2026-12-24", "10:00-12:00"), "2026-12-24 00:00", "2026-12-25 20:00", "24 10:00-12:00, 25 09:00-18:00"},
		"a holiday's own night":          {"UTC", daily("09:00-12:00"), closedOn("2026-12-31", "20:00-03:00"), "2026-12-31 00:00", "2027-01-01 13:00", "31 20:00-03:00, 01 09:00-12:00"},
		"a holiday's night into work":    {"UTC", daily("09:00-12:00"), closedOn("2026-12-31", "20:00-10:00"), "2026-12-31 00:00", "2027-01-01 13:00", "31 20:00-12:00"},
		"a holiday's night past work":    {"UTC", daily("09:00-12:00"), closedOn("2026-12-31", "20:00-13:00"), "2026-12-31 00:00", "2027-01-01 14:00", "31 20:00-13:00"},
		"a holiday's night into another": {"UTC", daily("09:00-12:00"), map[string][]string{"2026-12-31": {"20:00-03:00"}, "2027-01-01": {"10:00-11:00"}}, "2026-12-31 00:00", "2027-01-01 13:00", "31 20:00-00:00, 01 10:00-11:00"},
		"open on one date only":          {"UTC", nil, closedOn("2027-06-01", "10:00-11:00"), "2026-01-01 00:00", "2027-12-31 00:00", "01 10:00-11:00"},
		"closed on the skipped day":      {"Pacific/Apia", daily("22:00-06:00"), closedOn("2011-12-30"), "2011-12-30 00:00", "2011-12-31 00:00", "30 08:00-10:00"},
		"a leap year's last day":         {"Europe/Berlin", daily("09:00-18:00"), nil, "2048-12-31 00:00", "2049-01-02 00:00", "31 08:00-17:00, 01 08:00-17:00"},
	} {
		h := hoursOf(c.zone, c.weekly, c.exceptions)
		if got := openTimes(t, calendarOf(t, h), instant(t, c.from), instant(t, c.to)); got != c.want {
			t.Errorf("%s: %s, want %s", name, got, c.want)
		}
	}
}

func TestNoHoursIsAlwaysOpen(t *testing.T) {
	t.Parallel()
	off := hoursOf("Europe/Berlin", nil, nil)
	off.Enabled = false
	at := instant(t, "2026-03-02 12:00")
	for _, h := range []*Hours{nil, {}, off} {
		c := calendarOf(t, h)
		if c != nil || !c.IsOpen(at) || c.BusinessDuration(at, at.Add(time.Hour)) != time.Hour || c.Week(at) != nil {
			t.Errorf("%v: %v", h, c)
		}
		if next, ok := c.NextOpening(at); !ok || next != at {
			t.Errorf("opens at %s", next)
		}
		if next, ok := c.NextChange(at); ok {
			t.Errorf("changes at %s", next)
		}
		if since, closed := c.ClosedSince(at); closed {
			t.Errorf("closed since %s", since)
		}
	}
}

func TestWhatNeverChanges(t *testing.T) {
	t.Parallel()
	at := instant(t, "2026-03-02 12:00")
	closed := calendarOf(t, hoursOf("Europe/Berlin", nil, nil))
	open := calendarOf(t, hoursOf("Europe/Berlin", daily("00:00-12:00", "12:00-24:00"), nil))
	if next, ok := closed.NextOpening(at); ok {
		t.Errorf("opens at %s", next)
	}
	if since, ok := closed.ClosedSince(at); !ok || !since.IsZero() {
		t.Errorf("closed since %s", since)
	}
	for _, c := range []*Calendar{closed, open} {
		if next, ok := c.NextChange(at); ok {
			t.Errorf("changes at %s", next)
		}
	}
	year := instant(t, "2027-03-02 12:00").Sub(at)
	if a, b := closed.BusinessDuration(at, at.Add(year)), open.BusinessDuration(at, at.Add(year)); a != 0 || b != year {
		t.Errorf("open for %s and %s", a, b)
	}
}

func TestBusinessDurationEndsWithinASecond(t *testing.T) {
	t.Parallel()
	c := calendarOf(t, hoursOf("UTC", daily("09:00-18:00"), nil))
	at := func(clock string) time.Time {
		d, _ := time.ParseDuration(clock)
		return instant(t, "2026-03-02 00:00").Add(d)
	}
	for want, span := range map[string][2]string{
		"1ns":      {"9h0m0s", "9h0m0.000000001s"},
		"600ms":    {"9h0m0.4s", "9h0m1s"},
		"700ms":    {"9h0m0.4s", "9h0m1.1s"},
		"400ms":    {"8h59m59.5s", "9h0m0.4s"},
		"500ms":    {"17h59m59.5s", "18h0m0.7s"},
		"9h0m0s":   {"0h", "24h"},
		"18h0m0s":  {"9h", "42h"},
		"4500h0ms": {"0h", "12000h"},
		"0s":       {"18h", "33h"},
		"0ms":      {"17h", "9h"}, // backwards
		"0ns":      {"9h", "9h"},
	} {
		d, _ := time.ParseDuration(want)
		if got := c.BusinessDuration(at(span[0]), at(span[1])); got != d {
			t.Errorf("%v: %s, want %s", span, got, want)
		}
	}
	if got := c.BusinessDuration(time.Time{}, at("0h")); got < 290*365*24*time.Hour {
		t.Errorf("from the zero time: %s", got)
	}
}

func TestClosedSince(t *testing.T) {
	t.Parallel()
	h := hoursOf("Europe/Berlin", map[Weekday][]string{Friday: {"09:00-18:00"}, Monday: {"09:00-18:00"}}, map[string][]string{"2026-03-02": nil})
	c := calendarOf(t, h)
	for at, want := range map[string]string{
		"2026-02-27 16:59": "",                 // open
		"2026-02-27 17:00": "2026-02-27 17:00", // closes now
		"2026-03-01 12:00": "2026-02-27 17:00", // the weekend
		"2026-03-02 12:00": "2026-02-27 17:00", // a closed Monday
		"2026-03-06 07:59": "2026-02-27 17:00", // up to Friday
		"2026-03-06 08:00": "",
		"2026-03-30 06:59": "2026-03-27 17:00", // summer time came
	} {
		since, closed := c.ClosedSince(instant(t, at).Add(59*time.Second + 1))
		if closed != (want != "") || closed && !since.Equal(instant(t, want)) {
			t.Errorf("%s: closed since %s, %v", at, since, closed)
		}
	}
}

// A year and more of holidays in a row stays within the horizon, forwards and back.
func TestTheMostExceptionsInARow(t *testing.T) {
	t.Parallel()
	h := hoursOf("Europe/Berlin", map[Weekday][]string{Thursday: {"09:00-18:00"}}, nil)
	first := instant(t, "2026-01-01 00:00") // a Thursday, as is the last
	for i := range MaxExceptions {
		h.Exceptions = append(h.Exceptions, Exception{Date: first.AddDate(0, 0, i).Format(time.DateOnly)})
	}
	c := calendarOf(t, h)
	before, after := instant(t, "2025-12-25 17:00"), instant(t, "2027-05-20 07:00")
	if next, ok := c.NextOpening(before); !ok || !next.Equal(after) {
		t.Errorf("opens at %s", next)
	}
	if since, ok := c.ClosedSince(after.Add(-1)); !ok || !since.Equal(before) {
		t.Errorf("closed since %s", since)
	}
}

func TestWeekIsPreviewed(t *testing.T) {
	t.Parallel()
	h := hoursOf("Europe/Berlin", map[Weekday][]string{Saturday: {"22:00-02:30", "09:00-12:00"}, Sunday: {"02:30-02:45"}},
		map[string][]string{"2026-10-28": {"10:00-11:00"}, "2026-10-27": nil})
	want := []string{ // the zone leaves summer time on the 25th
		"2026-10-24 09:00-12:00 22:00-00:00", "2026-10-25 00:00-02:45 02:00-02:45", "2026-10-26",
		"2026-10-27 (on 2026-10-27)", "2026-10-28 (on 2026-10-28) 10:00-11:00", "2026-10-29", "2026-10-30",
	}
	days := calendarOf(t, h).Week(instant(t, "2026-10-23 22:30")) // past midnight there
	if len(days) != len(want) {
		t.Fatalf("%d days", len(days))
	}
	for i, d := range days {
		text := d.Date
		if d.Exception != nil {
			text += " (" + *d.Exception + ")"
		}
		for _, p := range d.Open {
			text += p.Start.Format(" 15:04") + p.End.Format("-15:04")
		}
		if text != want[i] {
			t.Errorf("%s, want %s", text, want[i])
		}
	}
	if night := days[1].Open; len(night) != 2 || night[0].End.Sub(night[0].Start) != 2*time.Hour+45*time.Minute || night[1].Start.Sub(night[0].End) != 15*time.Minute {
		t.Errorf("the doubled hour is previewed as %v", night)
	}
}

// Wherever the zone is, its midnights bound the days: also those that came early, late or not at all.
func TestPreviewedDaysAreWhole(t *testing.T) {
	t.Parallel()
	for zone, c := range map[string]struct {
		from, want string
	}{
		"America/New_York":   {"2026-10-31 04:00", "24h 25h 24h 24h 24h 24h 24h"},
		"America/Sao_Paulo":  {"2018-11-02 03:00", "24h 24h 23h 24h 24h 24h 24h"},
		"Antarctica/Troll":   {"2026-03-27 00:00", "24h 24h 22h 24h 24h 24h 24h"},
		"Pacific/Apia":       {"2011-12-28 10:00", "24h 24h 0h 24h 24h 24h 24h"},
		"Pacific/Kiritimati": {"2025-12-31 10:00", "24h 24h 24h 24h 24h 24h 24h"},
		"Etc/GMT+12":         {"2026-01-01 12:00", "24h 24h 24h 24h 24h 24h 24h"},
	} {
		var got []string
		end := instant(t, c.from)
		for _, d := range calendarOf(t, hoursOf(zone, daily("00:00-24:00"), nil)).Week(end) {
			start := end
			for _, p := range d.Open {
				if !p.Start.Equal(end) {
					t.Errorf("%s: from %s to %s is left out", zone, end, p.Start)
				}
				end = p.End
			}
			got = append(got, fmt.Sprintf("%gh", end.Sub(start).Hours()))
		}
		if text := strings.Join(got, " "); text != c.want {
			t.Errorf("%s: %s, want %s", zone, text, c.want)
		}
	}
}

// It is asked for each rule and each incoming message. AllocsPerRun forbids t.Parallel.
func TestIsOpenAllocatesNothing(t *testing.T) {
	c := calendarOf(t, hoursOf("Europe/Berlin", daily("09:00-18:00"), map[string][]string{"2026-12-25": nil}))
	at, opened := instant(t, "2026-12-25 12:00"), 0
	if n := testing.AllocsPerRun(1000, func() {
		if at = at.Add(time.Hour); c.IsOpen(at) {
			opened++
		}
	}); n != 0 || opened == 0 {
		t.Errorf("%v allocations, open %d times", n, opened)
	}
}

func BenchmarkCalendar(b *testing.B) {
	dates := map[string][]string{}
	for i := range MaxExceptions {
		dates[time.Date(2026, 1, 1+2*i, 0, 0, 0, 0, time.UTC).Format(time.DateOnly)] = []string{"10:00-12:00"}
	}
	h := hoursOf("Europe/Berlin", daily("09:00-12:00", "13:00-18:00"), dates)
	c := calendarOf(b, h)
	at := instant(b, "2026-07-04 23:00")
	for name, ask := range map[string]func(at time.Time){
		"In":                    func(at time.Time) { _, _ = at.In(c.zone).Zone() },
		"IsOpen":                func(at time.Time) { c.IsOpen(at) },
		"NextChange":            func(at time.Time) { c.NextChange(at) },
		"ClosedSince":           func(at time.Time) { c.ClosedSince(at) },
		"BusinessDuration/day":  func(at time.Time) { c.BusinessDuration(at, at.AddDate(0, 0, 1)) },
		"BusinessDuration/year": func(at time.Time) { c.BusinessDuration(at, at.AddDate(1, 0, 0)) },
		"Week":                  func(at time.Time) { c.Week(at) },
		"NewCalendar":           func(time.Time) { _, _ = NewCalendar(h) },
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				ask(at)
			}
		})
	}
}
