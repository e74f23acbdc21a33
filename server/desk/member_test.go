package desk_test

import (
	"context"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/livedesk/livedesk/db"
	"github.com/livedesk/livedesk/model"
)

func TestJoiningAndLeavingAChannelIsTold(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	hana, lead := o.hire("hana", model.AgentRole), o.hire("lead", model.Supervisor)
	c, elsewhere := o.connect("+15550000001"), o.connect("+15550000002")
	open, resolved := o.conversation(c, model.Open, hana.ID), o.conversation(c, model.Resolved, hana.ID)
	o.conversation(c, model.Closed, "")
	kept := o.conversation(elsewhere, model.Open, hana.ID)
	o.events()
	both := []model.ID{hana.ID, lead.ID, hana.ID}
	if _, err := o.AddChannelAgents(o.as(lead.ID, model.Supervisor), c.ID, both); err != nil {
		t.Fatal(err)
	}
	changed := show(model.Event{Kind: model.ChannelChanged, ChannelID: c.ID})
	seen := func(kind model.EventKind) []string {
		return []string{show(model.Event{Kind: model.RightsChanged, AgentID: hana.ID}),
			show(model.Event{Kind: kind, ChannelID: c.ID, ConversationID: open, AgentID: hana.ID}),
			show(model.Event{Kind: kind, ChannelID: c.ID, ConversationID: resolved, AgentID: hana.ID})}
	}
	o.wantEvents(append(seen(model.ConversationAdded), changed)...)
	if _, err := o.AddChannelAgents(o.asAdmin(), c.ID, both); err != nil {
		t.Fatal(err)
	}
	o.wantEvents() // they were members
	if _, err := o.RemoveChannelAgents(o.asAdmin(), c.ID, both); err != nil {
		t.Fatal(err)
	}
	o.wantEvents(append(seen(model.ConversationRemoved), show(model.Event{Kind: model.ConversationChanged, ChannelID: c.ID, ConversationID: open}), changed)...)
	o.count(0, `channel_agents`)
	o.count(1, `conversation_changes WHERE reason = 'LEFT_CHANNEL' AND conversation_id = $1 AND agent_id IS NULL`, open)
	o.count(1, `conversations WHERE id = $1 AND agent_id = $2`, kept, hana.ID)
	o.count(1, `agents WHERE id = $1 AND open_count = 1`, hana.ID)
}

// However much a channel holds, who gains or loses it is told of what matters most.
func TestWhoJoinsIsToldOfTheNewestConversations(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	hana := o.hire("hana", model.AgentRole)
	c := o.connect("+15550000001")
	o.exec(`INSERT INTO contacts (account_id, id, address, created_at) SELECT $1, gen_random_uuid(), 'c' || n, now() FROM generate_series(1, 1500) n`, o.account)
	o.exec(`INSERT INTO conversations (account_id, id, channel_id, contact_id, status, opened_at, last_activity_at)
		SELECT account_id, gen_random_uuid(), $1, id, CASE WHEN n % 3 = 0 THEN 'OPEN' ELSE 'RESOLVED' END, now(), now() - n * interval '1 minute'
		FROM (SELECT *, row_number() OVER (ORDER BY id) AS n FROM contacts) k`, c.ID)
	for kind, change := range map[model.EventKind]func(context.Context, model.ID, []model.ID) (*model.Channel, error){
		model.ConversationAdded: o.AddChannelAgents, model.ConversationRemoved: o.RemoveChannelAgents} {
		o.exec(`DELETE FROM channel_agents`)
		if kind == model.ConversationRemoved {
			o.exec(`INSERT INTO channel_agents (account_id, channel_id, agent_id) VALUES ($1, $2, $3)`, o.account, c.ID, hana.ID)
		}
		o.events()
		if _, err := change(o.asAdmin(), c.ID, []model.ID{hana.ID}); err != nil {
			t.Fatal(err)
		}
		o.count(1000, `event_outbox WHERE kind = $1`, string(kind))
		o.count(500, `event_outbox e JOIN conversations v ON v.id = e.conversation_id WHERE v.status = 'OPEN' AND e.agent_id = $1`, hana.ID)
		o.count(0, `conversations v WHERE status = 'RESOLVED' AND last_activity_at > (SELECT min(w.last_activity_at) FROM event_outbox e JOIN conversations w ON w.id = e.conversation_id
			WHERE w.status = 'RESOLVED') AND NOT EXISTS (SELECT 1 FROM event_outbox e WHERE e.conversation_id = v.id)`)
	}
}

