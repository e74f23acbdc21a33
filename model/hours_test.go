package model

import (
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"
)

func intervals(texts ...string) []Interval {
	list := []Interval{}
	for _, text := range texts {
		opens, closes, _ := strings.Cut(text, "-")
		from, _ := ParseLocalTime(opens)
		to, _ := ParseLocalTime(closes)
		list = append(list, Interval{from, to})
	}
	return list
}

func hoursOf(zone string, weekly map[Weekday][]string, exceptions map[string][]string) *Hours {
	h := &Hours{Enabled: true, TimeZone: zone}
	for _, day := range weekdays {
		if texts, ok := weekly[day]; ok {
			h.Weekly = append(h.Weekly, DayHours{day, intervals(texts...)})
		}
	}
	for date, texts := range exceptions {
		h.Exceptions = append(h.Exceptions, Exception{Date: date, Name: "on " + date, Intervals: intervals(texts...)})
	}
	return h
}

func daily(texts ...string) map[Weekday][]string {
	week := map[Weekday][]string{}
	for _, day := range weekdays {
		week[day] = texts
	}
	return week
}

func TestHoursAreRefusedWithTheirPlace(t *testing.T) {
	t.Parallel()
	week := func(days ...DayHours) func(*Hours) { return func(h *Hours) { h.Weekly = days } }
	except := func(list ...Exception) func(*Hours) { return func(h *Hours) { h.Exceptions = list } }
	zone := func(name string) func(*Hours) { return func(h *Hours) { h.TimeZone = name } }
	many := slices.Repeat(intervals("09:00-10:00"), MaxIntervals+1)
	cases := map[string]struct {
		change func(*Hours)
		path   string
		code   Code
	}{
		"no zone":                  {zone(""), "timeZone", Invalid},
		"the machine's zone":       {zone("Local"), "timeZone", Invalid},
		"the machine's zone file":  {zone("localtime"), "timeZone", Invalid},
		"leap seconds":             {zone("right/Europe/Berlin"), "timeZone", Invalid},
		"a copy":                   {zone("posix/Europe/Berlin"), "timeZone", Invalid},
		"unknown zone":             {zone("Europe/Bonn"), "timeZone", Invalid},
		"a region":                 {zone("Europe"), "timeZone", Invalid},
		"an offset":                {zone("+09:00"), "timeZone", Invalid},
		"a path":                   {zone("../etc/passwd"), "timeZone", Invalid},
		"a zone with NUL":          {zone("UTC\x00"), "timeZone", Invalid},
		"long message":             {func(h *Hours) { h.UnavailableMessage = strings.Repeat("👍", MaxText/2) + "!" }, "unavailableMessage", TooLarge},
		"unknown day":              {week(DayHours{Day: "FUNDAY"}), "weekly 0 day", Invalid},
		"day in small letters":     {week(DayHours{Day: "monday"}), "weekly 0 day", Invalid},
		"day twice":                {week(DayHours{Day: Monday}, DayHours{Day: Sunday}, DayHours{Day: Monday}), "weekly 2 day", Invalid},
		"opens at the end":         {week(DayHours{Monday, []Interval{{EndOfDay, 60}}}), "weekly 0 intervals 0 opens", Invalid},
		"opens at what is no time": {week(DayHours{Monday, intervals("9:00-10:00")}), "weekly 0 intervals 0 opens", Invalid},
		"closes after the end":     {week(DayHours{Monday, []Interval{{60, EndOfDay + 1}}}), "weekly 0 intervals 0 closes", Invalid},
		"closes at no time":        {week(DayHours{Monday, intervals("08:00-09:00", "10:00-25:00")}), "weekly 0 intervals 1 closes", Invalid},
		"midnight to midnight":     {week(DayHours{Monday, intervals("00:00-00:00")}), "weekly 0 intervals 0 closes", Invalid},
		"closes when it opens":     {week(DayHours{Monday, intervals("08:00-09:00", "09:00-09:00")}), "weekly 0 intervals 1 closes", Invalid},
		"overlap":                  {week(DayHours{Monday, intervals("09:00-12:00", "11:59-13:00")}), "weekly 0 intervals 1", Invalid},
		"the same twice":           {week(DayHours{Monday, intervals("00:00-24:00", "00:00-24:00")}), "weekly 0 intervals 1", Invalid},
		"two nights":               {week(DayHours{Monday, intervals("22:00-02:00", "23:00-01:00")}), "weekly 0 intervals 1", Invalid},
		"night against next day":   {week(DayHours{Monday, intervals("22:00-06:00")}, DayHours{Tuesday, intervals("12:00-13:00", "05:00-09:00")}), "weekly 1 intervals 1", Invalid},
		"next day against night":   {week(DayHours{Tuesday, intervals("05:00-09:00")}, DayHours{Monday, intervals("22:00-06:00")}), "weekly 1 intervals 0", Invalid},
		"Sunday night":             {week(DayHours{Monday, intervals("00:00-01:00")}, DayHours{Sunday, intervals("23:00-00:01")}), "weekly 1 intervals 0", Invalid},
		"many intervals":           {week(DayHours{Monday, many}), "weekly 0 intervals", Invalid},
		"many in an exception":     {except(Exception{Date: "2026-01-01", Intervals: many}), "exceptions 0 intervals", Invalid},
		"many exceptions":          {except(make([]Exception, MaxExceptions+1)...), "exceptions", Invalid},
		"no date":                  {except(Exception{}), "exceptions 0 date", Invalid},
		"impossible date":          {except(Exception{Date: "2026-01-01"}, Exception{Date: "2026-02-29"}), "exceptions 1 date", Invalid},
		"short date":               {except(Exception{Date: "2026-1-1"}), "exceptions 0 date", Invalid},
		"date and time":            {except(Exception{Date: "2026-01-01T00:00:00Z"}), "exceptions 0 date", Invalid},
		"date twice":               {except(Exception{Date: "2026-01-01"}, Exception{Date: "2026-01-02"}, Exception{Date: "2026-01-01"}), "exceptions 2 date", Invalid},
		"long name":                {except(Exception{Date: "2026-01-01", Name: strings.Repeat("é", MaxExceptionName+1)}), "exceptions 0 name", Invalid},
		"overlap in an exception":  {except(Exception{Date: "2026-01-01", Intervals: intervals("22:00-06:00", "23:00-24:00")}), "exceptions 0 intervals 1", Invalid},
		"equal in an exception":    {except(Exception{Date: "2026-01-01", Intervals: intervals("10:00-10:00")}), "exceptions 0 intervals 0 closes", Invalid},
	}
	for name, c := range cases {
		h := hoursOf("Europe/Berlin", daily("09:00-18:00"), nil)
		c.change(h)
		err := h.Check()
		var e *Error
		if !errors.As(err, &e) || e.Code != c.code || strings.Join(e.Field, " ") != c.path {
			t.Errorf("%s: %v at %v, want %s at %s", name, err, e, c.code, c.path)
		}
		if _, too := NewCalendar(h); !reflect.DeepEqual(err, too) {
			t.Errorf("%s: the calendar says %v", name, too)
		}
	}
}

