package model

import (
	"slices"
	"strings"
	"time"
)

func (b BusinessHours) field() string { return "businessHours" }

func (b BusinessHours) check() *Error {
	if b != InsideHours && b != OutsideHours {
		return Refuse(Invalid, "Business hours are INSIDE or OUTSIDE.", b.field())
	}
	return nil
}

func (b BusinessHours) compile() func(*facts) bool {
	return func(f *facts) bool { return f.Open == (b == InsideHours) }
}

func (b BusinessHours) words(Names) string {
	if b == InsideHours {
		return "it is inside business hours"
	}
	return "it is outside business hours"
}

func (b BusinessHours) implies(other test) bool { return b == other }

func (b BusinessHours) excludes(other test) bool {
	o, ok := other.(BusinessHours)
	return ok && b != o
}

func (c *TimeCondition) field() string { return "localTime" }

func (c *TimeCondition) check() *Error {
	for _, day := range c.Weekdays {
		if !slices.Contains(weekdays, day) {
			return Refuse(Invalid, "A weekday is one from MONDAY to SUNDAY.", c.field(), "weekdays")
		}
	}
	switch {
	case c.Weekdays != nil && len(c.Weekdays) == 0 || len(c.Weekdays) > len(weekdays):
		return Refuse(Invalid, "Name each weekday once, or leave weekdays out for every day.", c.field(), "weekdays")
	case c.From == nil && c.To == nil && c.Weekdays == nil:
		return Refuse(Invalid, "Give weekdays, or from and to, or all three.", c.field())
	case c.From == nil && c.To == nil:
		return nil
	case c.From == nil || *c.From < 0 || *c.From >= EndOfDay:
		return Refuse(Invalid, "Write when it begins as HH:MM, from 00:00 to 23:59.", c.field(), "from")
	case c.To == nil || *c.To < 0 || *c.To > EndOfDay:
		return Refuse(Invalid, "Write when it ends as HH:MM, from 00:00 to 24:00.", c.field(), "to")
	case *c.From == *c.To:
		return Refuse(Invalid, "It ends when it begins. For whole days leave from and to out.", c.field(), "to")
	}
	return nil
}

// bounds returns the minutes after the midnight of the weekday between which it holds.
func (c *TimeCondition) bounds() (from, to int) {
	if c.From == nil || c.To == nil {
		return 0, int(EndOfDay)
	}
	from, to = int(*c.From), int(*c.To)
	if to <= from {
		to += int(EndOfDay)
	}
	return from, to
}

// on tells whether the stretch may begin on the weekday, counted from Monday.
func (c *TimeCondition) on(day int) bool {
	return len(c.Weekdays) == 0 || slices.Contains(c.Weekdays, weekdays[day])
}

// holds tells whether the minute of the day is in the stretch, which may have begun on the day before.
func (c *TimeCondition) holds(day, minute int) bool {
	from, to := c.bounds()
	late := minute + int(EndOfDay)
	return c.on(day) && from <= minute && minute < to || c.on((day+6)%7) && late < to
}

func (c *TimeCondition) compile() func(*facts) bool {
	return func(f *facts) bool { return c.holds(wallMinute(f.Local)) }
}

func wallMinute(t time.Time) (day, minute int) {
	return (int(t.Weekday()) + 6) % 7, t.Hour()*60 + t.Minute()
}

func (c *TimeCondition) words(Names) string {
	var days []string
	for _, day := range c.Weekdays {
		days = append(days, string(day[:1])+strings.ToLower(string(day[1:])))
	}
	switch {
	case c.From == nil || c.To == nil:
		return "it is " + list(days, "or")
	case len(days) == 0:
		return "it is between " + c.From.String() + " and " + c.To.String()
	}
	return "it is " + list(days, "or") + " from " + c.From.String() + " to " + c.To.String()
}

func (c *TimeCondition) implies(other test) bool {
	o, ok := other.(*TimeCondition)
	return ok && c.throughout(o, func(day, minute int) bool { return !c.holds(day, minute) || o.holds(day, minute) })
}

func (c *TimeCondition) excludes(other test) bool {
	o, ok := other.(*TimeCondition)
	return ok && c.throughout(o, func(day, minute int) bool { return !c.holds(day, minute) || !o.holds(day, minute) })
}

// throughout asks about the whole week, of which only the minutes differ at which one of the stretches begins or ends.
func (c *TimeCondition) throughout(o *TimeCondition, holds func(day, minute int) bool) bool {
	minutes := []int{0}
	for _, t := range []*TimeCondition{c, o} {
		from, to := t.bounds()
		minutes = append(minutes, from, to%int(EndOfDay))
	}
	for day := range weekdays {
		if slices.ContainsFunc(minutes, func(minute int) bool { return !holds(day, minute) }) {
			return false
		}
	}
	return true
}
