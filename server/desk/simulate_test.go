package desk_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/livedesk/livedesk/model"
	"github.com/livedesk/livedesk/server/desk"
)

// draft is a draft of rules for the shift's channel, tried on all of its past.
func (s *shift) draft(rules ...desk.RuleChange) desk.Draft {
	d := desk.Draft{Channel: s.channel.ID, From: s.now().Add(-time.Hour), To: s.now().Add(time.Hour)}
	if rules != nil {
		d.Rules = &rules
	}
	return d
}

func (s *shift) simulates(d desk.Draft) *desk.Simulated {
	s.t.Helper()
	done, err := s.Simulate(s.asAdmin(), d)
	if err != nil {
		s.t.Fatal(err)
	}
	return done
}

func (s *shift) says(number, text string) model.ID {
	s.t.Helper()
	id, _ := s.writes(number, text)
	s.EndReceiving()
	return id
}

func drafted(name string, conditions *[]model.Condition, to model.AssignTo) desk.RuleChange {
	return desk.RuleChange{Name: &name, Conditions: conditions, Action: &model.Action{AssignTo: to}}
}

// stored counts all that a simulation might have left behind.
func (s *shift) stored() (n int) {
	s.t.Helper()
	s.one(&n, `SELECT (SELECT count(*) FROM decisions) + (SELECT count(*) FROM automations) + (SELECT count(*) FROM audit_log) + (SELECT count(*) FROM rules)
		+ (SELECT count(*) FROM events) + (SELECT count(*) FROM event_outbox) + (SELECT sum(version) FROM conversations)`)
	return n
}

func TestADraftIsTriedOnThePast(t *testing.T) {
	t.Parallel()
	s := newShift(t, model.ConcurrentLoad)
	ken := s.works("ken", 9)
	s.comes(s.hana)
	var all []model.ID
	for i, text := range []string{"hello", "a refund", "hello", "the refund"} {
		all = append(all, s.says(fmt.Sprint("+491510", i), text))
	}
	before := s.stored()
	owner := map[model.ID]model.ID{}
	for _, id := range all {
		owner[id] = s.conversationNow(id).AgentID
	}

	same := s.simulates(s.draft())
	if same.Moved != 0 || len(same.Placed) != 4 || same.Waiting != 0 || same.Skipped != 0 || same.More {
		t.Errorf("what is saved moves %d of %d: %+v", same.Moved, len(same.Placed), same.Loads)
	}
	got := s.simulates(s.draft(drafted("Refunds", about("refund"), model.AssignTo{AgentID: ken.ID}), drafted("Orders", about("order"), model.AssignTo{AgentID: ken.ID})))
	for i, p := range got.Placed {
		if p.ConversationID != all[i] || p.FromAgentID != owner[all[i]] || i%2 == 1 && (p.Decision.AgentID != ken.ID || p.Decision.RuleID != got.By.Rules[0].ID) {
			t.Errorf("%d: %+v", i, p)
		}
	}
	if !slices.Equal(got.Unused, []model.ID{got.By.Rules[1].ID}) {
		t.Errorf("unused are %v", got.Unused)
	}
	manual := s.draft()
	manual.Mode = ptr(model.Manual)
	if got := s.simulates(manual); got.Waiting != 4 || got.Moved != 4 || got.Loads[0].Before != 2 || got.Loads[0].After != 0 {
		t.Errorf("by hand %d wait, %d moved, %+v", got.Waiting, got.Moved, got.Loads)
	}
	if after := s.stored(); after != before {
		t.Errorf("%d rows became %d", before, after)
	}
}

