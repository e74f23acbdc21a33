package desk_test

import (
	"strings"
	"testing"
	"time"

	"github.com/livedesk/livedesk/model"
	"github.com/livedesk/livedesk/server/desk"
)

// surveyed is a line that asks its customers.
func surveyed(t *testing.T) *shift {
	t.Helper()
	s := newShift(t, model.Manual)
	s.csat(desk.CsatChange{Enabled: true})
	return s
}

func (s *shift) csat(c desk.CsatChange) {
	s.t.Helper()
	c.Channel = s.channel.ID
	if _, err := s.UpdateCsat(s.asAdmin(), c); err != nil {
		s.t.Fatal(err)
	}
}

// asked is a conversation that hana answered and resolved.
func (s *shift) asked(number string) model.ID {
	s.t.Helper()
	c := s.hears(number)
	s.replies(c.ID, "here you are")
	s.ends(c.ID)
	return c.ID
}

// ends is hana's resolving.
func (s *shift) ends(id model.ID) *model.Conversation {
	s.t.Helper()
	now, err := s.sets(id, model.Resolved)
	if err != nil {
		s.t.Fatal(err)
	}
	return now
}

func TestEachResolveIsAskedAboutOnce(t *testing.T) {
	t.Parallel()
	s := surveyed(t)
	id := s.asked("+4915100")
	s.count(1, `surveys WHERE conversation_id = $1 AND agent_id = $2 AND sent_at IS NOT NULL AND expires_at > now() + interval '23 hours'`, id, s.hana.ID)
	s.count(1, `messages WHERE conversation_id = $1 AND kind = 'SURVEY' AND status = 'QUEUED' AND seq = 3`, id)
	if c := s.conversationNow(id); c.Status != model.Resolved || c.LastSeq != 3 || c.UnreadCount != 0 {
		t.Errorf("resolved %+v", c)
	}
	if _, err := s.sets(id, model.Resolved); err != nil { // again
		t.Fatal(err)
	}
	s.count(1, `surveys`)
	if _, err := s.sets(id, model.Open); err != nil {
		t.Fatal(err)
	}
	s.ends(id)
	s.count(2, `surveys`)
	s.count(2, `messages WHERE kind = 'SURVEY'`)
	s.sound()
}

func TestTheLinkIsTheCustomersAlone(t *testing.T) {
	t.Parallel()
	s := surveyed(t)
	id := s.asked("+4915100")
	s.count(1, `messages WHERE kind = 'SURVEY' AND text LIKE '%https://desk.example.com/csat/…'`)
	s.deliver(id)
	texts := s.courier.texts()
	_, token, ok := strings.Cut(texts[len(texts)-1], "https://desk.example.com/csat/")
	if !ok || model.AccountOfSurvey(token) != s.account {
		t.Fatalf("sent %q", texts)
	}
	s.count(1, `surveys WHERE token_hash = sha256($1::text::bytea)`, token)
	s.count(0, `messages WHERE text LIKE '%' || $1 || '%' OR data::text LIKE '%' || $1 || '%'`, token)
	if again := s.process(); again.Deliver(t.Context(), s.account, id) != nil {
		t.Error("another process could not deliver")
	}
}

func TestWhatCannotBeAskedIsSaid(t *testing.T) {
	t.Parallel()
	s := surveyed(t)
	late := s.hears("+4915100")
	s.wind(25 * time.Hour)
	s.ends(late.ID)
	s.count(1, `surveys WHERE conversation_id = $1 AND not_delivered = 'WINDOW_CLOSED' AND sent_at IS NULL AND message_id IS NULL`, late.ID)
	paused, still := true, s.hears("+4915200")
	if _, _, err := s.UpdateChannel(s.asAdmin(), desk.ChannelChange{Channel: s.channel.ID, Paused: &paused}); err != nil {
		t.Fatal(err)
	}
	s.ends(still.ID)
	s.count(1, `surveys WHERE conversation_id = $1 AND not_delivered = 'CHANNEL_NOT_SENDING'`, still.ID)
	s.count(0, `messages WHERE kind = 'SURVEY'`)
	s.sound()
}

func TestATemplateAsksOutsideTheWindow(t *testing.T) {
	t.Parallel()
	s := surveyed(t)
	question := "Happy?"
	s.csat(desk.CsatChange{Enabled: true, Question: &question, Template: &model.TemplateCall{ID: "HX1", Variables: map[string]string{"1": "{question}", "2": "{token}", "3": "{link}"}}})
	c := s.hears("+4915100")
	s.wind(25 * time.Hour)
	s.ends(c.ID)
	s.deliver(c.ID)
	sent := s.courier.sent[len(s.courier.sent)-1]
	v := sent.Template.Variables
	if sent.Template.ID != "HX1" || v["1"] != "Happy?" || model.AccountOfSurvey(v["2"]) != s.account || v["3"] != "https://desk.example.com/csat/"+v["2"] {
		t.Errorf("sent %+v", sent.Template)
	}
	s.count(1, `surveys WHERE not_delivered IS NULL`)
	s.count(1, `messages WHERE kind = 'SURVEY' AND text = 'Happy?' AND data -> 'template' -> 'variables' ->> '2' = '{token}'`)
	s.sound()
}

