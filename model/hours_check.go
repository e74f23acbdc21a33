package model

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// The limits of hours.
const (
	MaxIntervals     = 20 // in one day
	MaxExceptions    = 500
	MaxExceptionName = 100 // characters
)

// Check refuses hours that cannot be meant. They need not be enabled for it: what is stored can be switched on as it
// is. An empty message is no mistake: the hours then serve rules and reports, and nothing is sent. Nor is a week
// without an open minute: such a channel opens on its exceptions only, or never.
func (h *Hours) Check() error {
	_, err := h.check()
	return err
}

func (h *Hours) check() (*time.Location, error) {
	if TextUnits(h.UnavailableMessage) > MaxText {
		return nil, Refuse(TooLarge, fmt.Sprintf("A message holds %d characters at most; emoji count twice.", MaxText), "unavailableMessage")
	}
	zone, err := loadZone(h.TimeZone)
	if err == nil {
		err = checkWeek(h.Weekly)
	}
	if err == nil {
		err = checkExceptions(h.Exceptions)
	}
	return zone, err
}

// loadZone knows zones by their IANA names only. Go also takes names that are not on every machine or mean another time
// there, and right/..., which counts leap seconds.
func loadZone(name string) (*time.Location, error) {
	zone, err := time.LoadLocation(name)
	local := slices.Contains([]string{"", "Local", "localtime", "posixrules"}, name)
	if err != nil || local || strings.HasPrefix(name, "posix/") || strings.HasPrefix(name, "right/") {
		return nil, Refuse(Invalid, "There is no such time zone. Give an IANA name, for example Asia/Tokyo.", "timeZone")
	}
	return zone, nil
}

func checkWeek(week []DayHours) error {
	seen := map[Weekday]bool{}
	taken := make([]bool, 7*EndOfDay) // Sunday's night ends on Monday
	for i, d := range week {
		path := []string{"weekly", strconv.Itoa(i)}
		day := slices.Index(weekdays, d.Day)
		if day < 0 || seen[d.Day] {
			return Refuse(Invalid, "Name each day once, from MONDAY to SUNDAY.", append(path, "day")...)
		}
		seen[d.Day] = true
		if err := claim(taken, day*int(EndOfDay), d.Intervals, path); err != nil {
			return err
		}
	}
	return nil
}

// checkExceptions lets an exception's night run into the hours of an ordinary next day: whoever changes the week need
// not mend the holidays of past years. The two count as one.
func checkExceptions(exceptions []Exception) error {
	if len(exceptions) > MaxExceptions {
		return Refuse(Invalid, fmt.Sprintf("Hours have %d exceptions at most. Remove some of past years.", MaxExceptions), "exceptions")
	}
	seen := map[string]bool{}
	for i, e := range exceptions {
		path := []string{"exceptions", strconv.Itoa(i)}
		if seen[e.Date] {
			return Refuse(Invalid, "There is another exception for this date. Give all its intervals in one.", append(path, "date")...)
		}
		seen[e.Date] = true
		if err := checkException(e, path); err != nil {
			return err
		}
	}
	return nil
}

func checkException(e Exception, path []string) error {
	if _, err := time.Parse(time.DateOnly, e.Date); err != nil {
		return Refuse(Invalid, "Write a date that there is as YYYY-MM-DD.", append(path, "date")...)
	}
	if utf8.RuneCountInString(e.Name) > MaxExceptionName {
		return Refuse(Invalid, fmt.Sprintf("Give a name of %d characters at most.", MaxExceptionName), append(path, "name")...)
	}
	return claim(make([]bool, 2*EndOfDay), 0, e.Intervals, path)
}

// claim marks the minutes of the day's intervals in a ring that begins with a midnight, and refuses those that are taken.
func claim(taken []bool, midnight int, intervals []Interval, day []string) error {
	if len(intervals) > MaxIntervals {
		return Refuse(Invalid, fmt.Sprintf("A day has %d intervals at most.", MaxIntervals), append(day, "intervals")...)
	}
	for i, interval := range intervals {
		path := slices.Concat(day, []string{"intervals", strconv.Itoa(i)})
		if err := checkInterval(interval, path); err != nil {
			return err
		}
		for m := interval.Opens; m < interval.end(); m++ {
			minute := (midnight + int(m)) % len(taken)
			if taken[minute] {
				return Refuse(Invalid, "This overlaps another interval. One that closes before it opens goes on after midnight.", path...)
			}
			taken[minute] = true
		}
	}
	return nil
}

func checkInterval(i Interval, path []string) error {
	switch {
	case i.Opens < 0 || i.Opens >= EndOfDay:
		return Refuse(Invalid, "Write when it opens as HH:MM, from 00:00 to 23:59.", append(path, "opens")...)
	case i.Closes < 0 || i.Closes > EndOfDay:
		return Refuse(Invalid, "Write when it closes as HH:MM, from 00:00 to 24:00.", append(path, "closes")...)
	case i.Opens == i.Closes:
		return Refuse(Invalid, "It closes when it opens. For a whole day write 00:00 to 24:00, for a closed one leave it out.", append(path, "closes")...)
	}
	return nil
}

// end is Closes in minutes after the midnight before Opens.
func (i Interval) end() LocalTime {
	if i.overnight() {
		return EndOfDay + i.Closes
	}
	return i.Closes
}
