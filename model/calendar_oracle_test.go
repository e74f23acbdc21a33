package model

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"
)

// oracleZones are the zones to hold the calendar against, each with three years in which something happens there, and
// days around which the ordinary test looks.
var oracleZones = []struct {
	name  string
	years int
	near  []string
}{
	{"America/New_York", 2006, []string{"2007-03-11", "2007-11-04"}}, // other rules from 2007 on
	{"Europe/Berlin", 2024, []string{"2024-10-27", "2025-03-30"}},
	{"Europe/Dublin", 2047, []string{"2048-03-29", "2048-12-31"}},    // winter is the saved time; past the explicit transitions, with a leap year
	{"Australia/Lord_Howe", 2024, []string{"2024-04-07"}},            // half an hour
	{"Antarctica/Troll", 2024, []string{"2024-03-31", "2024-10-27"}}, // two hours
	{"America/Sao_Paulo", 2017, []string{"2018-02-18", "2018-11-04"}},
	{"Africa/Cairo", 2022, []string{"2023-04-28"}},
	{"Asia/Tokyo", 1949, []string{"1950-05-07"}}, // before 1970, and the only years with a change
	{"Asia/Kathmandu", 1985, []string{"1986-01-01"}},
	{"Pacific/Apia", 2010, []string{"2011-12-30"}}, // a day that never was
	{"Africa/Casablanca", 2024, []string{"2024-03-10", "2025-04-06"}},
	{"UTC", 2024, []string{"2024-02-29"}},
}

// oracle knows for each minute of a stretch whether the channel is open: it reads the clock in the zone and looks into
// the hours, one minute after the other, and shares no code with the calendar.
type oracle struct {
	start time.Time
	open  []bool
	sum   []int // open minutes before each one, and in the end all of them
	turn  []int // the first later minute that is not as this one; the number of minutes when there is none
	since []int // the first minute of those before it that are as this one
}

func newOracle(h *Hours, zone *time.Location, start time.Time, minutes int) *oracle {
	o := &oracle{start: start, open: make([]bool, minutes), sum: make([]int, minutes+1), turn: make([]int, minutes), since: make([]int, minutes)}
	var today, eve []Interval
	yearDay := 0
	for i := range minutes {
		local := start.Add(time.Duration(i) * time.Minute).In(zone)
		if local.YearDay() != yearDay {
			date := local.Format("2006-01-02")
			yearDay, today, eve = local.YearDay(), h.on(date), h.eveOf(date)
		}
		minute := LocalTime(local.Hour()*60 + local.Minute())
		o.open[i] = slices.ContainsFunc(today, func(v Interval) bool {
			return minute >= v.Opens && (minute < v.Closes || v.Closes <= v.Opens)
		}) || slices.ContainsFunc(eve, func(v Interval) bool { return v.Closes <= v.Opens && minute < v.Closes })
	}
	o.index()
	return o
}

// on returns the intervals that begin on the date.
func (h *Hours) on(date string) []Interval {
	for _, e := range h.Exceptions {
		if e.Date == date {
			return e.Intervals
		}
	}
	t, _ := time.Parse("2006-01-02", date)
	for _, d := range h.Weekly {
		if strings.EqualFold(string(d.Day), t.Weekday().String()) {
			return d.Intervals
		}
	}
	return nil
}

// eveOf returns the intervals of the date before, unless nothing of them counts.
func (h *Hours) eveOf(date string) []Interval {
	if slices.ContainsFunc(h.Exceptions, func(e Exception) bool { return e.Date == date }) {
		return nil
	}
	t, _ := time.Parse("2006-01-02", date)
	return h.on(t.AddDate(0, 0, -1).Format("2006-01-02"))
}

func (o *oracle) index() {
	n := len(o.open)
	for i, open := range o.open {
		o.sum[i+1] = o.sum[i]
		if open {
			o.sum[i+1]++
		}
		if i > 0 && o.open[i-1] == open {
			o.since[i] = o.since[i-1]
		} else {
			o.since[i] = i
		}
	}
	for i := n - 1; i >= 0; i-- {
		if i+1 < n && o.open[i+1] == o.open[i] {
			o.turn[i] = o.turn[i+1]
		} else {
			o.turn[i] = i + 1
		}
	}
}

func (o *oracle) at(minute int) time.Time {
	return o.start.Add(time.Duration(minute) * time.Minute)
}

// until counts the open time up to an instant within the minute.
func (o *oracle) until(minute int, within time.Duration) time.Duration {
	d := time.Duration(o.sum[minute]) * time.Minute
	if o.open[minute] {
		d += within
	}
	return d
}

// compare asks the calendar about one instant and returns how many of its answers were compared.
func (o *oracle) compare(t testing.TB, c *Calendar, minute int, within time.Duration) int {
	at, open := o.at(minute).Add(within), o.open[minute]
	if got := c.IsOpen(at); got != open {
		t.Fatalf("%s: open is %v", at.In(c.zone), got)
	}
	o.sameTurn(t, c, at, minute)
	opening, ok := c.NextOpening(at)
	if change, too := c.NextChange(at); open && !opening.Equal(at) || !open && (ok != too || !opening.Equal(change)) {
		t.Fatalf("%s: opens next at %s, changes at %s", at.In(c.zone), opening, change)
	}
	return 3
}

// sameTurn takes any answer after the end of the stretch for right when nothing changes up to it.
func (o *oracle) sameTurn(t testing.TB, c *Calendar, at time.Time, minute int) {
	got, ok := c.NextChange(at)
	want := o.at(o.turn[minute])
	if o.turn[minute] < len(o.open) && !(ok && got.Equal(want)) || ok && got.Before(want) {
		t.Fatalf("%s: changes next at %s, %v, and not %s", at.In(c.zone), got, ok, want.In(c.zone))
	}
}

