package model

import (
	"testing"
	"time"
)

func TestDecideAutoReply(t *testing.T) {
	t.Parallel()
	hours := &Hours{Enabled: true, TimeZone: "Europe/Berlin", Weekly: []DayHours{{Day: Monday, Intervals: []Interval{{Opens: 9 * 60, Closes: 18 * 60}}}}}
	calendar, err := NewCalendar(hours)
	if err != nil {
		t.Fatal(err)
	}
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	monday := func(hour, minute int) time.Time { return time.Date(2026, 11, 23, hour, minute, 0, 0, berlin) }
	since := func(at time.Time) *time.Time { return &at }
	cases := map[string]struct {
		heard Heard
		want  MessageKind // "": nothing is said
		begun time.Time   // of the closed period
	}{
		"a new conversation is greeted":                  {heard: Heard{At: monday(10, 0), Begins: true, Greeting: "Hi"}, want: GreetingMessage},
		"one that goes on is not":                        {heard: Heard{At: monday(10, 0), Greeting: "Hi"}},
		"without a greeting nothing is said":             {heard: Heard{At: monday(10, 0), Begins: true}},
		"inside the hours, too":                          {heard: Heard{At: monday(10, 0), Begins: true, Greeting: "Hi", Away: "Away", Calendar: calendar}, want: GreetingMessage},
		"the last second is inside":                      {heard: Heard{At: monday(17, 59), Away: "Away", Calendar: calendar}},
		"outside the unavailable message stands instead": {heard: Heard{At: monday(18, 0), Begins: true, Greeting: "Hi", Away: "Away", Calendar: calendar}, want: UnavailableMessage, begun: monday(18, 0)},
		"also in a conversation that goes on":            {heard: Heard{At: monday(20, 0), Greeting: "Hi", Away: "Away", Calendar: calendar}, want: UnavailableMessage, begun: monday(18, 0)},
		"once in a closed period":                        {heard: Heard{At: monday(23, 0), Begins: true, Greeting: "Hi", Away: "Away", Calendar: calendar, LastAwayAt: since(monday(18, 0))}},
		"and again in the next one":                      {heard: Heard{At: monday(20, 0), Away: "Away", Calendar: calendar, LastAwayAt: since(monday(18, 0).AddDate(0, 0, -7))}, want: UnavailableMessage, begun: monday(18, 0)},
		"without a message the greeting goes":            {heard: Heard{At: monday(20, 0), Begins: true, Greeting: "Hi", Calendar: calendar}, want: GreetingMessage},
		"an agent who just wrote is there":               {heard: Heard{At: monday(18, 4), Away: "Away", Calendar: calendar, AgentAt: since(monday(18, 0))}},
		"five minutes later not any more":                {heard: Heard{At: monday(18, 5), Away: "Away", Calendar: calendar, AgentAt: since(monday(18, 0))}, want: UnavailableMessage, begun: monday(18, 0)},
	}
	for name, c := range cases {
		got := DecideAutoReply(c.heard)
		switch {
		case got == nil && c.want != "":
			t.Errorf("%s: nothing is said", name)
		case got != nil && (got.Kind != c.want || !got.Period.Equal(c.begun)):
			t.Errorf("%s: %+v, want %s of %s", name, got, c.want, c.begun)
		case got != nil && got.Text != map[MessageKind]string{GreetingMessage: "Hi", UnavailableMessage: "Away"}[got.Kind]:
			t.Errorf("%s: the text is %q", name, got.Text)
		}
	}
}
