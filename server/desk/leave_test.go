package desk_test

import (
	"testing"

	"github.com/livedesk/livedesk/model"
	"github.com/livedesk/livedesk/server/desk"
)

func TestDisablingEndsEverything(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	hana, token := o.invite("hana")
	in, err := o.setPassword(token, newPassword)
	if err != nil {
		t.Fatal(err)
	}
	c := o.connect("+15550000001")
	open, snoozed, resolved := o.conversation(c, model.Open, hana.ID), o.conversation(c, model.Snoozed, hana.ID), o.conversation(c, model.Resolved, hana.ID)
	o.exec(`INSERT INTO connections (account_id, id, agent_id, session_id, process_id, expires_at) VALUES ($1, $2, $3, $4, $5, now() + '1 hour')`,
		o.account, model.NewID(model.KindConnection), hana.ID, model.NewID(model.KindSession), model.NewID(model.KindProcess))
	o.exec(`UPDATE agents SET connected = true, availability = 'ONLINE' WHERE id = $1`, hana.ID)
	o.events()
	a, err := o.UpdateAgent(o.asAdmin(), desk.AgentChange{Agent: hana.ID, Disabled: ptr(true)})
	if err != nil || a.DisabledAt == nil || a.Connected || a.Availability != model.Offline || a.Load != 0 {
		t.Errorf("%+v, %v", a, err)
	}
	o.wantAlive(in.Token, false)
	o.wantEvents(show(model.Event{Kind: model.SessionEnded, AgentID: hana.ID}),
		show(model.Event{Kind: model.ConversationChanged, ChannelID: c.ID, ConversationID: open}),
		show(model.Event{Kind: model.ConversationChanged, ChannelID: c.ID, ConversationID: snoozed}),
		show(model.Event{Kind: model.AgentChanged, AgentID: hana.ID}))
	o.count(0, `sessions`)
	o.count(0, `connections`)
	o.count(2, `conversations WHERE agent_id IS NULL AND version = 2 AND epoch = 2 AND status IN ('OPEN','SNOOZED')`)
	o.count(1, `conversations WHERE agent_id = $1 AND id = $2 AND version = 1`, hana.ID, resolved)
	o.count(2, `conversation_changes WHERE reason = 'DISABLED' AND version = 2 AND agent_id IS NULL AND actor_agent_id = $1 AND actor_system IS NULL`, o.admin)
	_, err = o.SetAvailability(o.asAdmin(), hana.ID, model.Online)
	wantCode(t, err, model.Unavailable, "agentId")
	if a, err = o.UpdateAgent(o.asAdmin(), desk.AgentChange{Agent: hana.ID, Disabled: ptr(false)}); err != nil || a.DisabledAt != nil {
		t.Errorf("%+v, %v", a, err)
	}
	if _, err := o.signIn("hana@example.com", newPassword); err != nil {
		t.Errorf("enabled again: %v", err)
	}
}

func TestRoleDecidesWhatIsSeen(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	hana := o.hire("hana", model.AgentRole)
	own, other := o.connect("+15550000001"), o.connect("+15550000002")
	if _, err := o.AddChannelAgents(o.asAdmin(), own.ID, []model.ID{hana.ID}); err != nil {
		t.Fatal(err)
	}
	o.conversation(own, model.Open, "")
	first, second := o.conversation(other, model.Open, ""), o.conversation(other, model.Resolved, "")
	o.conversation(other, model.Closed, "")
	o.events()
	role := func(r model.Role, kind model.EventKind, more ...string) {
		t.Helper()
		if _, err := o.UpdateAgent(o.asAdmin(), desk.AgentChange{Agent: hana.ID, Role: &r}); err != nil {
			t.Fatal(err)
		}
		want := []string{show(model.Event{Kind: model.RightsChanged, AgentID: hana.ID})}
		if kind != "" {
			for _, id := range []model.ID{first, second} {
				want = append(want, show(model.Event{Kind: kind, ChannelID: other.ID, ConversationID: id, AgentID: hana.ID}))
			}
		}
		want = append(append(want, more...), show(model.Event{Kind: model.AgentChanged, AgentID: hana.ID}))
		o.wantEvents(want...)
	}
	role(model.Supervisor, model.ConversationAdded)
	role(model.Admin, "")
	o.exec(`UPDATE conversations SET agent_id = $1 WHERE id = $2`, hana.ID, first)
	role(model.AgentRole, model.ConversationRemoved, show(model.Event{Kind: model.ConversationChanged, ChannelID: other.ID, ConversationID: first}))
	o.count(1, `conversation_changes WHERE reason = 'LEFT_CHANNEL' AND conversation_id = $1`, first)
	o.count(0, `conversations WHERE agent_id IS NOT NULL`)
}