func (o *oracle) compareBack(t testing.TB, c *Calendar, minute int, within time.Duration) int {
	at := o.at(minute).Add(within)
	got, closed := c.ClosedSince(at)
	want := o.at(o.since[minute])
	if closed == o.open[minute] || closed && o.since[minute] > 0 && !got.Equal(want) || closed && got.After(want) {
		t.Fatalf("%s: closed since %s, %v, and not %s", at.In(c.zone), got, closed, want.In(c.zone))
	}
	return 1
}

func (o *oracle) compareDuration(t testing.TB, c *Calendar, a, b int, withinA, withinB time.Duration) int {
	from, to := o.at(a).Add(withinA), o.at(b).Add(withinB)
	want := max(0, o.until(b, withinB)-o.until(a, withinA))
	if got := c.BusinessDuration(from, to); got != want {
		t.Fatalf("from %s to %s: %s open, and not %s", from.In(c.zone), to.In(c.zone), got, want)
	}
	return 1
}

// compareRandom asks about n instants anywhere, and durations between them.
func (o *oracle) compareRandom(t testing.TB, c *Calendar, r *rand.Rand, n int) (probes int) {
	for range n {
		a, b := r.IntN(len(o.open)), r.IntN(len(o.open))
		withinA, withinB := time.Duration(r.IntN(int(time.Minute))), time.Duration(r.IntN(int(time.Minute)))
		probes += o.compare(t, c, a, withinA)
		probes += o.compareBack(t, c, b, withinB)
		probes += o.compareDuration(t, c, a, b, withinA, withinB)
	}
	return probes
}

// randomHours makes hours with some intervals at the times when zones change, nights, whole days and days that are
// closed, and exceptions within the days from start on, often next to each other.
func randomHours(r *rand.Rand, zone string, start time.Time, days, exceptions int) *Hours {
	h := &Hours{Enabled: true, TimeZone: zone}
	for _, day := range weekdays {
		h.Weekly = append(h.Weekly, DayHours{Day: day})
	}
	for range 7 {
		add(h, &h.Weekly[r.IntN(7)].Intervals, randomInterval(r), randomInterval(r))
	}
	for day := r.IntN(days); exceptions > 0; exceptions-- {
		h.Exceptions = append(h.Exceptions, Exception{Date: start.AddDate(0, 0, day).Format("2006-01-02")})
		if h.Check() != nil { // the date twice
			h.Exceptions = h.Exceptions[:len(h.Exceptions)-1]
		} else if r.IntN(3) > 0 {
			add(h, &h.Exceptions[len(h.Exceptions)-1].Intervals, randomInterval(r), randomInterval(r))
		}
		if day++; r.IntN(2) == 0 || day >= days {
			day = r.IntN(days)
		}
	}
	return h
}

func add(h *Hours, to *[]Interval, intervals ...Interval) {
	for _, i := range intervals {
		before := *to
		if *to = append(slices.Clone(before), i); h.Check() != nil {
			*to = before
		}
	}
}

func randomInterval(r *rand.Rand) Interval {
	if r.IntN(8) == 0 {
		return Interval{0, EndOfDay}
	}
	edges := []LocalTime{0, 30, 60, 75, 90, 100, 120, 135, 150, 165, 180, 200, 240, 9 * 60, 13 * 60, 22 * 60, 23 * 60, 1410, 1439}
	i := Interval{edges[r.IntN(len(edges))], edges[r.IntN(len(edges))]}
	if r.IntN(3) == 0 {
		i = Interval{LocalTime(r.IntN(1440)), LocalTime(r.IntN(1441))}
	}
	if r.IntN(4) == 0 {
		i.Closes = EndOfDay
	}
	return i
}

func newOracleCase(t testing.TB, r *rand.Rand, zone string, start time.Time, days, exceptions int) (*Calendar, *oracle) {
	h := randomHours(r, zone, start, days, exceptions)
	c, err := NewCalendar(h)
	if err != nil {
		t.Fatalf("%+v: %v", h, err)
	}
	return c, newOracle(h, c.zone, start, days*24*60)
}

func TestCalendarAgainstTheClock(t *testing.T) {
	t.Parallel()
	for i, z := range oracleZones {
		for j, near := range z.near {
			t.Run(fmt.Sprint(z.name, " ", near), func(t *testing.T) {
				t.Parallel()
				day, _ := time.Parse("2006-01-02", near)
				r := rand.New(rand.NewPCG(uint64(i), uint64(j)))
				c, o := newOracleCase(t, r, z.name, day.AddDate(0, 0, -3), 7, 3)
				for minute := 0; minute < len(o.open); minute++ {
					o.compare(t, c, minute, 0)
				}
				o.compareRandom(t, c, r, 200)
			})
		}
	}
}

// BenchmarkCalendarOracle is the whole proof: each minute of three years in each zone.
// Run it with -bench CalendarOracle -benchtime 1x.
func BenchmarkCalendarOracle(b *testing.B) {
	for b.Loop() {
		probes, instants := 0, 0
		for i, z := range oracleZones {
			start := time.Date(z.years, 1, 1, 0, 0, 0, 0, time.UTC)
			r := rand.New(rand.NewPCG(uint64(i), 2026))
			c, o := newOracleCase(b, r, z.name, start, 3*365, 80)
			for minute := 0; minute < len(o.open); minute++ {
				probes += o.compare(b, c, minute, 0)
			}
			probes += o.compareRandom(b, c, r, 100_000)
			instants += len(o.open) + 200_000
		}
		b.ReportMetric(float64(instants), "instants")
		b.ReportMetric(float64(probes), "probes")
	}
}
