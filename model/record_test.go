package model

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"
)

// checkReplay stores the decision's record as JSON, reads it again and decides again.
func checkReplay(t *testing.T, s Snapshot, d Decision) int {
	t.Helper()
	text, err := json.Marshal(NewRecord(s, &d))
	if err != nil {
		t.Fatal(err)
	}
	var r Record
	if err := json.Unmarshal(text, &r); err != nil {
		t.Fatal(err)
	}
	again, err := Replay(&r, s.Automation, s.Message.Text)
	if err != nil || !reflect.DeepEqual(again, d) {
		t.Errorf("%v\nthe record   %s\nreplayed     %+v\nwas decided  %+v", err, text, again, d)
	}
	return len(text)
}

// bigSnapshot is a busy channel: 200 members, 50 rules of all kinds, and a message for which the last rule decides.
func bigSnapshot(d dice) Snapshot {
	s := Snapshot{Automation: Automation{Version: 4711, Mode: ConcurrentLoad}, ConversationID: NewID(KindConversation), Stage: StageAll, Open: true,
		Local:   someMoment.In(time.FixedZone("JST", 9*60*60)),
		Message: MessageFacts{ID: NewID(KindMessage), Kind: TextMessage, Text: strings.Repeat("Good morning, my parcel 4711 has not come yet. ", 5), FromAd: true, AdSource: "120208762345678901"},
		Contact: ContactFacts{Name: strings.Repeat("花子", 30), Addresses: []string{"+819012345678", "JP.13491208655302741918"}, LabelIDs: []ID{"gold"}, Language: "ja-JP", Returning: true},
		// A stopped AI Agent: all stages are asked.
		AiAgentID: NewID(KindAiAgent), FormerAgentID: NewID(KindAgent)}
	teams := make([]ID, 10)
	for i := range teams {
		teams[i] = NewID(KindTeam)
	}
	for range 200 {
		s.Candidates = append(s.Candidates, Candidate{AgentID: NewIDAt(KindAgent, someMoment.Add(-time.Duration(d.IntN(50_000))*time.Hour)), Availability: oneOf(d, Online, Online, Away), Connected: true, Member: true,
			Load: d.IntN(12), MaxLoad: 10, ChannelLoad: d.IntN(8), MaxChannelLoad: 8, LastAssignedAt: someMoment.Add(-time.Duration(d.IntN(90*24*3600)) * time.Second),
			Turn: 100_000 - d.Int64N(1000), TeamIDs: some(d, teams[d.IntN(10)], teams[d.IntN(10)])})
	}
	slices.SortFunc(s.Candidates, func(a, b Candidate) int { return strings.Compare(string(a.AgentID), string(b.AgentID)) })
	var rules []Rule
	for i := range 50 {
		r := Rule{ID: NewID(KindAgent), Name: "r", Enabled: true, Match: MatchAll, Fallback: FallbackWait, Action: Action{AssignTo: AssignTo{HumanAgents: true}}}
		switch i % 5 {
		case 0:
			r.Conditions = []Condition{{MessageText: &TextCondition{Matches: fmt.Sprintf(`(?i)\b(refund|cancel|order\s+%d)\b`, i)}}, {BusinessHours: InsideHours}}
		case 1:
			r.Conditions = []Condition{{MessageText: &TextCondition{Contains: fmt.Sprintf("invoice %d", i)}}, {ContactHistory: Returning}}
		case 2:
			r.Conditions = []Condition{{MessageText: &TextCondition{Matches: `^\d{4,}$`}}, {Language: []string{"en"}}, {MessageKind: []MessageKind{MediaMessage}}}
		case 3:
			r.Conditions = []Condition{{ContactAddress: &AddressCondition{"+44"}}, {ContactName: &NameCondition{"花子"}}, {ContactLabels: []ID{"gold"}}}
		case 4:
			from, to := LocalTime(540), LocalTime(1080)
			r.Conditions, r.Match = []Condition{{LocalTime: &TimeCondition{Weekdays: []Weekday{Sunday}, From: &from, To: &to}}, {AdReferral: &AdCondition{SourceID: "7"}}}, MatchAny
		}
		if i%10 == 9 { // ten teams are asked, and nobody is in them
			r.Conditions, r.Action.AssignTo = nil, AssignTo{TeamID: NewID(KindTeam)}
		}
		rules = append(rules, r)
	}
	s.Automation.Rules = CompileRules(rules)
	return s
}

func TestARecordOf200CandidatesIsSmall(t *testing.T) {
	t.Parallel()
	s := bigSnapshot(roll(t))
	d := Route(s)
	if size := checkReplay(t, s, d); size >= 8192 {
		t.Errorf("%d bytes", size)
	} else {
		t.Logf("%d bytes", size)
	}
	if text, _ := json.Marshal(NewRecord(s, &d)); strings.Contains(string(text), "parcel") {
		t.Error("it holds the message's text")
	}
}

func TestALongNameIsCut(t *testing.T) {
	t.Parallel()
	d := Decision{}
	if r := NewRecord(Snapshot{Contact: ContactFacts{Name: strings.Repeat("日", 1000)}}, &d); r.Name != strings.Repeat("日", 66) {
		t.Errorf("%d bytes", len(r.Name))
	}
}

func TestARecordIsReplayedWithItsOwnVersionOnly(t *testing.T) {
	t.Parallel()
	s := bigSnapshot(roll(t))
	d := Route(s)
	r := NewRecord(s, &d)
	other := s.Automation
	other.Version++
	if _, err := Replay(&r, other, s.Message.Text); err == nil {
		t.Error("it was replayed with another version")
	}
	r.Candidates = r.Candidates[:len(r.Candidates)-1]
	if _, err := Replay(&r, s.Automation, s.Message.Text); err == nil {
		t.Error("it was replayed with a part of its candidates")
	}
}

func FuzzUnpack(f *testing.F) {
	f.Add(pack(bigSnapshot(dice{rand.New(rand.NewPCG(1, 2))}).Candidates[:3]))
	f.Add(pack([]Candidate{{AgentID: "hana", Load: -1, Turn: 5}, {MaxChannelLoad: 2}}))
	f.Fuzz(func(t *testing.T, b []byte) {
		candidates, err := unpack(b)
		if err != nil {
			return
		}
		again, err := unpack(pack(candidates))
		if err != nil || !reflect.DeepEqual(again, candidates) && !slices.ContainsFunc(candidates, func(c Candidate) bool { return c.MaxChannelLoad <= 0 }) {
			t.Errorf("%v: %+v became %+v", err, candidates, again)
		}
	})
}

// BenchmarkRoute decides with 50 rules, 20 of which hold regular expressions, and 200 candidates. The expressions take the
// most of it, in proportion to the text.
func BenchmarkRoute(b *testing.B) {
	for _, sentences := range []int{2, 5, 20} {
		s := bigSnapshot(dice{rand.New(rand.NewPCG(1, 2))})
		s.Message.Text = strings.Repeat("Good morning, my parcel 4711 has not come yet. ", sentences)
		b.Run(fmt.Sprintf("characters=%d", len(s.Message.Text)), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if d := Route(s); d.Outcome != OutcomeAssigned {
					b.Fatalf("%+v", d)
				}
			}
		})
	}
}

func BenchmarkRecord(b *testing.B) {
	s := bigSnapshot(dice{rand.New(rand.NewPCG(1, 2))})
	d := Route(s)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := json.Marshal(NewRecord(s, &d)); err != nil {
			b.Fatal(err)
		}
	}
}
