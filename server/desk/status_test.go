package desk_test

import (
	"testing"
	"time"

	"github.com/livedesk/livedesk/model"
	"github.com/livedesk/livedesk/server/desk"
)

// sets is hana's change of status.
func (l *line) sets(c model.ID, to model.ConversationStatus) (*model.Conversation, error) {
	return l.SetStatus(l.asHana(), desk.StatusChange{Conversation: c, Status: to})
}

func TestStatusGoesItsWayAndNoOther(t *testing.T) {
	t.Parallel()
	l := newLine(t)
	legal := map[model.ConversationStatus][]model.ConversationStatus{
		model.Open:     {model.Snoozed, model.Resolved},
		model.Snoozed:  {model.Open, model.Resolved},
		model.Resolved: {model.Open, model.Closed},
		model.Closed:   {model.Open},
	}
	for from, to := range legal {
		allowed := map[model.ConversationStatus]bool{from: true}
		for _, s := range to {
			allowed[s] = true
		}
		for s := range legal {
			c := l.conversation(l.channel, from, l.hana.ID)
			l.events()
			now, err := l.sets(c, s)
			switch {
			case s == from && err == nil && now.Version == 1:
				l.wantKinds()
			case allowed[s] && err == nil && now.Status == s && now.Version == 2 && l.conversationNow(c).Status == s:
				l.wantKinds(model.ConversationChanged)
			case !allowed[s]:
				wantCode(t, err, model.IllegalTransition, "status")
				if now == nil || now.Status != from || now.Version != 1 {
					t.Errorf("%s to %s shows %+v", from, s, now)
				}
			default:
				t.Errorf("%s to %s: %+v, %v", from, s, now, err)
			}
		}
	}
	c := l.conversation(l.channel, model.Open, "")
	for _, to := range []model.ConversationStatus{model.AiReplying, "GONE"} {
		_, err := l.sets(c, to)
		wantCode(t, err, model.Invalid, "status")
	}
}

func TestStatusWithAStaleVersionIsAConflict(t *testing.T) {
	t.Parallel()
	l := newLine(t)
	c := l.conversation(l.channel, model.Open, l.hana.ID)
	seen := 1
	resolve := desk.StatusChange{Conversation: c, Status: model.Resolved, Version: &seen}
	if now, err := l.SetStatus(l.asHana(), resolve); err != nil || now.ResolvedAt == nil || now.AgentID != l.hana.ID {
		t.Fatalf("%+v, %v", now, err)
	}
	now, err := l.SetStatus(l.asHana(), resolve)
	wantCode(t, err, model.Conflict, "version")
	if now == nil || now.Version != 2 || now.Status != model.Resolved {
		t.Errorf("the conflict shows %+v", now)
	}
	l.count(1, `conversation_changes WHERE conversation_id = $1`, c)
	l.count(1, `agents WHERE id = $1 AND open_count = 0`, l.hana.ID)
}

func TestReopenWhileAnotherIsOpen(t *testing.T) {
	t.Parallel()
	l := newLine(t)
	first, _ := l.writes("+4915100", "hello")
	if _, err := l.sets(first, model.Resolved); err != nil {
		t.Fatal(err)
	}
	second, _ := l.writes("+4915100", "hello again")
	l.events()
	now, err := l.sets(first, model.Open)
	wantRefusal(t, err, model.Conflict, string(second))
	if now == nil || now.Status != model.Resolved {
		t.Errorf("the conflict shows %+v", now)
	}
	l.wantKinds()
}

func TestReopenLeavesNobodyWhoMayNotSeeIt(t *testing.T) {
	t.Parallel()
	l := newLine(t)
	ken := l.colleague("ken")
	c := l.conversation(l.channel, model.Resolved, ken.ID)
	kept := l.conversation(l.channel, model.Resolved, l.hana.ID)
	if _, err := l.RemoveChannelAgents(l.asAdmin(), l.channel.ID, []model.ID{ken.ID}); err != nil {
		t.Fatal(err)
	}
	if now, err := l.sets(c, model.Open); err != nil || now.AgentID != "" || now.FormerAgentID != ken.ID {
		t.Errorf("%+v, %v", now, err)
	}
	if now, err := l.sets(kept, model.Open); err != nil || now.AgentID != l.hana.ID {
		t.Errorf("%+v, %v", now, err)
	}
}