func TestHoursThatAreTaken(t *testing.T) {
	t.Parallel()
	dates := map[string][]string{}
	for i := range MaxExceptions {
		dates[time.Date(2026, 1, 1+i, 0, 0, 0, 0, time.UTC).Format(time.DateOnly)] = []string{"22:00-21:59"}
	}
	twenty := make([]string, MaxIntervals)
	for i := range twenty {
		twenty[i] = fmt.Sprintf("%02d:00-%02d:00", i, i+1)
	}
	for name, h := range map[string]*Hours{
		"no week":                     hoursOf("UTC", nil, nil),
		"days that touch":             hoursOf("UTC", daily("00:00-09:00", "09:00-24:00"), nil),
		"nights that touch":           hoursOf("UTC", daily("06:00-12:00", "12:00-06:00"), nil),
		"a night up to midnight":      hoursOf("UTC", daily("22:00-00:00", "00:00-01:00"), nil),
		"as many intervals as can be": hoursOf("UTC", daily(twenty...), nil),
		"as many dates as can be":     hoursOf("UTC", nil, dates),
		"a holiday's night into work": hoursOf("UTC", daily("09:00-12:00"), map[string][]string{"2026-12-31": {"20:00-10:00"}}),
		"an old name of a zone":       hoursOf("Asia/Calcutta", daily("09:00-12:00"), nil),
		"a message as long as can be": {TimeZone: "Asia/Tokyo", UnavailableMessage: strings.Repeat("👍", MaxText/2)},
		"a name as long as can be":    {TimeZone: "UTC", Exceptions: []Exception{{Date: "2028-02-29", Name: strings.Repeat("é", MaxExceptionName)}}},
	} {
		if err := h.Check(); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestHoursAreKeptAsJSON(t *testing.T) {
	t.Parallel()
	text := `{"enabled":true,"timeZone":"Asia/Tokyo","unavailableMessage":"Closed.",` +
		`"weekly":[{"day":"MONDAY","intervals":[{"opens":"09:05","closes":"24:00"}]},{"day":"SUNDAY","intervals":[]}],` +
		`"exceptions":[{"date":"2026-12-25","name":"Christmas","intervals":[{"opens":"22:00","closes":"06:00"}]}]}`
	var h Hours
	if err := json.Unmarshal([]byte(text), &h); err != nil {
		t.Fatal(err)
	}
	if got := h.Weekly[0].Intervals[0]; got != (Interval{9*60 + 5, EndOfDay}) {
		t.Errorf("read as %v", got)
	}
	if again, err := json.Marshal(h); err != nil || string(again) != text {
		t.Errorf("%s, %v", again, err)
	}
	for _, bad := range []string{"9:00", "24:01", "12:60", "1200", "", "-1:00", "09:00:00", "٠٩:٠٠"} {
		if err := json.Unmarshal([]byte(`{"opens":"`+bad+`"}`), &Interval{}); CodeOf(err) != Invalid {
			t.Errorf("%q: %v", bad, err)
		}
	}
	if got, err := json.Marshal(Interval{0, EndOfDay + 1}); err == nil {
		t.Errorf("wrote %s", got)
	}
}

func FuzzLocalTime(f *testing.F) {
	for _, s := range []string{"00:00", "23:59", "24:00", "24:01", "9:00", "09:0", "+9:00", "09.00", "09:00.0"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		got, err := ParseLocalTime(s)
		if err != nil {
			if CodeOf(err) != Invalid || got != -1 {
				t.Errorf("%q: %d, %v", s, got, err)
			}
			return
		}
		if got < 0 || got > EndOfDay || got.String() != s {
			t.Errorf("%q became %d, %q", s, got, got)
		}
	})
}