// Each conversation counts once, in the time that is asked about, and only while its record is kept.
func TestWhatPastADraftIsTriedOn(t *testing.T) {
	t.Parallel()
	s := newShift(t, model.ConcurrentLoad)
	s.works("ken", 9)
	first := s.says("+4915100", "hello")
	s.exec(`INSERT INTO decisions (account_id, id, conversation_id, channel_id, decided_at, automation_version, stage, outcome, reason, agent_id, record)
		SELECT account_id, $2, conversation_id, channel_id, $3, automation_version, stage, outcome, reason, agent_id, record FROM decisions WHERE conversation_id = $1`,
		first, model.NewID(model.KindDecision), s.now()) // as if it was reopened
	second, third := s.says("+4915101", "hello"), s.says("+4915102", "hello")
	s.exec(`UPDATE decisions SET record = NULL WHERE conversation_id = $1`, second)
	got := s.simulates(s.draft())
	if len(got.Placed) != 2 || got.Placed[0].ConversationID != first || got.Placed[1].ConversationID != third || got.Skipped != 1 {
		t.Errorf("%d were skipped of %+v", got.Skipped, got.Placed)
	}
	draft := s.draft()
	s.one(&draft.From, `SELECT decided_at FROM decisions WHERE conversation_id = $1`, third)
	if got := s.simulates(draft); len(got.Placed) != 1 || got.Placed[0].ConversationID != third {
		t.Errorf("from the last one on there are %+v", got.Placed)
	}
	draft.From, draft.To = s.now().Add(-time.Hour), draft.From
	if got := s.simulates(draft); len(got.Placed) != 1 || got.Placed[0].ConversationID != first {
		t.Errorf("before the last one there are %+v", got.Placed)
	}
	s.resolves(third)
	h, err := s.db.History(t.Context(), s.account, s.channel.ID, s.now().Add(-time.Hour), s.now(), 2, nil)
	if err != nil || !h.More || len(h.Past) != 1 || h.Past[0].Snapshot.ConversationID != third || h.Past[0].EndedAt.IsZero() || h.Skipped != 1 {
		t.Errorf("the two newest are %+v, %v", h, err)
	}
}

// A draft may ask for teams and labels that no rule asked for then, and for whom nobody had thought of.
func TestADraftAsksWhatWasNotAskedThen(t *testing.T) {
	t.Parallel()
	s := newShift(t, model.Sequential)
	ken := s.works("ken", 9)
	s.comes(s.hana)
	s.says("+4915100", "hello")
	last := s.says("+4915101", "hello")
	team, err := s.CreateTeam(s.asAdmin(), "Billing", []model.ID{ken.ID})
	if err != nil {
		t.Fatal(err)
	}
	late := s.works("late", 9)
	got := s.simulates(s.draft(drafted("Late", nil, model.AssignTo{AgentID: late.ID}), drafted("Billing", nil, model.AssignTo{TeamID: team.ID})))
	if len(got.Placed) != 2 || got.Loads[0].After+got.Loads[1].After != 2 || got.Placed[1].ConversationID != last || got.Placed[1].Decision.AgentID != ken.ID {
		t.Fatalf("%+v", got.Loads)
	}
	if v := got.Placed[0].Decision.Rules[0]; v.Result != model.RuleCannot || v.Reason != model.RoutingNotMember {
		t.Errorf("who came later %+v", v)
	}
}

// Labels count that were on the customer's older conversations: those of the conversation itself came later.
func TestADraftAsksForLabels(t *testing.T) {
	t.Parallel()
	s := newShift(t, model.ConcurrentLoad)
	ken := s.works("ken", 9)
	label, err := s.CreateLabel(s.asAdmin(), "VIP", "#a0b0c0")
	if err != nil {
		t.Fatal(err)
	}
	first := s.says("+4915100", "hello")
	s.resolves(first)
	s.says("+4915100", "again")
	s.exec(`INSERT INTO conversation_labels (account_id, conversation_id, label_id) VALUES ($1, $2, $3)`, s.account, first, label.ID)
	got := s.simulates(s.draft(drafted("VIP", &[]model.Condition{{ContactLabels: []model.ID{label.ID}}}, model.AssignTo{AgentID: ken.ID})))
	if len(got.Placed) != 2 || got.Placed[0].Decision.RuleID != "" || got.Placed[1].Decision.RuleID == "" {
		t.Errorf("%+v", got.Placed)
	}
}

