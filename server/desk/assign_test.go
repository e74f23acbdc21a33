package desk_test

import (
	"fmt"
	"sync"
	"testing"

	"github.com/livedesk/livedesk/model"
	"github.com/livedesk/livedesk/server/desk"
)

func (l *line) colleague(name string) *model.Agent {
	l.t.Helper()
	a := l.hire(name, model.AgentRole)
	l.joins(a)
	return a
}

func TestTwoAgentsTakeOneConversation(t *testing.T) {
	t.Parallel()
	l := newLine(t)
	ken := l.colleague("ken")
	agents := map[model.ID]string{l.hana.ID: "hana", ken.ID: "ken"}
	for round := range 200 {
		c := l.conversation(l.channel, model.Open, "")
		seen := 1
		var version *int
		if round%2 == 0 {
			version = &seen
		}
		type result struct {
			now *model.Conversation
			err error
		}
		results := map[model.ID]result{}
		var mu sync.Mutex
		var wg sync.WaitGroup
		start := make(chan struct{})
		for id := range agents {
			wg.Go(func() {
				<-start
				now, err := l.Assign(l.as(id, model.AgentRole), desk.Assign{Conversation: c, Agent: id, Version: version})
				mu.Lock()
				defer mu.Unlock()
				results[id] = result{now, err}
			})
		}
		close(start)
		wg.Wait()
		owner := l.conversationNow(c).AgentID
		for id, r := range results {
			if r.now == nil || r.now.AgentID != owner || r.now.Version != 2 {
				t.Fatalf("round %d: %s was shown %+v, %v", round, agents[id], r.now, r.err)
			}
			if id == owner && r.err != nil {
				t.Fatalf("round %d: the winner got %v", round, r.err)
			}
			if id != owner {
				wantRefusal(t, r.err, model.Conflict, agents[owner]+" has this conversation since")
			}
		}
		l.count(1, `conversation_changes WHERE conversation_id = $1`, c)
	}
	l.count(200, `event_outbox WHERE kind = 'CONVERSATION_CHANGED'`)
	l.count(0, `agents a WHERE open_count <> (SELECT count(*) FROM conversations c WHERE c.agent_id = a.id AND c.status = 'OPEN')`)
}

func TestTakeAndRelease(t *testing.T) {
	t.Parallel()
	l := newLine(t)
	ken := l.colleague("ken")
	c := l.conversation(l.channel, model.Open, "")
	l.events()
	take := desk.Assign{Conversation: c, Agent: l.hana.ID}
	now, err := l.Assign(l.asHana(), take)
	if err != nil || now.AgentID != l.hana.ID || now.Version != 2 || now.Epoch != 2 {
		t.Fatalf("took %+v, %v", now, err)
	}
	l.wantKinds(model.ConversationChanged)
	if again, err := l.Assign(l.asHana(), take); err != nil || again.Version != 2 {
		t.Errorf("took again %+v, %v", again, err)
	}
	l.wantKinds()

	taking := desk.Assign{Conversation: c, Agent: ken.ID}
	_, err = l.Assign(l.as(ken.ID, model.AgentRole), taking)
	wantRefusal(t, err, model.Conflict, "hana has this conversation since")
	taking.Force = true
	if now, err = l.Assign(l.as(ken.ID, model.AgentRole), taking); err != nil || now.AgentID != ken.ID {
		t.Fatalf("took by force %+v, %v", now, err)
	}
	stale, seen := 2, 3
	_, err = l.Assign(l.asHana(), desk.Assign{Conversation: c, Agent: l.hana.ID, Version: &stale, Force: true})
	wantRefusal(t, err, model.Conflict, "ken has this conversation since")
	if now, err = l.Assign(l.asHana(), desk.Assign{Conversation: c, Agent: l.hana.ID, Version: &seen}); err != nil || now.AgentID != l.hana.ID {
		t.Fatalf("took what was seen: %+v, %v", now, err)
	}
	if now, err = l.Assign(l.asHana(), desk.Assign{Conversation: c, Unassigned: true}); err != nil || now.AgentID != "" || now.Version != 5 {
		t.Fatalf("released %+v, %v", now, err)
	}
	if now, err = l.Assign(l.asHana(), desk.Assign{Conversation: c, Unassigned: true}); err != nil || now.Version != 5 {
		t.Fatalf("released again %+v, %v", now, err)
	}
	for version, reason := range map[int]model.Reason{2: model.ReasonTaken, 3: model.ReasonTaken, 4: model.ReasonTaken, 5: model.ReasonReleased} {
		l.count(1, `conversation_changes WHERE conversation_id = $1 AND version = $2 AND reason = $3`, c, version, string(reason))
	}
	l.count(0, `agents WHERE open_count <> 0`)
}

