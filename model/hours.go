package model

import (
	"fmt"
	"time"
	_ "time/tzdata" // the zones are there on a machine without zone files, and on one that has dropped a zone
)

// Weekday is a day of the week.
type Weekday string

// The weekdays, in their order by ISO 8601.
const (
	Monday    Weekday = "MONDAY"
	Tuesday   Weekday = "TUESDAY"
	Wednesday Weekday = "WEDNESDAY"
	Thursday  Weekday = "THURSDAY"
	Friday    Weekday = "FRIDAY"
	Saturday  Weekday = "SATURDAY"
	Sunday    Weekday = "SUNDAY"
)

var weekdays = []Weekday{Monday, Tuesday, Wednesday, Thursday, Friday, Saturday, Sunday}

// Hours are the business hours of a channel, as they were entered. A Calendar answers from them.
type Hours struct {
	Enabled            bool        `json:"enabled"`  // off: the channel is always open
	TimeZone           string      `json:"timeZone"` // IANA name
	UnavailableMessage string      `json:"unavailableMessage"`
	Weekly             []DayHours  `json:"weekly"` // a weekday that is not named is closed
	Exceptions         []Exception `json:"exceptions"`
}

// NoHours are those of a channel that never set any.
func NoHours() *Hours {
	return &Hours{TimeZone: "UTC", Weekly: []DayHours{}, Exceptions: []Exception{}}
}

// DayHours are the hours of one weekday.
type DayHours struct {
	Day       Weekday    `json:"day"`
	Intervals []Interval `json:"intervals"` // none: closed
}

// Exception holds the hours of one date, in place of what the week says about it: also in place of what would come over
// midnight from the evening before.
type Exception struct {
	Date      string     `json:"date"` // 2026-12-25
	Name      string     `json:"name"`
	Intervals []Interval `json:"intervals"` // none: closed
}

// Interval is a time of the day during which a channel is open: from Opens on, up to and without Closes. When Closes
// is not after Opens it is a time of the next day.
type Interval struct {
	Opens  LocalTime `json:"opens"`
	Closes LocalTime `json:"closes"`
}

func (i Interval) overnight() bool { return i.Closes <= i.Opens }

// LocalTime is a time on the clock on the wall, in minutes after midnight. As text it is "HH:MM".
type LocalTime int

// EndOfDay is "24:00". An interval may close at it, and not open.
const EndOfDay LocalTime = 24 * 60

// ParseLocalTime reads the text form. What it cannot read comes back as -1, which Check refuses with its place.
func ParseLocalTime(s string) (LocalTime, error) {
	if s == EndOfDay.String() {
		return EndOfDay, nil
	}
	t, err := time.Parse("15:04", s) // takes 9:00 for 09:00
	if err != nil || len(s) != len("15:04") {
		return -1, Refuse(Invalid, "Write a time as HH:MM, from 00:00 to 24:00.")
	}
	return LocalTime(t.Hour()*60 + t.Minute()), nil
}

func (t LocalTime) String() string { return fmt.Sprintf("%02d:%02d", int(t)/60, int(t)%60) }

// MarshalText writes the text form, for JSON.
func (t LocalTime) MarshalText() ([]byte, error) {
	if t < 0 || t > EndOfDay {
		return nil, fmt.Errorf("%d minutes after midnight is no local time", int(t))
	}
	return []byte(t.String()), nil
}

// UnmarshalText reads the text form, from JSON.
func (t *LocalTime) UnmarshalText(text []byte) (err error) {
	*t, err = ParseLocalTime(string(text))
	return err
}