func TestADraftIsTriedOnASample(t *testing.T) {
	t.Parallel()
	s := newShift(t, model.ConcurrentLoad)
	ken := s.works("ken", 9)
	s.comes(s.hana)
	s.limit(ken, 1)
	s.says("+4915100", "hello") // one of the two has less to do
	sample := s.draft(drafted("Refunds", &[]model.Condition{{MessageText: &model.TextCondition{Contains: "refund"}}, {ContactAddress: &model.AddressCondition{StartsWith: "+81"}},
		{Language: []string{"ja"}}, {ContactHistory: model.Returning}, {LocalTime: &model.TimeCondition{Weekdays: []model.Weekday{model.Monday}}}}, model.AssignTo{AgentID: s.hana.ID}))
	monday := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	sample.Sample = &desk.Sample{At: &monday, Message: model.MessageFacts{Kind: model.TextMessage, Text: "A refund, please"},
		Contact: model.ContactFacts{Addresses: []string{"+8190"}, Language: "ja-JP", Returning: true}}
	before := s.stored()
	p := s.simulates(sample).Placed[0]
	if p.ConversationID != "" || p.Decision.AgentID != s.hana.ID || p.Decision.Reason != model.RoutingNamed || p.FromAgentID == "" || p.Moved != (p.FromAgentID != s.hana.ID) {
		t.Errorf("%+v", p)
	}
	sample.Sample.Contact.Language = "de"
	if got := s.simulates(sample); got.Moved != 0 || got.Placed[0].Decision.RuleID != "" || len(got.Unused) != 1 {
		t.Errorf("in German %+v", got)
	}
	if after := s.stored(); after != before {
		t.Errorf("%d rows became %d", before, after)
	}
}

func TestBadDraftsAreRefusedWithTheirPlace(t *testing.T) {
	t.Parallel()
	s := newShift(t, model.ConcurrentLoad)
	stranger, fine := s.hire("stranger", model.AgentRole), drafted("Fine", nil, model.AssignTo{HumanAgents: true})
	wild := drafted("Wild", &[]model.Condition{{MessageText: &model.TextCondition{Matches: "("}}}, model.AssignTo{HumanAgents: true})
	heavy := drafted("Heavy", &[]model.Condition{{MessageText: &model.TextCondition{Matches: `\pL{99}`}}}, model.AssignTo{HumanAgents: true})
	for want, rules := range map[string][]desk.RuleChange{
		"INVALID rules.1.name":                             {fine, drafted(" ", nil, model.AssignTo{HumanAgents: true})},
		"INVALID rules.0.conditions.0.messageText.matches": {wild},
		"INVALID rules.199.conditions":                     slices.Repeat([]desk.RuleChange{heavy}, model.MaxRules),
		"INVALID rules":                                    slices.Repeat([]desk.RuleChange{fine}, model.MaxRules+1),
		"NOT_A_MEMBER rules.1.action.assignTo.agentId":     {fine, drafted("Stranger", nil, model.AssignTo{AgentID: stranger.ID})},
		"NOT_FOUND rules.0.action.assignTo.teamId":         {drafted("Nobody", nil, model.AssignTo{TeamID: model.NewID(model.KindTeam)})},
		"NOT_FOUND rules.0.conditions.0.contactLabelIds":   {drafted("Label", &[]model.Condition{{ContactLabels: []model.ID{model.NewID(model.KindLabel)}}}, model.AssignTo{HumanAgents: true})},
	} {
		_, err := s.Simulate(s.asAdmin(), s.draft(rules...))
		if got := place(err); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
	back := s.draft()
	back.From, back.To = back.To, back.From
	if _, err := s.Simulate(s.asAdmin(), back); place(err) != "INVALID over.past.to" {
		t.Error(err)
	}
	if _, err := s.Simulate(s.asAdmin(), desk.Draft{Channel: model.NewID(model.KindChannel)}); place(err) != "NOT_FOUND channelId" {
		t.Error(err)
	}
	if _, err := s.Simulate(s.as(s.hana.ID, model.AgentRole), s.draft()); model.CodeOf(err) != model.Forbidden {
		t.Error(err)
	}
}

// place is the code and the path of a refusal.
func place(err error) string {
	e, ok := err.(*model.Error)
	if !ok {
		return fmt.Sprint(err)
	}
	return string(e.Code) + " " + strings.Join(e.Field, ".")
}
