package model

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"
)

// dice makes random rules and snapshots out of few words, so that conditions often hold and often agree or contradict.
type dice struct{ *rand.Rand }

// roll throws dice of a new seed, which a failing test prints.
func roll(t *testing.T) dice {
	seed := rand.Uint64()
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("seed %d", seed)
		}
	})
	return dice{rand.New(rand.NewPCG(seed, 3))}
}

func oneOf[T any](d dice, values ...T) T { return values[d.IntN(len(values))] }

func some[T any](d dice, values ...T) []T {
	d.Shuffle(len(values), func(i, j int) { values[i], values[j] = values[j], values[i] })
	return values[:1+d.IntN(len(values))]
}

func (d dice) maybe() bool { return d.IntN(2) == 0 }

func (d dice) text() string {
	return oneOf(d, "refund", "Refund me", "a  REFUND please", "ｒｅｆｕｎｄ", "re", "me", "please", "ref", "返金 please")
}

func (d dice) time() *LocalTime {
	at := LocalTime(d.IntN(24) * 60)
	return &at
}

func (d dice) condition() Condition {
	switch d.IntN(12) {
	case 0:
		return Condition{MessageText: &TextCondition{Contains: d.text()}}
	case 1:
		return Condition{MessageText: &TextCondition{Equals: d.text()}}
	case 2:
		return Condition{MessageText: &TextCondition{StartsWith: d.text()}}
	case 3:
		return Condition{MessageText: &TextCondition{Matches: oneOf(d, "(?i)re", `^re`, `[^\x00-\x{10FFFF}]`, `\bme\b`, "fund")}}
	case 4:
		return Condition{MessageKind: some(d, TextMessage, MediaMessage, LocationMessage)}
	case 5:
		return Condition{ContactAddress: &AddressCondition{oneOf(d, "+81", "+81 90", "+44", "US.")}}
	case 6:
		return Condition{ContactName: &NameCondition{oneOf(d, "an", "Hanako", "han", "ok")}}
	case 7:
		return Condition{ContactLabels: some[ID](d, "gold", "silver", "vip")}
	case 8:
		return oneOf(d, Condition{ContactHistory: FirstTime}, Condition{ContactHistory: Returning}, Condition{AdReferral: &AdCondition{Any: true}},
			Condition{AdReferral: &AdCondition{SourceID: "1"}}, Condition{AdReferral: &AdCondition{SourceID: "2"}})
	case 9:
		return oneOf(d, Condition{BusinessHours: InsideHours}, Condition{BusinessHours: OutsideHours})
	case 10:
		return Condition{Language: some(d, "en", "en-GB", "en_US", "JA")}
	}
	return d.timeCondition()
}

func (d dice) timeCondition() Condition {
	c := &TimeCondition{}
	if d.maybe() {
		c.Weekdays = some(d, Friday, Saturday, Sunday)
	}
	if d.maybe() || c.Weekdays == nil {
		for c.From, c.To = d.time(), d.time(); *c.From == *c.To; {
			c.To = d.time()
		}
	}
	return Condition{LocalTime: c}
}

func (d dice) rules(n int) []Rule {
	rules := make([]Rule, n)
	for i := range rules {
		rules[i] = Rule{ID: ID(fmt.Sprintf("rule%d", i)), Name: "r", Enabled: d.IntN(8) > 0, Match: oneOf(d, MatchAll, MatchAny),
			Fallback: oneOf(d, FallbackWait, FallbackNextRule, FallbackAiAgent, FallbackHumanAgents), Action: d.action()}
		for range d.IntN(4) {
			rules[i].Conditions = append(rules[i].Conditions, d.condition())
		}
	}
	return rules
}

func (d dice) action() Action {
	a := Action{Priority: oneOf(d, "", High, Low)}
	if d.maybe() {
		a.LabelIDs = some[ID](d, "gold", "silver")
	}
	a.AssignTo = oneOf(d, AssignTo{AgentID: d.agent()}, AssignTo{TeamID: d.team()}, AssignTo{AiAgentID: oneOf[ID](d, "aiko", "other")}, AssignTo{HumanAgents: true})
	return a
}

func (d dice) agent() ID { return oneOf[ID](d, "a0", "a1", "a2", "a3", "ghost") }
func (d dice) team() ID  { return oneOf[ID](d, "t0", "t1", "t2") }

func (d dice) automation() Automation {
	rules := d.rules(d.IntN(6))
	if d.IntN(20) == 0 {
		rules = append(rules, Rule{ID: "broken", Enabled: true, Conditions: []Condition{{}, {MessageText: &TextCondition{Matches: "("}}}})
	}
	return Automation{Version: d.Int64N(1000), Mode: oneOf(d, ConcurrentLoad, Sequential, Manual), Rules: CompileRules(rules)}
}

var someMoment = time.Date(2026, 11, 27, 18, 30, 15, 123456789, time.UTC)

func (d dice) snapshot() Snapshot {
	s := Snapshot{Automation: d.automation(), ConversationID: "conversation", Stage: oneOf(d, StageAll, StageAll, StageHumans, StageWaiting, "")}
	if s.Stage != StageAll {
		s.Target = oneOf(d, Target{}, Target{Kind: ToHumanAgents}, Target{ToAgent, d.agent()}, Target{ToTeam, d.team()}, Target{ToAiAgent, "aiko"})
	}
	s.FormerAgentID = oneOf(d, "", "", d.agent())
	zone := time.FixedZone("", (d.IntN(27)-12)*60*60+d.IntN(2)*30*60)
	s.Local = someMoment.Add(time.Duration(d.Int64N(int64(7 * 24 * time.Hour)))).In(zone)
	s.Open = d.maybe()
	s.Message = MessageFacts{ID: "message", Kind: oneOf(d, TextMessage, MediaMessage, LocationMessage), Text: d.text(), FromAd: d.maybe()}
	if s.Message.FromAd {
		s.Message.AdSource = oneOf(d, "", "1", "2")
	}
	s.Contact = ContactFacts{Name: oneOf(d, "", "Hanako", "HANA", "Bob", strings.Repeat("x", 198)+"Hanako"), Addresses: some(d, "+819012", "+8170", "+44", "US.1"),
		LabelIDs: some[ID](d, "gold", "silver", "none"), Language: oneOf(d, "", "en", "en-US", "ja", "fr"), Returning: d.maybe()}
	s.AiAgentID, s.AiStarted = oneOf[ID](d, "", "aiko"), d.maybe()
	s.OtherAis = some[ID](d, "other", "unnamed")
	for i := range d.IntN(7) {
		s.Candidates = append(s.Candidates, d.candidate(i))
	}
	return s
}

func (d dice) candidate(i int) Candidate {
	c := Candidate{AgentID: ID(fmt.Sprintf("a%d", i)), Availability: oneOf(d, Online, Online, Online, Busy, Away, Offline, "ASLEEP"), Connected: d.IntN(5) > 0,
		Disabled: d.IntN(8) == 0, Member: d.IntN(6) > 0, Load: d.IntN(4), MaxLoad: d.IntN(5), Turn: d.Int64N(4)}
	if d.maybe() {
		c.AgentID = NewIDAt(KindAgent, time.UnixMilli(d.Int64N(1e12)))
	}
	if d.IntN(3) == 0 {
		c.ChannelLoad, c.MaxChannelLoad = d.IntN(3), d.IntN(3)
	}
	if d.maybe() {
		c.LastAssignedAt = someMoment.Add(-time.Duration(d.IntN(3)) * 700 * time.Microsecond)
	}
	if d.maybe() {
		c.TeamIDs = some[ID](d, "t0", "t1")
	}
	return c
}
