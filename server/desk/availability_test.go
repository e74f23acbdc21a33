package desk_test

import (
	"context"
	"fmt"
	"sync"
	"testing"

	"github.com/livedesk/livedesk/model"
	"github.com/livedesk/livedesk/server/desk"
)

// passesOn is the agent going away and leaving their conversations to others.
func (s *shift) passesOn(a *model.Agent) *model.Agent {
	s.t.Helper()
	now, err := s.PassOn(s.as(a.ID, model.AgentRole), "", model.Away)
	if err != nil {
		s.t.Fatal(err)
	}
	s.EndReceiving()
	return now
}

func TestWhoPassesOnLosesWhatIsOpen(t *testing.T) {
	t.Parallel()
	s := newShift(t, model.ConcurrentLoad)
	ken := s.works("ken", 5)
	first, second := s.hears("+4915100").ID, s.hears("+4915101").ID
	sleeps, done := s.hears("+4915102").ID, s.hears("+4915103").ID
	if _, err := s.SetStatus(s.asAdmin(), desk.StatusChange{Conversation: sleeps, Status: model.Snoozed}); err != nil {
		t.Fatal(err)
	}
	s.resolves(done)
	s.exec(`UPDATE agents SET max_load = 1 WHERE id = $1`, s.hana.ID)
	s.comes(s.hana)
	before := s.conversationNow(sleeps).Version
	if now := s.passesOn(ken); now.Availability != model.Away || now.Load != 0 || !now.Connected {
		t.Errorf("%+v", now)
	}
	s.owns(s.hana, first)
	s.owns(nil, second)
	s.owns(ken, sleeps)
	s.owns(ken, done)
	if now := s.conversationNow(sleeps); now.Version != before {
		t.Errorf("the snoozed one was changed: %+v", now)
	}
	s.count(2, `conversation_changes WHERE reason = 'PASSED_ON' AND agent_id IS NULL AND status = 'OPEN' AND actor_agent_id = $1`, ken.ID)
	s.count(1, `decisions WHERE conversation_id = $1 AND stage = 'HUMANS' AND outcome = 'WAITING'`, second)
	s.sound()
}

// Who passed on gets nothing back before they are back, whoever had it before and whatever the rules say.
func TestWhatWasPassedOnDoesNotComeBack(t *testing.T) {
	t.Parallel()
	for _, mode := range []model.AssignmentMode{model.ConcurrentLoad, model.Sequential} {
		t.Run(string(mode), func(t *testing.T) {
			t.Parallel()
			s := newShift(t, mode)
			ken := s.works("ken", 5)
			s.rule(model.Action{AssignTo: model.AssignTo{AgentID: ken.ID}}, `[{"messageText":{"contains":"refund"}}]`)
			plain := s.hears("+4915100").ID
			named, _ := s.writes("+4915101", "a refund please")
			s.EndReceiving()
			s.exec(`UPDATE conversations SET former_agent_id = $1`, ken.ID)
			s.owns(ken, plain)
			s.owns(ken, named)
			s.passesOn(ken)
			s.catchesUp()
			s.owns(nil, plain)
			s.owns(nil, named)
			s.comes(s.hana)
			s.owns(s.hana, plain)
			s.owns(s.hana, named)
			s.sound()
		})
	}
}

func TestPassingOnWherePeopleGiveOut(t *testing.T) {
	t.Parallel()
	s := newShift(t, model.Manual)
	team, err := s.CreateTeam(s.asAdmin(), "Refunds", []model.ID{s.hana.ID})
	if err != nil {
		t.Fatal(err)
	}
	c := s.conversation(s.channel, model.Open, s.hana.ID)
	s.exec(`UPDATE conversations SET team_id = $1`, team.ID)
	s.is(s.hana, model.Offline)
	s.events()
	if _, err := s.PassOn(s.asAdmin(), s.hana.ID, model.Offline); err != nil { // as she is already
		t.Fatal(err)
	}
	s.wantEvents(show(model.Event{Kind: model.ConversationChanged, ChannelID: s.channel.ID, ConversationID: c}), show(model.Event{Kind: model.AgentChanged, AgentID: s.hana.ID}))
	s.EndReceiving()
	s.count(1, `conversations WHERE agent_id IS NULL AND team_id = $1 AND to_place IS NULL AND target_kind IS NULL AND status = 'OPEN'`, team.ID)
	if _, err := s.PassOn(s.asAdmin(), s.hana.ID, model.Offline); err != nil {
		t.Fatal(err)
	}
	s.wantEvents() // there was nothing left
	s.count(0, `decisions`)
}

