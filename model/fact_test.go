package model

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"
)

var factNames = map[FactKind]string{FactOpened: "OPENED", FactGiven: "GIVEN", FactReopened: "REOPENED", FactResolved: "RESOLVED", FactHandedOver: "HANDED_OVER",
	FactReceived: "RECEIVED", FactSent: "SENT", FactFirstResponse: "FIRST_RESPONSE", FactFromAssignment: "FROM_ASSIGNMENT", FactReply: "REPLY",
	FactAiFirstResponse: "AI_FIRST_RESPONSE", FactAiReply: "AI_REPLY"}

// factNoon is when the histories of the vectors begin.
var factNoon = time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)

// named is a key that holds a name.
func named(name string) (k Key) {
	copy(k[:], name)
	return k
}

func nameOf(k Key) string { return strings.TrimRight(string(k[:]), "\x00") }

// vector is one history with what it should come to.
type vector struct {
	name  string
	story Story
	since time.Time // when the channel's hours were set; zero: never
	want  []string
}

func readVectors(t *testing.T) (list []*vector) {
	t.Helper()
	text, err := os.ReadFile("testdata/facts.txt")
	if err != nil {
		t.Fatal(err)
	}
	for n, line := range strings.Split(string(text), "\n") {
		words := strings.Fields(line)
		switch {
		case len(words) == 0 || strings.HasPrefix(line, "#"):
		case words[0] == "==":
			list = append(list, &vector{name: line[3:], story: Story{Conversation: named("conversation"), Channel: named("shop")}})
		default:
			if err := list[len(list)-1].read(words); err != nil {
				t.Fatalf("line %d: %v", n+1, err)
			}
		}
	}
	return list
}

func (v *vector) read(words []string) error {
	switch words[0] {
	case "=":
		v.want = append(v.want, strings.Join(words[1:], " "))
		return nil
	case "hours":
		v.since = factNoon.Add(-time.Hour)
		if len(words) == 3 {
			after, err := time.ParseDuration(words[2])
			v.since = factNoon.Add(after)
			return err
		}
		return nil
	}
	after, err := time.ParseDuration(words[0])
	if err != nil {
		return err
	}
	at := factNoon.Add(after)
	who := strings.TrimSuffix(words[1], ":")
	switch {
	case words[1] == "change":
		v.change(at, words[2:])
	case words[1] == "customer":
		v.story.Messages = append(v.story.Messages, StoryMessage{At: at})
	case strings.HasPrefix(who, "bot"):
		v.story.Messages = append(v.story.Messages, StoryMessage{At: at, AiAgent: named(who)})
	default:
		v.story.Messages = append(v.story.Messages, StoryMessage{At: at, Agent: named(who)})
	}
	return nil
}

func (v *vector) change(at time.Time, words []string) {
	c := StoryChange{Version: len(v.story.Changes) + 1, At: at, Status: ConversationStatus(words[0])}
	for _, w := range words[1:] {
		name, value, _ := strings.Cut(w, "=")
		switch name {
		case "agent":
			c.Agent = named(value)
		case "ai":
			c.AiAgent = named(value)
		case "team":
			c.Team = named(value)
		case "by":
			c.Actor = named(value)
		case "reason":
			c.Reason = Reason(value)
		case "handed":
			c.HandedOver = true
		}
	}
	v.story.Changes = append(v.story.Changes, c)
}

func officeCalendar(t *testing.T) *Calendar {
	t.Helper()
	h := &Hours{Enabled: true, TimeZone: "UTC", Exceptions: []Exception{}}
	for _, day := range []Weekday{Monday, Tuesday, Wednesday, Thursday, Friday} {
		h.Weekly = append(h.Weekly, DayHours{Day: day, Intervals: []Interval{{Opens: 9 * 60, Closes: 17 * 60}}})
	}
	c, err := NewCalendar(h)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func tell(f Fact) string {
	words := []string{factNames[f.Kind], shortTime(time.UnixMilli(f.At).Sub(factNoon))}
	for _, k := range []Key{f.Credit.Agent, f.Credit.AiAgent, f.Credit.Team} {
		if !k.IsZero() {
			words = append(words, nameOf(k))
		}
	}
	if f.Kind.timed() {
		words = append(words, strconv.FormatInt(f.Wall/1000, 10), strconv.FormatInt(f.Business/1000, 10))
	}
	return strings.Join(words, " ")
}

// shortTime writes a duration as the vectors do, whichever way that is: 90s and 1m30s are the same.
func shortTime(d time.Duration) string { return fmt.Sprint(d) }

func sameFact(got, want string) bool {
	g, w := strings.Fields(got), strings.Fields(want)
	if len(g) != len(w) || len(w) < 2 {
		return false
	}
	if d, err := time.ParseDuration(w[1]); err == nil {
		w[1] = shortTime(d)
	}
	return strings.Join(g, " ") == strings.Join(w, " ")
}

func TestFacts(t *testing.T) {
	t.Parallel()
	office := officeCalendar(t)
	for _, v := range readVectors(t) {
		facts := v.story.Facts(func(channel Key, at time.Time) *Calendar {
			if channel != named("shop") || v.since.IsZero() || at.Before(v.since) {
				return nil
			}
			return office
		})
		for i := range max(len(facts), len(v.want)) {
			got, want := "nothing", "nothing"
			if i < len(facts) {
				got = tell(facts[i])
				if facts[i].Credit.Channel != named("shop") {
					t.Errorf("%s: %s is of no channel", v.name, got)
				}
			}
			if i < len(v.want) {
				want = v.want[i]
			}
			if !sameFact(got, want) {
				t.Errorf("%s: fact %d is %s, not %s", v.name, i+1, got, want)
			}
		}
	}
}

// Of a conversation that began closed, since its customer was blocked, nothing is counted.
func TestNoFacts(t *testing.T) {
	t.Parallel()
	s := Story{Messages: []StoryMessage{{At: factNoon}}}
	if facts := s.Facts(nil); len(facts) != 0 {
		t.Errorf("%v", facts)
	}
}