func TestSnoozeAndWake(t *testing.T) {
	t.Parallel()
	l := newLine(t)
	ken := l.colleague("ken")
	hers, his, asleep := l.conversation(l.channel, model.Open, l.hana.ID), l.conversation(l.channel, model.Open, ken.ID), l.conversation(l.channel, model.Open, "")
	until := l.now().Add(time.Hour)
	for _, c := range []model.ID{hers, his, asleep} {
		now, err := l.SetStatus(l.asHana(), desk.StatusChange{Conversation: c, Status: model.Snoozed, SnoozeUntil: &until})
		if err != nil || now.SnoozedUntil == nil || now.SnoozedUntil.Sub(until).Abs() > time.Millisecond {
			t.Fatalf("%+v, %v", now, err)
		}
	}
	later := until.Add(time.Hour)
	if now, err := l.SetStatus(l.asHana(), desk.StatusChange{Conversation: asleep, Status: model.Snoozed, SnoozeUntil: &later}); err != nil || now.Version != 3 {
		t.Errorf("another time to wake up: %+v, %v", now, err)
	}
	if now, err := l.SetStatus(l.asHana(), desk.StatusChange{Conversation: asleep, Status: model.Snoozed, SnoozeUntil: &later}); err != nil || now.Version != 3 {
		t.Errorf("the same time to wake up: %+v, %v", now, err)
	}
	past := l.now().Add(-time.Second)
	for _, bad := range []desk.StatusChange{{Status: model.Snoozed, SnoozeUntil: &past}, {Status: model.Resolved, SnoozeUntil: &until}} {
		bad.Conversation = hers
		_, err := l.SetStatus(l.asHana(), bad)
		wantCode(t, err, model.Invalid, "snoozeUntil")
	}
	off := true
	if _, err := l.UpdateAgent(l.asAdmin(), desk.AgentChange{Agent: ken.ID, Disabled: &off}); err != nil {
		t.Fatal(err)
	}
	l.exec(`UPDATE conversations SET agent_id = $1 WHERE id = $2`, ken.ID, his) // as if the release had been missed
	l.events()
	wake := func() {
		t.Helper()
		if err := l.Wake(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	wake()
	l.wantKinds()
	l.exec(`UPDATE conversations SET snoozed_until = now() WHERE id IN ($1, $2)`, hers, his)
	before := l.told.Load()
	wake()
	if l.told.Load() != before+1 {
		t.Error("nobody was told that there are events")
	}
	l.wantKinds(model.ConversationChanged, model.ConversationChanged)
	if c := l.conversationNow(hers); c.Status != model.Open || c.AgentID != l.hana.ID || c.SnoozedUntil != nil || c.Epoch != 1 {
		t.Errorf("hers %+v", c)
	}
	if c := l.conversationNow(his); c.Status != model.Open || c.AgentID != "" || c.FormerAgentID != ken.ID {
		t.Errorf("his %+v", c)
	}
	if c := l.conversationNow(asleep); c.Status != model.Snoozed {
		t.Errorf("asleep %+v", c)
	}
	l.count(2, `conversation_changes WHERE reason = 'SNOOZE_ENDED' AND actor_system = 'clock'`)
}

func TestCloseResolvedAfterADay(t *testing.T) {
	t.Parallel()
	l := newLine(t)
	old, fresh := l.conversation(l.channel, model.Resolved, l.hana.ID), l.conversation(l.channel, model.Resolved, "")
	l.exec(`UPDATE conversations SET resolved_at = now() - interval '24 hours 1 second' WHERE id = $1`, old)
	l.exec(`UPDATE conversations SET resolved_at = now() - interval '23 hours' WHERE id = $1`, fresh)
	if err := l.CloseResolved(t.Context()); err != nil {
		t.Fatal(err)
	}
	if c := l.conversationNow(old); c.Status != model.Closed || c.ClosedAt == nil || c.ClosedReason != model.ReasonExpired || c.Version != 2 || c.AgentID != l.hana.ID {
		t.Errorf("old %+v", c)
	}
	if c := l.conversationNow(fresh); c.Status != model.Resolved {
		t.Errorf("fresh %+v", c)
	}
	l.count(1, `conversation_changes WHERE reason = 'EXPIRED' AND status = 'CLOSED'`)
}

func TestTheAiAgentLosesWhatIsTakenByHand(t *testing.T) {
	t.Parallel()
	l := newLine(t)
	robo := model.NewID(model.KindAiAgent)
	l.exec(`INSERT INTO ai_agents (account_id, id, name) VALUES ($1, $2, 'Robo')`, l.account, robo)
	replying := func(number string) model.ID {
		c, _ := l.writes(number, "hello")
		l.exec(`UPDATE conversations SET status = 'AI_REPLYING', ai_agent_id = $1 WHERE id = $2`, robo, c)
		return c
	}
	opened, taken, answered := replying("+4915100"), replying("+4915200"), replying("+4915300")
	if _, err := l.sets(opened, model.Open); err != nil {
		t.Fatal(err)
	}
	if _, err := l.Assign(l.asHana(), desk.Assign{Conversation: taken, Agent: l.hana.ID}); err != nil {
		t.Fatal(err)
	}
	l.replies(answered, "a person here")
	for c, owner := range map[model.ID]model.ID{opened: "", taken: l.hana.ID, answered: l.hana.ID} {
		if now := l.conversationNow(c); now.Status != model.Open || now.AiAgentID != "" || now.AgentID != owner || now.Epoch != 2 {
			t.Errorf("became %+v", now)
		}
	}
}
