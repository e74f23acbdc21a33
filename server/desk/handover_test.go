package desk_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/livedesk/livedesk/model"
	"github.com/livedesk/livedesk/server/desk"
)

// robin is an AI Agent that answers on the line.
func (s *shift) robin() model.ID {
	s.t.Helper()
	id := model.NewID(model.KindAiAgent)
	s.exec(`INSERT INTO ai_agents (account_id, id, name) VALUES ($1, $2, 'Robin')`, s.account, id)
	s.exec(`UPDATE channels SET ai_agent_id = $1, ai_started = true, automation_version = automation_version + 1`, id)
	return id
}

// gives hands the conversation over, as the AI Agent does.
func (s *shift) gives(c *model.Conversation, h desk.HandOver) *model.Conversation {
	s.t.Helper()
	had, err := s.HandOver(s.t.Context(), s.account, c.ID, c.Epoch, h)
	if err != nil || !had {
		s.t.Fatal(had, err)
	}
	s.EndReceiving()
	return s.conversationNow(c.ID)
}

// wantTold fails unless these are the texts that were said to the customer, in their order.
func (s *shift) wantTold(id model.ID, want ...string) {
	s.t.Helper()
	var got string
	s.one(&got, `SELECT coalesce(string_agg(text, '|' ORDER BY seq), '') FROM messages WHERE conversation_id = $1 AND direction = 'OUTBOUND'`, id)
	if got != strings.Join(want, "|") {
		s.t.Errorf("the customer was told %q, want %q", got, want)
	}
}

func TestAHandOverEndsWithAPerson(t *testing.T) {
	t.Parallel()
	s := newShift(t, model.ConcurrentLoad)
	robin := s.robin()
	ken := s.works("ken", 5)
	c := s.hears("+49151")
	if c.Status != model.AiReplying || c.AiAgentID != robin {
		t.Fatalf("%+v", c)
	}
	c = s.gives(c, desk.HandOver{Reason: model.HandOverAsked, Summary: "Wants to return a kettle.", Tell: true})
	s.owns(ken, c.ID)
	if c.Status != model.Open || c.AiAgentID != "" || c.WaitingSince == nil {
		t.Errorf("%+v", c)
	}
	s.wantTold(c.ID, model.DefaultClosing)
	s.count(1, `messages WHERE kind = 'NOTE' AND direction = 'INTERNAL' AND ai_agent_id = $1 AND text LIKE 'Robin handed this conversation over: the customer asked for a person.%return a kettle.'`, robin)
	s.count(1, `messages WHERE kind = 'TEXT' AND direction = 'OUTBOUND' AND ai_agent_id = $1 AND status = 'QUEUED'`, robin)
	s.count(1, `conversation_changes WHERE reason = 'HANDED_OVER' AND hand_over = 'ASKED_FOR_PERSON' AND actor_system = 'ai' AND status = 'OPEN' AND ai_agent_id IS NULL`)
	s.count(1, `river_job WHERE kind = 'send_messages'`)
	if had, err := s.HandOver(t.Context(), s.account, c.ID, c.Epoch, desk.HandOver{Reason: model.HandOverError, Tell: true}); had || err != nil {
		t.Error("what a person has was handed over:", had, err)
	}
	s.sound()
}

func TestAHandOverIsToldOfInOrder(t *testing.T) {
	t.Parallel()
	s := newShift(t, model.ConcurrentLoad)
	s.robin()
	c := s.hears("+49151")
	s.events()
	s.gives(c, desk.HandOver{Reason: model.HandOverAsked, Tell: true})
	s.wantKinds(model.ConversationChanged, model.MessageAdded, model.MessageAdded)
}

func TestAHandOverWaitsAndNeverReturnsToAnAi(t *testing.T) {
	t.Parallel()
	s := newShift(t, model.ConcurrentLoad)
	s.robin()
	c := s.gives(s.hears("+49151"), desk.HandOver{Reason: model.HandOverTurns})
	s.owns(nil, c.ID)
	s.wantTold(c.ID)
	s.count(1, `conversations WHERE target_kind = 'HUMAN_AGENTS' AND to_place IS NULL AND status = 'OPEN'`)
	s.hears("+49151")
	s.mode(model.Sequential) // decides afresh what waits
	s.owns(nil, c.ID)
	if c = s.conversationNow(c.ID); c.Status != model.Open {
		t.Errorf("it went back to %s", c.Status)
	}
	s.comes(s.hana)
	s.owns(s.hana, c.ID)
	s.sound()
}

