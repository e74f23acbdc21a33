package desk_test

import (
	"fmt"
	"sync"
	"testing"

	"github.com/livedesk/livedesk/model"
	"github.com/livedesk/livedesk/server/desk"
)

func TestAnAiAgentTakesWhatWaitsWhenItStarts(t *testing.T) {
	t.Parallel()
	s := newShift(t, model.Manual)
	robin := s.trains("Robin")
	c := s.hears("+49151")
	s.owns(nil, c.ID)
	s.puts(robin, false)
	s.owns(nil, c.ID)
	s.events()
	s.puts(robin, true)
	s.answers(robin, c.ID)
	s.wantKinds(model.ChannelChanged, model.ConversationChanged)
	s.puts(robin, true) // nothing new
	s.count(3, `audit_log WHERE action IN ('CHANNEL_AI_AGENT_SET', 'AI_AGENT_CREATED')`)
	s.puts(robin, false)
	s.wantGone(c.ID, model.HandOverStopped)
	s.puts(robin, true)
	s.owns(nil, c.ID) // what was handed over stays with people
	s.answers(robin, s.hears("+49152").ID)
	s.sound()
}

func TestAnotherAiAgentInItsPlace(t *testing.T) {
	t.Parallel()
	s := newShift(t, model.ConcurrentLoad)
	robin, kim := s.trains("Robin"), s.trains("Kim")
	s.puts(robin, true)
	first := s.hears("+49151")
	s.comes(s.hana)
	s.puts(kim, true)
	s.wantGone(first.ID, model.HandOverReplaced)
	s.owns(s.hana, first.ID)
	second := s.hears("+49152")
	s.answers(kim, second.ID)
	s.puts(nil, false)
	s.wantGone(second.ID, model.HandOverStopped)
	s.count(0, `ai_endings`)
	s.count(0, `channels WHERE ai_agent_id IS NOT NULL OR ai_started`)
	s.sound()
}

func TestAPausedChannelHasNoAi(t *testing.T) {
	t.Parallel()
	s := newShift(t, model.ConcurrentLoad)
	robin := s.trains("Robin")
	s.puts(robin, true)
	c := s.hears("+49151")
	pause := func(paused bool) {
		if _, _, err := s.UpdateChannel(s.asAdmin(), desk.ChannelChange{Channel: s.channel.ID, Paused: &paused}); err != nil {
			t.Fatal(err)
		}
		s.EndReceiving()
	}
	pause(true)
	s.wantGone(c.ID, model.HandOverChannelPause)
	s.wantTold(c.ID)
	waits := s.hears("+49152")
	s.owns(nil, waits.ID)
	pause(false)
	s.answers(robin, waits.ID)
	if c := s.conversationNow(c.ID); c.Status != model.Open {
		t.Errorf("what was handed over is %s", c.Status)
	}
	if _, err := s.RemoveChannel(s.asAdmin(), s.channel.ID); err != nil {
		t.Fatal(err)
	}
	s.EndReceiving()
	s.wantGone(waits.ID, model.HandOverChannelPause)
	s.sound()
}

func TestADisabledAndADeletedAiAgent(t *testing.T) {
	t.Parallel()
	s := newShift(t, model.ConcurrentLoad)
	robin := s.trains("Robin")
	s.puts(robin, true)
	first := s.hears("+49151")
	disable := func(disabled bool) {
		if _, err := s.UpdateAiAgent(s.asAdmin(), desk.AiAgentChange{AiAgent: robin.ID, Disabled: &disabled}); err != nil {
			t.Fatal(err)
		}
		s.EndReceiving()
	}
	disable(true)
	s.wantGone(first.ID, model.HandOverDisabled)
	waits := s.hears("+49152")
	s.owns(nil, waits.ID)
	_, err := s.SetChannelAi(s.asAdmin(), desk.ChannelAiChange{Channel: s.channel.ID, AiAgent: &robin.ID, Started: at(true)})
	wantCode(t, err, model.Unavailable, "aiAgentId")
	disable(false)
	s.answers(robin, waits.ID)
	if err := s.DeleteAiAgent(s.asAdmin(), robin.ID); err != nil {
		t.Fatal(err)
	}
	s.EndReceiving()
	s.wantGone(waits.ID, model.HandOverDeleted)
	s.count(0, `channels WHERE ai_agent_id IS NOT NULL`)
	s.count(1, `ai_agents WHERE deleted_at IS NOT NULL AND secret IS NULL AND secret_hint = ''`)
	_, err = s.SetChannelAi(s.asAdmin(), desk.ChannelAiChange{Channel: s.channel.ID, AiAgent: &robin.ID})
	wantCode(t, err, model.NotFound, "aiAgentId")
	s.trains("Robin") // the name is free again
	s.sound()
}

func TestARuleNamesAnotherAiAgent(t *testing.T) {
	t.Parallel()
	s := newShift(t, model.ConcurrentLoad)
	robin, kim := s.trains("Robin"), s.trains("Kim")
	s.puts(robin, true)
	action := model.Action{AssignTo: model.AssignTo{AiAgentID: kim.ID}}
	if _, _, err := s.CreateRule(s.asAdmin(), s.channel.ID, desk.RuleChange{Name: at("Kim first"), Enabled: at(true), Action: &action}); err != nil {
		t.Fatal(err)
	}
	s.EndReceiving()
	c := s.hears("+49151")
	s.answers(kim, c.ID)
	s.orphaned()
	s.answers(kim, c.ID)
	if _, err := s.UpdateAiAgent(s.asAdmin(), desk.AiAgentChange{AiAgent: kim.ID, Disabled: at(true)}); err != nil {
		t.Fatal(err)
	}
	s.EndReceiving()
	s.wantGone(c.ID, model.HandOverDisabled)
	_, _, err := s.CreateRule(s.asAdmin(), s.channel.ID, desk.RuleChange{Name: at("Kim once more"), Action: &action})
	wantCode(t, err, model.Unavailable, "action", "assignTo", "aiAgentId")
	s.answers(robin, s.hears("+49152").ID)
	if err := s.DeleteAiAgent(s.asAdmin(), kim.ID); err != nil {
		t.Fatal(err)
	}
	s.EndReceiving()
	s.answers(robin, s.hears("+49153").ID)
	_, _, err = s.CreateRule(s.asAdmin(), s.channel.ID, desk.RuleChange{Name: at("Kim again"), Action: &action})
	wantCode(t, err, model.NotFound, "action", "assignTo", "aiAgentId")
	s.sound()
}