func TestAssignToOthers(t *testing.T) {
	t.Parallel()
	l := newLine(t)
	ken, otto, lead := l.colleague("ken"), l.hire("otto", model.AgentRole), l.hire("lea", model.Supervisor)
	team, err := l.CreateTeam(l.asAdmin(), "Billing", []model.ID{ken.ID})
	if err != nil {
		t.Fatal(err)
	}
	c := l.conversation(l.channel, model.Open, "")
	give := func(a desk.Assign) (*model.Conversation, error) {
		a.Conversation, a.Force = c, true
		return l.Assign(l.asHana(), a)
	}
	l.exec(`UPDATE agents SET max_load = 0`) // by hand the limit does not hold
	if now, err := give(desk.Assign{Agent: ken.ID}); err != nil || now.AgentID != ken.ID || now.TeamID != "" {
		t.Errorf("to ken: %+v, %v", now, err)
	}
	for what, a := range map[string]desk.Assign{"release": {Unassigned: true}, "give to a team": {Team: team.ID}, "give to a supervisor": {Agent: lead.ID}} {
		a.Conversation = c
		if now, err := l.Assign(l.asHana(), a); model.CodeOf(err) != model.Conflict || now == nil || now.AgentID != ken.ID {
			t.Errorf("%s what is ken's, without a sign of knowing: %+v, %v", what, now, err)
		}
	}
	if now, err := give(desk.Assign{Team: team.ID}); err != nil || now.AgentID != "" || now.TeamID != team.ID {
		t.Errorf("to the team: %+v, %v", now, err)
	}
	if now, err := give(desk.Assign{Agent: ken.ID}); err != nil || now.AgentID != ken.ID || now.TeamID != team.ID {
		t.Errorf("to one of the team: %+v, %v", now, err)
	}
	if now, err := give(desk.Assign{Agent: lead.ID}); err != nil || now.AgentID != lead.ID || now.TeamID != "" {
		t.Errorf("to a supervisor, who needs no membership: %+v, %v", now, err)
	}
	l.count(3, `conversation_changes WHERE reason = 'ASSIGNED' AND actor_agent_id = $1 AND agent_id IS NOT NULL`, l.hana.ID)

	off := true
	if _, err := l.UpdateAgent(l.asAdmin(), desk.AgentChange{Agent: ken.ID, Disabled: &off}); err != nil {
		t.Fatal(err)
	}
	l.exec(`INSERT INTO ai_agents (account_id, id, name) VALUES ($1, $2, 'Robo')`, l.account, team.ID)
	l.events()
	for _, try := range []struct {
		to   desk.Assign
		code model.Code
		path []string
	}{
		{desk.Assign{Agent: otto.ID}, model.NotAMember, []string{"to", "agentId"}},
		{desk.Assign{Agent: ken.ID}, model.Unavailable, []string{"to", "agentId"}},
		{desk.Assign{Agent: model.NewID(model.KindAgent)}, model.NotFound, []string{"to", "agentId"}},
		{desk.Assign{Team: model.NewID(model.KindTeam)}, model.NotFound, []string{"to", "teamId"}},
		{desk.Assign{AiAgent: model.NewID(model.KindAiAgent)}, model.NotFound, []string{"to", "aiAgentId"}},
		{desk.Assign{AiAgent: team.ID}, model.Unavailable, []string{"to", "aiAgentId"}},
		{desk.Assign{}, model.Invalid, []string{"to"}},
		{desk.Assign{Unassigned: true, Team: team.ID}, model.Invalid, []string{"to"}},
	} {
		_, err := give(try.to)
		wantCode(t, err, try.code, try.path...)
	}
	_, err = l.Assign(l.as(otto.ID, model.AgentRole), desk.Assign{Conversation: c, Agent: otto.ID})
	wantCode(t, err, model.NotFound, "conversationId")
	l.wantKinds()
}

// TestNobodyOwnsWhatTheyMayNotSee takes conversations while the agent is taken off the channel and put back.
func TestNobodyOwnsWhatTheyMayNotSee(t *testing.T) {
	t.Parallel()
	l := newLine(t)
	var wg sync.WaitGroup
	for i := range 2 {
		wg.Go(func() {
			for n := range 40 {
				c, in := l.conversation(l.channel, model.Open, ""), l.as(l.hana.ID, model.AgentRole)
				var err error
				if i == 0 {
					_, err = l.Assign(in, desk.Assign{Conversation: c, Agent: l.hana.ID})
				} else {
					_, _, err = l.Reply(in, desk.Reply{Conversation: c, Template: &model.TemplateCall{ID: fmt.Sprint("HX", n)}})
				}
				if code := model.CodeOf(err); err != nil && code != model.NotFound && code != model.NotAMember {
					t.Error(err)
				}
			}
		})
	}
	wg.Go(func() {
		for range 40 {
			if _, err := l.RemoveChannelAgents(l.asAdmin(), l.channel.ID, []model.ID{l.hana.ID}); err != nil {
				t.Error(err)
			}
			l.count(0, `conversations c WHERE agent_id IS NOT NULL AND NOT EXISTS (SELECT 1 FROM channel_agents x WHERE x.agent_id = c.agent_id AND x.channel_id = c.channel_id)`)
			if _, err := l.AddChannelAgents(l.asAdmin(), l.channel.ID, []model.ID{l.hana.ID}); err != nil {
				t.Error(err)
			}
		}
	})
	wg.Wait()
}