// What somebody takes from an AI Agent by hand is not given back to it either.
func TestWhatIsTakenFromAnAiStaysWithPeople(t *testing.T) {
	t.Parallel()
	for what, take := range map[string]func(s *shift, id model.ID) error{
		"opened": func(s *shift, id model.ID) error {
			_, err := s.SetStatus(s.asHana(), desk.StatusChange{Conversation: id, Status: model.Open})
			return err
		},
		"released": func(s *shift, id model.ID) error {
			_, err := s.Assign(s.asHana(), desk.Assign{Conversation: id, Unassigned: true})
			return err
		},
	} {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			s := newShift(t, model.ConcurrentLoad)
			s.robin()
			c := s.hears("+49151")
			if err := take(s, c.ID); err != nil {
				t.Fatal(err)
			}
			s.EndReceiving()
			s.mode(model.Sequential) // decides afresh what waits
			if c = s.conversationNow(c.ID); c.Status != model.Open || c.Owned() {
				t.Errorf("%+v", c)
			}
			s.sound()
		})
	}
}

func TestAReopenedConversationBeginsWithTheAiAgain(t *testing.T) {
	t.Parallel()
	s := newShift(t, model.ConcurrentLoad)
	s.exec(`UPDATE channels SET reopen_policy = 'REOPEN'`)
	s.robin()
	c := s.gives(s.hears("+49151"), desk.HandOver{Reason: model.HandOverAsked})
	s.resolves(c.ID)
	again := s.hears("+49151")
	if again.ID != c.ID || again.Status != model.AiReplying {
		t.Errorf("%+v", again)
	}
	s.count(0, `conversations WHERE handed_over_at IS NOT NULL`)
}

func TestAHandOverToATeam(t *testing.T) {
	t.Parallel()
	s := newShift(t, model.ConcurrentLoad)
	s.robin()
	ken := s.works("ken", 5)
	s.comes(s.hana)
	team, err := s.CreateTeam(s.asAdmin(), "Returns", []model.ID{s.hana.ID})
	if err != nil {
		t.Fatal(err)
	}
	c := s.gives(s.hears("+49151"), desk.HandOver{Reason: model.HandOverTopic, Team: team.ID})
	s.owns(s.hana, c.ID)
	if c.TeamID != team.ID {
		t.Errorf("%+v", c)
	}
	s.limit(s.hana, 0)
	c = s.gives(s.hears("+49152"), desk.HandOver{Reason: model.HandOverTopic, Team: model.NewID(model.KindTeam)}) // a team that is gone
	s.owns(ken, c.ID)
}

func TestAHandOverWherePeopleGiveOut(t *testing.T) {
	t.Parallel()
	s := newShift(t, model.Manual)
	s.robin()
	s.comes(s.hana)
	first, second := s.hears("+49151"), s.hears("+49152")
	first = s.gives(first, desk.HandOver{Reason: model.HandOverNoKnowledge})
	s.owns(nil, first.ID)
	s.count(1, `decisions WHERE conversation_id = $1 AND reason = 'MANUAL'`, first.ID)
	s.exec(`UPDATE channels SET ai_agent_id = NULL, ai_started = false, automation_version = automation_version + 1`) // now nothing places here
	second = s.gives(second, desk.HandOver{Reason: model.HandOverError})
	if second.Status != model.Open || second.Owned() || second.Placing {
		t.Errorf("%+v", second)
	}
	s.count(0, `conversations WHERE id = $1 AND (to_place IS NOT NULL OR target_kind IS NOT NULL)`, second.ID)
	s.sound()
}

func TestAHandOverOutsideTheHoursPromisesNobody(t *testing.T) {
	t.Parallel()
	s := newShift(t, model.ConcurrentLoad)
	s.robin()
	before := s.hears("+49151")
	s.closes("We are away")
	c := s.gives(before, desk.HandOver{Reason: model.HandOverAsked, Tell: true})
	s.wantTold(c.ID, "We are away")
	s.count(1, `automatic_messages WHERE kind = 'UNAVAILABLE' AND conversation_id = $1`, c.ID)
	s.hears("+49151") // in the same closed period
	s.wantTold(c.ID, "We are away")

	other := s.hears("+49152")
	s.wantTold(other.ID, "We are away")
	other = s.gives(other, desk.HandOver{Reason: model.HandOverAsked, Tell: true})
	s.wantTold(other.ID, "We are away", model.AwayClosing)
}

func TestAHandOverTellsNothingThatCannotBeSent(t *testing.T) {
	t.Parallel()
	s := newShift(t, model.ConcurrentLoad)
	s.robin()
	late, blocked := s.hears("+49151"), s.hears("+49152")
	s.exec(`UPDATE contacts SET blocked_at = now() WHERE id = $1`, blocked.ContactID)
	s.gives(blocked, desk.HandOver{Reason: model.HandOverAsked, Tell: true})
	s.wantTold(blocked.ID)
	s.wind(25 * time.Hour)
	s.gives(late, desk.HandOver{Reason: model.HandOverAsked, Tell: true})
	s.wantTold(late.ID)
	s.count(2, `messages WHERE kind = 'NOTE'`)
}