func TestAFailedQuestionWasNotAsked(t *testing.T) {
	t.Parallel()
	s := surveyed(t)
	id := s.asked("+4915100")
	s.deliver(id)
	var message model.ID
	s.one((*string)(&message), `SELECT message_id::text FROM surveys`)
	s.tracks(model.StatusReport{ExternalID: s.message(message).ExternalID, MessageID: message, Attempt: 1, Status: model.Failed, ErrorCode: "63016"})
	s.count(1, `surveys WHERE not_delivered = 'FAILED' AND sent_at IS NULL`)
	s.tracks(model.StatusReport{ExternalID: s.message(message).ExternalID, MessageID: message, Attempt: 1, Status: model.Delivered})
	s.count(1, `surveys WHERE not_delivered IS NULL AND sent_at = created_at`)
	s.sound()
}

func TestLabelsSayWhoIsAsked(t *testing.T) {
	t.Parallel()
	s := surveyed(t)
	label := func(name string) model.ID {
		l, err := s.CreateLabel(s.asAdmin(), name, "#000000")
		if err != nil {
			t.Fatal(err)
		}
		return l.ID
	}
	vip, spam := label("vip"), label("spam")
	s.csat(desk.CsatChange{Enabled: true, AskLabels: []model.ID{vip}, SkipLabels: []model.ID{spam}})
	want := map[int]bool{0: false, 1: true, 2: false}
	for i, labels := range [][]model.ID{nil, {vip}, {vip, spam}} {
		c := s.hears("+491510" + string(rune('0'+i)))
		if _, err := s.UpdateConversation(s.asAdmin(), desk.ConversationChange{Conversation: c.ID, AddLabels: labels}); err != nil {
			t.Fatal(err)
		}
		s.ends(c.ID)
		n := 0
		if want[i] {
			n = 1
		}
		s.count(n, `surveys WHERE conversation_id = $1`, c.ID)
	}
	s.csat(desk.CsatChange{})
	s.ends(s.hears("+4915199").ID)
	s.count(1, `surveys`)
}

func TestSurveySettingsAreChecked(t *testing.T) {
	t.Parallel()
	s := surveyed(t)
	long, hours, nowhere := strings.Repeat("x", 1001), 721, model.SurveyLanguage("FR")
	for field, c := range map[string]desk.CsatChange{"question": {Question: &long}, "expiresAfterHours": {ExpiresAfterHours: &hours}, "language": {Language: &nowhere},
		"askLabelIds": {AskLabels: []model.ID{model.NewID(model.KindLabel)}}} {
		c.Channel = s.channel.ID
		if _, err := s.UpdateCsat(s.asAdmin(), c); model.CodeOf(err) == "" || err.(*model.Error).Field[0] != field {
			t.Errorf("%s: %v", field, err)
		}
	}
	if _, err := s.UpdateCsat(s.asHana(), desk.CsatChange{Channel: s.channel.ID}); model.CodeOf(err) != model.Forbidden {
		t.Errorf("an agent: %v", err)
	}
	s.count(1, `audit_log WHERE action = 'CSAT_UPDATED'`)
}

func TestAResolvedConversationClosesWithItsSurvey(t *testing.T) {
	t.Parallel()
	s := surveyed(t)
	hours := 48
	s.csat(desk.CsatChange{Enabled: true, ExpiresAfterHours: &hours})
	kept, over := s.asked("+4915100"), s.asked("+4915200")
	s.exec(`UPDATE conversations SET resolved_at = now() - interval '47 hours', closes_at = now() + interval '1 hour' WHERE id = $1`, kept)
	s.exec(`UPDATE conversations SET resolved_at = now() - interval '49 hours', closes_at = now() - interval '1 hour' WHERE id = $1`, over)
	if err := s.CloseResolved(t.Context()); err != nil {
		t.Fatal(err)
	}
	if c := s.conversationNow(kept); c.Status != model.Resolved {
		t.Errorf("closed before its survey expired: %+v", c)
	}
	if c := s.conversationNow(over); c.Status != model.Closed || c.ClosedReason != model.ReasonExpired {
		t.Errorf("not closed: %+v", c)
	}
}

// chooser is a provider that offers choices.
type chooser struct {
	*courier
	most int
}

func (c chooser) MaxChoices(model.ChannelKind) int { return c.most }

func TestScoresAreChosenWhereTheProviderCan(t *testing.T) {
	t.Parallel()
	s := surveyed(t)
	language := model.SurveyJapanese
	s.csat(desk.CsatChange{Enabled: true, Language: &language})
	for most, want := range map[int]int{5: 5, 3: 0} {
		id := s.asked("+49151" + string(rune('0'+most)))
		if err := s.processWith(chooser{s.courier, most}).Deliver(t.Context(), s.account, id); err != nil {
			t.Fatal(err)
		}
		sent := s.courier.sent[len(s.courier.sent)-1]
		if len(sent.Choices) != want || want > 0 && sent.Choices[0].Title != "5 とても満足" || !strings.Contains(sent.Text, "数字を返信") {
			t.Errorf("a provider of %d was given %+v", most, sent)
		}
		if want == 0 {
			continue
		}
		if survey, score, ok := model.ReadChoice(sent.Choices[4].ID); !ok || score != 1 || survey == "" {
			t.Errorf("the last choice is %+v", sent.Choices[4])
		}
	}
}