func TestAnAiAgentIsGivenAConversationByHand(t *testing.T) {
	t.Parallel()
	s := newShift(t, model.Manual)
	robin, kim := s.trains("Robin"), s.trains("Kim")
	c := s.hears("+49151")
	s.puts(robin, false)
	give := func(ai *model.AiAgent, as *model.Agent) error {
		ctx := s.asAdmin()
		if as != nil {
			ctx = s.as(as.ID, as.Role)
		}
		_, err := s.Assign(ctx, desk.Assign{Conversation: c.ID, AiAgent: ai.ID, Force: true})
		s.EndReceiving()
		return err
	}
	wantCode(t, give(robin, s.hana), model.Unavailable, "to", "aiAgentId")
	wantCode(t, give(kim, s.hana), model.Unavailable, "to", "aiAgentId")
	s.exec(`UPDATE conversations SET status = 'OPEN' WHERE id = $1`, c.ID)
	if err := give(kim, nil); err != nil {
		t.Fatal(err)
	}
	s.answers(kim, c.ID)
	s.orphaned()
	s.answers(kim, c.ID)
	s.replies(c.ID, "I am here")
	s.puts(robin, true)
	if err := give(robin, s.hana); err != nil {
		t.Fatal(err)
	}
	s.answers(robin, c.ID)
	if err := give(robin, s.hana); err != nil {
		t.Error(err)
	}
	is := s.conversationNow(c.ID)
	s.resolves(c.ID)
	if again := s.conversationNow(c.ID); again.AiAgentID != robin.ID || again.Epoch != is.Epoch {
		t.Errorf("%+v", again)
	}
	if err := give(robin, s.hana); err != nil { // reopens it
		t.Error(err)
	}
	s.answers(robin, c.ID)
	s.sound()
}

func TestAProblemIsToldOfWhenItChanges(t *testing.T) {
	t.Parallel()
	s := newShift(t, model.Manual)
	robin := s.trains("Robin")
	s.puts(robin, true)
	s.events()
	note := func(kind model.AiProblemKind, want bool) {
		t.Helper()
		told, err := s.db.NoteAiProblem(t.Context(), s.account, s.channel.ID, robin.ID, kind, "It does not work.")
		if err != nil || told != want {
			t.Error(kind, told, err)
		}
	}
	note(model.AiQuota, true)
	note(model.AiQuota, false)
	note(model.AiCredentials, true)
	s.wantKinds(model.ChannelChanged, model.ChannelChanged)
	stored, err := s.db.ChannelAis(t.Context(), s.account, []model.ID{s.channel.ID})
	if p := stored[s.channel.ID].Problem; err != nil || p == nil || p.Kind != model.AiCredentials || p.Since.IsZero() {
		t.Errorf("%v, %+v", err, p)
	}
	for _, want := range []bool{true, false} {
		if told, err := s.db.ClearAiProblem(t.Context(), s.account, s.channel.ID, robin.ID); err != nil || told != want {
			t.Error(told, err)
		}
	}
	note(model.AiServer, true)
	if works, _, err := s.TestAiAgent(s.asAdmin(), robin.ID); err != nil || !works {
		t.Error(works, err)
	}
	s.count(0, `channels WHERE ai_problem IS NOT NULL`)
	note(model.AiServer, true)
	s.puts(s.trains("Kim"), true)
	s.count(0, `channels WHERE ai_problem IS NOT NULL OR ai_problem_text IS NOT NULL`)
	note(model.AiServer, false) // it is not the channel's any more
}

// Whatever comes in while AI Agents are changed is with the last of them or with people, and nobody with one that is gone.
func TestAiAgentsAreChangedWhileCustomersWrite(t *testing.T) {
	t.Parallel()
	s := newShift(t, model.ConcurrentLoad)
	s.comes(s.hana)
	robin, kim := s.trains("Robin"), s.trains("Kim")
	s.puts(robin, true)
	var all sync.WaitGroup
	for i := range 40 {
		all.Go(func() { s.writes(fmt.Sprint("+4915100", i), "hello") })
	}
	for i := range 6 {
		ai := []*model.AiAgent{kim, robin}[i%2]
		if _, err := s.SetChannelAi(s.asAdmin(), desk.ChannelAiChange{Channel: s.channel.ID, AiAgent: &ai.ID}); err != nil {
			t.Error(err)
		}
	}
	all.Wait()
	if _, err := s.SetChannelAi(s.asAdmin(), desk.ChannelAiChange{Channel: s.channel.ID, AiAgent: &kim.ID}); err != nil {
		t.Error(err)
	}
	s.EndReceiving()
	s.orphaned()
	s.count(0, `conversations WHERE status = 'AI_REPLYING' AND ai_agent_id <> $1`, kim.ID)
	s.count(0, `ai_endings`)
	s.count(40, `conversations`)
	s.sound()
}