func TestAnAnswerThatComesLateHandsNothingOver(t *testing.T) {
	t.Parallel()
	s := newShift(t, model.ConcurrentLoad)
	s.robin()
	c := s.hears("+49151")
	s.replies(c.ID, "This is Hana")
	is := s.conversationNow(c.ID)
	if is.Status != model.Open || is.AgentID != s.hana.ID || is.AiAgentID != "" || is.Epoch != c.Epoch+1 {
		t.Fatalf("hana's reply did not take it over: %+v", is)
	}
	if had, err := s.HandOver(t.Context(), s.account, c.ID, c.Epoch, desk.HandOver{Reason: model.HandOverError, Tell: true}); had || err != nil {
		t.Error(had, err)
	}
	s.wantTold(c.ID, "This is Hana")
	s.owns(s.hana, c.ID)
	s.sound()
}

// orphaned has the desk hand over what AI Agents may no longer answer.
func (s *shift) orphaned() {
	s.t.Helper()
	if err := s.HandOverOrphans(s.t.Context()); err != nil {
		s.t.Fatal(err)
	}
	s.EndReceiving()
}

func TestWhatAnAiAgentMayNoLongerAnswerIsHandedOver(t *testing.T) {
	t.Parallel()
	for reason, change := range map[model.HandOverReason]string{
		model.HandOverStopped:      `UPDATE channels SET ai_started = false`,
		model.HandOverChannelPause: `UPDATE channels SET paused = true`,
		model.HandOverDisabled:     `UPDATE ai_agents SET disabled_at = now()`,
		model.HandOverDeleted:      `UPDATE ai_agents SET disabled_at = now(), deleted_at = now()`,
		model.HandOverReplaced:     `INSERT INTO ai_endings (account_id, channel_id, ai_agent_id, reason, at) SELECT account_id, id, ai_agent_id, 'REPLACED', now() FROM channels`,
	} {
		t.Run(string(reason), func(t *testing.T) {
			t.Parallel()
			s := newShift(t, model.ConcurrentLoad)
			s.robin()
			c := s.hears("+49151")
			s.orphaned()
			if c = s.conversationNow(c.ID); c.Status != model.AiReplying {
				t.Fatalf("it was handed over without a reason: %+v", c)
			}
			s.exec(change)
			s.comes(s.hana)
			if err := s.CatchUp(t.Context()); err != nil {
				t.Fatal(err)
			}
			s.EndReceiving()
			s.owns(s.hana, c.ID)
			s.count(1, `conversation_changes WHERE reason = 'AI_STOPPED' AND hand_over = $1`, reason)
			s.count(1, `messages WHERE kind = 'NOTE' AND ai_agent_id IS NULL`)
			s.count(0, `ai_endings`)
			s.sound()
		})
	}
}

func TestOrphansGoInBatches(t *testing.T) {
	t.Parallel()
	s := newShift(t, model.Manual)
	robin := s.robin()
	for range 230 {
		id := s.conversation(s.channel, model.Open, "")
		s.exec(`UPDATE conversations SET status = 'AI_REPLYING', ai_agent_id = $2 WHERE id = $1`, id, robin)
	}
	s.exec(`UPDATE ai_agents SET deleted_at = now()`)
	s.orphaned()
	s.count(230, `conversations WHERE status = 'OPEN' AND ai_agent_id IS NULL AND handed_over_at IS NOT NULL`)
	s.count(230, `messages WHERE kind = 'NOTE'`)
}

func TestOneThatCannotBeHandedOverHoldsUpNobody(t *testing.T) {
	t.Parallel()
	s := newShift(t, model.Manual)
	robin := s.robin()
	var list []model.ID
	for range 5 {
		id := s.conversation(s.channel, model.Open, "")
		s.exec(`UPDATE conversations SET status = 'AI_REPLYING', ai_agent_id = $2 WHERE id = $1`, id, robin)
		list = append(list, id)
	}
	s.exec(`UPDATE ai_agents SET deleted_at = now()`)
	s.exec(`CREATE FUNCTION spoil() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'spoiled'; END $$`)
	s.exec(fmt.Sprintf(`CREATE TRIGGER spoiled BEFORE UPDATE ON conversations FOR EACH ROW WHEN (NEW.id = '%s') EXECUTE FUNCTION spoil()`, list[1]))
	s.orphaned()
	s.count(4, `conversations WHERE status = 'OPEN' AND ai_agent_id IS NULL`)
	s.count(4, `messages WHERE kind = 'NOTE'`)
	s.exec(`DROP TRIGGER spoiled ON conversations`)
	s.orphaned()
	s.count(5, `conversations WHERE status = 'OPEN' AND ai_agent_id IS NULL`)
	s.count(5, `messages WHERE kind = 'NOTE'`)
}