func TestSetChannelAgentsTakesTheWholeList(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	a, b, c := o.hire("a", model.AgentRole), o.hire("b", model.AgentRole), o.hire("c", model.AgentRole)
	line := o.connect("+15550000001")
	for _, want := range [][]model.ID{{a.ID, b.ID}, {c.ID, b.ID}, {}} {
		if _, err := o.SetChannelAgents(o.asAdmin(), line.ID, want); err != nil {
			t.Fatal(err)
		}
		in, err := o.db.ChannelAgents(t.Context(), o.account, []model.ID{line.ID})
		if err != nil {
			t.Fatal(err)
		}
		var got []model.ID
		for _, x := range in[line.ID] {
			got = append(got, x.ID)
			if x.AccountID != o.account || x.Name == "" || x.MaxLoad != model.DefaultMaxLoad {
				t.Errorf("member %+v", x)
			}
		}
		slices.Sort(want)
		slices.Sort(got)
		if !slices.Equal(got, want) {
			t.Errorf("members %v, want %v", got, want)
		}
	}
}

func TestMembersAreRefused(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	hana, gone := o.hire("hana", model.AgentRole), o.hire("gone", model.AgentRole)
	o.exec(`UPDATE agents SET disabled_at = now() WHERE id = $1`, gone.ID)
	c := o.connect("+15550000001")
	_, err := o.AddChannelAgents(o.asAdmin(), c.ID, []model.ID{hana.ID, o.stranger()})
	wantCode(t, err, model.NotFound, "agentIds")
	_, err = o.RemoveChannelAgents(o.asAdmin(), c.ID, []model.ID{model.NewID(model.KindAgent)})
	wantCode(t, err, model.NotFound, "agentIds")
	_, err = o.AddChannelAgents(o.asAdmin(), c.ID, []model.ID{hana.ID, gone.ID})
	wantCode(t, err, model.Unavailable, "agentIds")
	_, err = o.AddChannelAgents(o.asAdmin(), model.NewID(model.KindChannel), []model.ID{hana.ID})
	wantCode(t, err, model.NotFound, "channelId")
	_, err = o.SetChannelAgents(o.as(hana.ID, model.AgentRole), c.ID, []model.ID{hana.ID})
	wantCode(t, err, model.Forbidden)
	o.count(0, `channel_agents`)
}

// stranger is an agent of another account.
func (o *office) stranger() model.ID {
	o.t.Helper()
	var account int64
	o.one(&account, `INSERT INTO accounts (name) VALUES ('Other') RETURNING id`)
	id := model.NewID(model.KindAgent)
	o.exec(`INSERT INTO agents (account_id, id, name, email, role, max_load) VALUES ($1, $2, 'Stranger', $3, 'AGENT', 1)`, account, id, string(id)+"@example.com")
	return id
}

// Whatever the moment at which an agent joins a channel that is being written to: each conversation is either told to
// them, or begins after their rights changed, so that they see its beginning.
func TestNoConversationIsMissedWhileJoining(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	hana := o.hire("hana", model.AgentRole)
	c := o.connect("+15550000001")
	intake := db.NewIntake(o.db, time.Now, func(int64) {}, nil)
	o.events()
	begin := make(chan struct{}, 400)
	var writing sync.WaitGroup
	for i := range 4 {
		writing.Go(func() {
			for j := range 40 {
				number := "+8190000" + string(rune('0'+i)) + string(rune('0'+j/10)) + string(rune('0'+j%10))
				_, err := intake.Store(t.Context(), o.account, db.Arrival{Channel: c.ID, Kind: c.Kind,
					Incoming: model.Incoming{ExternalID: number, Addresses: []string{number}, Kind: model.TextMessage, Text: "hello"}})
				if err != nil {
					t.Error(err)
				}
				begin <- struct{}{}
			}
		})
	}
	for range 40 { // in the midst of it
		<-begin
	}
	if _, err := o.AddChannelAgents(o.asAdmin(), c.ID, []model.ID{hana.ID}); err != nil {
		t.Fatal(err)
	}
	writing.Wait()
	var rights int64
	told := map[model.ID]bool{}
	for _, e := range o.events() {
		switch {
		case e.Kind == model.RightsChanged:
			rights = e.Seq
		case e.Kind == model.ConversationAdded && (e.AgentID == hana.ID || rights > 0 && e.AgentID == ""):
			told[e.ConversationID] = true
		}
	}
	if rights == 0 || len(told) != 160 {
		t.Errorf("rights changed at %d, %d of 160 conversations were told", rights, len(told))
	}
}
