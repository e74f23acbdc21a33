package bench

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/livedesk/livedesk/model"
)

// customerText is as long as an ordinary customer's message. The regular expressions of rules take the most of a
// decision, in proportion to it.
const customerText = "Hello, where is my parcel 4711? I have waited for it since Monday, and nobody has told me anything."

// decideOften makes the same decision n times.
func decideOften(n int) (placingAnswer, error) {
	s := busyChannel()
	for range n {
		if d := model.Route(s); d.Outcome != model.OutcomeAssigned || len(d.Candidates) != len(s.Candidates) {
			return placingAnswer{}, fmt.Errorf("nobody got a conversation: %s, %s", d.Outcome, d.Reason)
		}
	}
	return placingAnswer{Length: len(s.Message.Text)}, nil
}

// busyChannel has 200 agents and 50 rules, none of which matches: all are asked before the human agents are.
func busyChannel() model.Snapshot {
	now := time.Date(2026, time.January, 7, 10, 30, 0, 0, time.UTC) // a Wednesday
	s := model.Snapshot{ConversationID: model.NewID(model.KindConversation), Stage: model.StageAll, Open: true, Local: now,
		Message: model.MessageFacts{ID: model.NewID(model.KindMessage), Kind: model.TextMessage, Text: customerText},
		Contact: model.ContactFacts{Name: "Ana Lima", Addresses: []string{"+4915112345678"}, Language: "de", Returning: true}}
	s.Automation = model.Automation{Version: 1, Mode: model.ConcurrentLoad, Rules: model.CompileRules(manyRules(50))}
	random := rand.New(rand.NewPCG(seed, 0))
	for range 200 {
		s.Candidates = append(s.Candidates, model.Candidate{AgentID: model.NewID(model.KindAgent), Availability: model.Online, Connected: true, Member: true,
			Load: random.IntN(12), MaxLoad: 10, ChannelLoad: random.IntN(8), MaxChannelLoad: 8, LastAssignedAt: now.Add(-time.Duration(random.IntN(1e6)) * time.Second), Turn: random.Int64N(1e5)})
	}
	slices.SortFunc(s.Candidates, func(a, b model.Candidate) int { return cmp.Compare(a.AgentID, b.AgentID) })
	return s
}

// manyRules are of all kinds; two in five hold a regular expression.
func manyRules(n int) []model.Rule {
	from, to := model.LocalTime(9*60), model.LocalTime(18*60)
	rules := make([]model.Rule, n)
	for i := range rules {
		r := model.Rule{ID: model.NewID(model.KindAgent), Name: fmt.Sprint("Rule ", i), Enabled: true, Match: model.MatchAll, Fallback: model.FallbackWait,
			Action: model.Action{AssignTo: model.AssignTo{HumanAgents: true}}}
		switch i % 5 {
		case 0:
			r.Conditions = []model.Condition{{MessageText: &model.TextCondition{Matches: fmt.Sprintf(`(?i)\b(refund|cancel|order\s+%d)\b`, i)}}, {BusinessHours: model.InsideHours}}
		case 1:
			r.Conditions = []model.Condition{{MessageText: &model.TextCondition{Contains: fmt.Sprintf("invoice %d", i)}}, {ContactHistory: model.Returning}}
		case 2:
			r.Conditions = []model.Condition{{MessageText: &model.TextCondition{Matches: `^\d{4,}$`}}, {Language: []string{"en"}}, {MessageKind: []model.MessageKind{model.MediaMessage}}}
		case 3:
			r.Conditions = []model.Condition{{ContactAddress: &model.AddressCondition{StartsWith: "+44"}}, {ContactName: &model.NameCondition{Contains: "Sato"}}}
		case 4:
			r.Conditions = []model.Condition{{LocalTime: &model.TimeCondition{Weekdays: []model.Weekday{model.Sunday}, From: &from, To: &to}}, {AdReferral: &model.AdCondition{SourceID: "7"}}}
			r.Match = model.MatchAny
		}
		rules[i] = r
	}
	return rules
}
