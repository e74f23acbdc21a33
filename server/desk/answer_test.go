package desk_test

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/livedesk/livedesk/model"
	"github.com/livedesk/livedesk/server/desk"
)

// responds is what the customer writes, and where it is kept.
func (s *shift) responds(number, text string) model.ID {
	s.t.Helper()
	id, _ := s.writes(number, text)
	s.EndReceiving()
	return id
}

// scored fails unless the one survey of the conversation has the score and the comment.
func (s *shift) scored(conversation model.ID, score int, comment string) {
	s.t.Helper()
	var got, said string
	s.one(&got, `SELECT coalesce(string_agg(coalesce(score, 0)::text, ' ' ORDER BY created_at), '') FROM surveys WHERE conversation_id = $1`, conversation)
	s.one(&said, `SELECT coalesce(max(comment), '') FROM surveys WHERE conversation_id = $1`, conversation)
	if got != fmt.Sprint(score) || said != comment {
		s.t.Errorf("scored %q with %q, want %d with %q", got, said, score, comment)
	}
}

func TestAScoreStaysInTheResolvedConversation(t *testing.T) {
	t.Parallel()
	s := surveyed(t)
	id := s.asked("+4915100")
	s.events()
	before := s.conversationNow(id)
	if s.responds("+4915100", "5 very quick") != id {
		t.Error("the answer went elsewhere")
	}
	s.scored(id, 5, "very quick")
	s.wantKinds(model.MessageAdded, model.ConversationChanged)
	after := s.conversationNow(id)
	if after.Status != model.Resolved || after.Version != before.Version || after.UnreadCount != 0 || after.WaitingSince != nil || after.LastSeq != before.LastSeq+1 {
		t.Errorf("became %+v", after)
	}
	s.count(1, `messages m JOIN surveys s ON m.data ->> 'survey' = s.id::text WHERE m.direction = 'INBOUND' AND m.text = '5 very quick' AND s.answered_by = 'MESSAGE' AND s.changes = 0`)
	s.count(0, `conversations WHERE handled_seq < last_inbound_seq`)
	if next := s.responds("+4915100", "hello again"); next == id {
		t.Error("another message was kept in the resolved conversation")
	}
	s.count(2, `conversations`)
	s.sound()
}

func TestAScoreCanBeChangedUntilItExpires(t *testing.T) {
	t.Parallel()
	s := surveyed(t)
	thanks := "Thank you!"
	s.csat(desk.CsatChange{Enabled: true, ThankYou: &thanks})
	id := s.asked("+4915100")
	s.responds("+4915100", "2 slow")
	s.responds("+4915100", "４")
	s.scored(id, 4, "slow")
	s.responds("+4915100", "★★★★★")
	s.responds("+4915100", "5")
	s.scored(id, 5, "slow")
	s.count(1, `surveys WHERE changes = 2`)
	s.count(1, `messages WHERE kind = 'SURVEY' AND text = $1 AND status = 'QUEUED'`, thanks)
	s.wind(25 * time.Hour)
	if s.responds("+4915100", "1") == id {
		t.Error("an expired survey was answered")
	}
	s.scored(id, 5, "slow")
	s.sound()
}

func TestABareNumberAnswersWhatWasAskedLast(t *testing.T) {
	t.Parallel()
	s := surveyed(t)
	id := s.asked("+4915100")
	next := s.responds("+4915100", "thanks, one more thing")
	if next == id || s.responds("+4915100", "5") != id {
		t.Error("the score was not kept with the survey")
	}
	s.scored(id, 5, "")
	s.replies(next, "how many do you need?")
	if s.responds("+4915100", "3") != next {
		t.Error("an answer to an agent was taken for a score")
	}
	s.scored(id, 5, "")
	if c := s.conversationNow(next); c.UnreadCount != 1 {
		t.Errorf("unread %d", c.UnreadCount)
	}
	s.sound()
}

func TestAReopenedConversationIsStillAnswered(t *testing.T) {
	t.Parallel()
	s := surveyed(t)
	id := s.asked("+4915100")
	if _, err := s.sets(id, model.Open); err != nil {
		t.Fatal(err)
	}
	if s.responds("+4915100", "4") != id {
		t.Error("the score went elsewhere")
	}
	s.scored(id, 4, "")
	if c := s.conversationNow(id); c.Status != model.Open || c.UnreadCount != 0 || c.WaitingSince != nil {
		t.Errorf("became %+v", c)
	}
	s.replies(id, "do you want 1 or 2?")
	s.responds("+4915100", "2")
	s.scored(id, 4, "")
	s.sound()
}

// sends is a message of the customer in any form.
func (s *shift) sends(number string, in model.Incoming) {
	s.t.Helper()
	in.ExternalID, in.Addresses, in.At = string(model.NewID(model.KindRequest)), []string{number}, s.now()
	if err := s.Receive(s.t.Context(), s.channel, []model.Incoming{in}); err != nil {
		s.t.Fatal(err)
	}
	s.EndReceiving()
}