func TestPassingOnIsRefused(t *testing.T) {
	t.Parallel()
	s := newShift(t, model.ConcurrentLoad)
	s.comes(s.hana)
	c := s.hears("+4915100").ID
	for _, to := range []model.Availability{model.Online, model.Busy, "GONE"} {
		_, err := s.PassOn(s.asHana(), "", to)
		wantCode(t, err, model.Invalid, "passOn")
	}
	ken := s.hire("ken", model.AgentRole)
	_, err := s.PassOn(s.as(ken.ID, model.AgentRole), s.hana.ID, model.Away)
	wantCode(t, err, model.Forbidden)
	_, err = s.PassOn(s.asAdmin(), model.NewID(model.KindAgent), model.Away)
	wantCode(t, err, model.NotFound, "agentId")
	_, err = s.PassOn(context.Background(), s.hana.ID, model.Away)
	wantCode(t, err, model.Unauthenticated)
	s.EndReceiving()
	s.owns(s.hana, c)
	s.count(1, `agents WHERE id = $1 AND availability = 'ONLINE'`, s.hana.ID)
}

// Who cannot let go of their conversations is not away either: it is one transaction.
func TestPassingOnIsWhole(t *testing.T) {
	t.Parallel()
	s := newShift(t, model.ConcurrentLoad)
	s.comes(s.hana)
	c := s.hears("+4915100").ID
	s.exec(`CREATE FUNCTION full_disk() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'full'; END $$;
		CREATE TRIGGER full_disk BEFORE INSERT ON conversation_changes FOR EACH ROW WHEN (NEW.reason = 'PASSED_ON') EXECUTE FUNCTION full_disk()`)
	noted := len(s.audited())
	if _, err := s.PassOn(s.asHana(), "", model.Away); err == nil {
		t.Fatal("it was done")
	}
	s.owns(s.hana, c)
	s.count(1, `agents WHERE id = $1 AND availability = 'ONLINE'`, s.hana.ID)
	if len(s.audited()) != noted {
		t.Error("it was audited")
	}
}

// What is placed while its agent passes on is either passed on with the rest or goes to somebody else at once.
func TestNothingIsLeftWithWhoPassesOn(t *testing.T) {
	t.Parallel()
	s := newShift(t, model.ConcurrentLoad)
	ken := s.works("ken", 1000)
	var all sync.WaitGroup
	for i := range 8 {
		all.Go(func() {
			for n := range 5 {
				s.writes(fmt.Sprintf("+4917%d%d", i, n), "hello")
			}
		})
	}
	all.Go(func() {
		if _, err := s.PassOn(s.as(ken.ID, model.AgentRole), "", model.Away); err != nil {
			t.Error(err)
		}
	})
	all.Wait()
	s.EndReceiving()
	s.count(0, `conversations WHERE agent_id IS NOT NULL`)
	s.count(40, `conversations WHERE target_kind = 'HUMAN_AGENTS'`)
	s.sound()
}

// Everyday work is not in the audit log; what is done to others, and with others' work, is.
func TestAvailabilityIsAudited(t *testing.T) {
	t.Parallel()
	s := newShift(t, model.ConcurrentLoad)
	s.comes(s.hana)
	noted := len(s.audited())
	do := func(_ *model.Agent, err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	do(s.SetAvailability(s.asHana(), s.hana.ID, model.Busy))
	do(s.PassOn(s.asHana(), "", model.Away)) // of nothing
	do(s.SetAvailability(s.asAdmin(), s.hana.ID, model.Away))
	if n := len(s.audited()); n != noted {
		t.Errorf("%d entries about everyday work", n-noted)
	}
	do(s.SetAvailability(s.asAdmin(), s.hana.ID, model.Online))
	e := s.wantAudit(s.admin, model.AuditAvailabilitySet, model.AuditAgent, s.hana.ID, "")
	if string(e.Before) != `{"availability": "AWAY"}` || string(e.After) != `{"availability": "ONLINE"}` {
		t.Errorf("%s, %s", e.Before, e.After)
	}
	s.owns(s.hana, s.hears("+4915100").ID)
	do(s.PassOn(s.asHana(), "", model.Offline))
	e = s.wantAudit(s.hana.ID, model.AuditAvailabilitySet, model.AuditAgent, s.hana.ID, "")
	if string(e.Before) != `{"availability": "ONLINE"}` || string(e.After) != `{"passedOn": 1, "availability": "OFFLINE"}` {
		t.Errorf("%s, %s", e.Before, e.After)
	}
}