func TestAButtonSaysWhichSurveyItAnswers(t *testing.T) {
	t.Parallel()
	s := surveyed(t)
	first := s.asked("+4915100")
	second := s.asked("+4915100")
	var old model.ID
	s.one((*string)(&old), `SELECT id::text FROM surveys WHERE conversation_id = $1`, first)
	s.replies(s.responds("+4915100", "hello"), "yes?")
	press := func(number, id string) {
		s.sends(number, model.Incoming{Kind: model.InteractiveMessage, Text: "Good", Data: &model.MessageData{Choice: &model.Choice{ID: id, Title: "Good"}}})
	}
	press("+4915100", model.ChoiceID(old, 4))
	s.scored(first, 4, "")
	press("+4915100", "csat:3")
	s.scored(second, 3, "")
	s.count(2, `surveys WHERE answered_by = 'BUTTON'`)
	press("+4915200", model.ChoiceID(old, 1)) // somebody else's
	s.scored(first, 4, "")
	s.sound()
}

func TestAQuoteSaysWhatIsAnswered(t *testing.T) {
	t.Parallel()
	s := surveyed(t)
	id := s.asked("+4915100")
	s.deliver(id)
	var survey, reply string
	s.one(&survey, `SELECT external_id FROM messages WHERE kind = 'SURVEY'`)
	s.one(&reply, `SELECT external_id FROM messages WHERE kind = 'TEXT' AND direction = 'OUTBOUND'`)
	s.sends("+4915100", model.Incoming{Kind: model.TextMessage, Text: "3", Data: &model.MessageData{Quoted: reply}})
	s.scored(id, 0, "")
	s.sends("+4915100", model.Incoming{Kind: model.TextMessage, Text: "5", Data: &model.MessageData{Quoted: survey}})
	s.scored(id, 5, "")
	s.sound()
}

func TestWhoResolvedItIsCredited(t *testing.T) {
	t.Parallel()
	s := surveyed(t)
	ken := s.works("ken", 5)
	id := s.asked("+4915100")
	s.assigns(desk.Assign{Conversation: id, Agent: ken.ID})
	s.responds("+4915100", "5")
	s.count(1, `surveys WHERE score = 5 AND agent_id = $1`, s.hana.ID)
	s.sound()
}

func TestWhatABlockedCustomerWritesIsNoScore(t *testing.T) {
	t.Parallel()
	s := surveyed(t)
	id := s.asked("+4915100")
	s.exec(`UPDATE contacts SET blocked_at = now()`)
	s.responds("+4915100", "1")
	s.scored(id, 0, "")
	s.exec(`UPDATE contacts SET blocked_at = NULL`)
	s.hears("+4915200")
	s.exec(`UPDATE contacts SET blocked_at = now()`)
	var live model.ID
	s.one((*string)(&live), `SELECT id::text FROM conversations WHERE status = 'OPEN'`)
	s.ends(live)
	s.count(1, `surveys`)
	s.sound()
}

func TestAScoreReopensNothing(t *testing.T) {
	t.Parallel()
	s := surveyed(t)
	always := model.AlwaysReopen
	if _, err := s.UpdateAssignment(s.asAdmin(), desk.AssignmentChange{Channel: s.channel.ID, ReopenPolicy: &always}); err != nil {
		t.Fatal(err)
	}
	text := "Welcome"
	if _, err := s.UpdateGreeting(s.asAdmin(), s.channel.ID, true, &text); err != nil {
		t.Fatal(err)
	}
	id := s.asked("+4915100")
	s.wantSaid(id, model.GreetingMessage, model.SurveyMessage)
	s.closes("We are away")
	s.responds("+4915100", "5")
	s.scored(id, 5, "")
	s.wantSaid(id, model.GreetingMessage, model.SurveyMessage)
	if c := s.conversationNow(id); c.Status != model.Resolved {
		t.Errorf("became %+v", c)
	}
	s.responds("+4915100", "not quite")
	if c := s.conversationNow(id); c.Status != model.Open {
		t.Errorf("became %+v", c)
	}
	s.sound()
}

// Answers, duplicates and other messages that come together are each where they belong.
func TestAnswersThatComeTogether(t *testing.T) {
	t.Parallel()
	s := surveyed(t)
	var asked []model.ID
	for i := range 5 {
		asked = append(asked, s.asked(fmt.Sprint("+491510", i)))
	}
	var all sync.WaitGroup
	for i := range 5 {
		for _, text := range []string{"4", "4", "5 good", "hello", "5 good"} {
			all.Go(func() {
				in := model.Incoming{ExternalID: fmt.Sprint("SM", i, strings.ReplaceAll(text, " ", "")), Addresses: []string{fmt.Sprint("+491510", i)}, Kind: model.TextMessage, Text: text, At: s.now()}
				if err := s.Receive(t.Context(), s.channel, []model.Incoming{in}); err != nil {
					t.Error(err)
				}
			})
		}
	}
	all.Wait()
	s.EndReceiving()
	for _, id := range asked {
		s.count(2, `messages WHERE conversation_id = $1 AND data ? 'survey' AND direction = 'INBOUND'`, id)
		s.count(1, `surveys WHERE conversation_id = $1 AND score >= 4 AND changes = 1`, id)
	}
	s.count(10, `conversations`)
	s.sound()
}
