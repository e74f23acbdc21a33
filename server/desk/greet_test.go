package desk_test

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/livedesk/livedesk/model"
	"github.com/livedesk/livedesk/server/desk"
)

// greeted is a line that greets with "Welcome".
func greeted(t *testing.T) *shift {
	s := newShift(t, model.Manual)
	text := "Welcome"
	if _, err := s.UpdateGreeting(s.asAdmin(), s.channel.ID, true, &text); err != nil {
		t.Fatal(err)
	}
	return s
}

// closes gives the line hours that end now and begin again at the same time tomorrow minus an hour.
func (s *shift) closes(message string) {
	s.t.Helper()
	now := s.now().UTC()
	minute := model.LocalTime(now.Hour()*60 + now.Minute())
	hours := model.Hours{Enabled: true, TimeZone: "UTC", UnavailableMessage: message}
	for _, day := range []model.Weekday{model.Monday, model.Tuesday, model.Wednesday, model.Thursday, model.Friday, model.Saturday, model.Sunday} {
		// Open for the hour before now, so that it is closed for 23 hours from now on.
		opens, closes := (minute+model.EndOfDay-60)%model.EndOfDay, minute
		if closes == 0 {
			closes = model.EndOfDay
		}
		hours.Weekly = append(hours.Weekly, model.DayHours{Day: day, Intervals: []model.Interval{{Opens: opens, Closes: closes}}})
	}
	if _, err := s.UpdateHours(s.asAdmin(), s.channel.ID, hours); err != nil {
		s.t.Fatal(err)
	}
	s.EndReceiving()
}

// wantSaid fails unless the desk has said exactly these kinds by itself in the conversation, in their order.
func (s *shift) wantSaid(id model.ID, want ...model.MessageKind) {
	s.t.Helper()
	var got string
	s.one(&got, `SELECT coalesce(string_agg(kind, ' ' ORDER BY seq), '') FROM messages WHERE conversation_id = $1 AND direction = 'OUTBOUND' AND agent_id IS NULL`, id)
	text := ""
	for i, k := range want {
		if i > 0 {
			text += " "
		}
		text += string(k)
	}
	if got != text {
		s.t.Errorf("the desk said %q, want %q", got, text)
	}
}

func TestANewConversationIsGreetedOnce(t *testing.T) {
	t.Parallel()
	s := greeted(t)
	c := s.hears("+49151")
	s.wantSaid(c.ID, model.GreetingMessage)
	var status, text string
	s.one(&status, `SELECT status FROM messages WHERE kind = 'GREETING'`)
	s.one(&text, `SELECT text FROM messages WHERE kind = 'GREETING'`)
	if status != "QUEUED" || text != "Welcome" || c.UnreadCount != 1 || c.WaitingSince == nil {
		t.Errorf("the greeting %q is %s, the conversation %+v", text, status, c)
	}
	s.count(1, `river_job WHERE kind = 'send_messages'`)
	s.hears("+49151")
	if err := s.React(t.Context(), s.account, s.channel.ID, c.ID); err != nil { // as after a crash
		t.Fatal(err)
	}
	s.wantSaid(c.ID, model.GreetingMessage)
	s.resolves(c.ID)
	if next := s.hears("+49151"); next.ID == c.ID {
		t.Error("no new conversation began")
	} else {
		s.wantSaid(next.ID, model.GreetingMessage)
	}
}

func TestTenFirstMessagesAreGreetedOnce(t *testing.T) {
	t.Parallel()
	s := greeted(t)
	var all sync.WaitGroup
	for i := range 10 {
		all.Go(func() {
			in := model.Incoming{ExternalID: fmt.Sprint("SM", i), Addresses: []string{"+49151"}, Kind: model.TextMessage, Text: "hello", At: s.now()}
			if err := s.Receive(t.Context(), s.channel, []model.Incoming{in}); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	s.EndReceiving()
	s.count(1, `messages WHERE kind = 'GREETING'`)
	s.count(10, `messages WHERE direction = 'INBOUND'`)
	s.count(0, `conversations WHERE handled_seq < last_inbound_seq`)
}

func TestOutsideTheHours(t *testing.T) {
	t.Parallel()
	s := greeted(t)
	old := s.hears("+49152")
	s.closes("We are away")
	c := s.hears("+49151")
	s.wantSaid(c.ID, model.UnavailableMessage)
	s.hears("+49151")
	s.wantSaid(c.ID, model.UnavailableMessage)
	s.hears("+49152")
	s.wantSaid(old.ID, model.GreetingMessage, model.UnavailableMessage)
	s.wind(24 * time.Hour) // the next closed period
	s.hears("+49151")
	s.wantSaid(c.ID, model.UnavailableMessage, model.UnavailableMessage)
}

func TestAnAgentWhoWroteIsNotAway(t *testing.T) {
	t.Parallel()
	s := greeted(t)
	c := s.hears("+49151")
	s.closes("We are away")
	if _, _, err := s.Reply(s.asHana(), desk.Reply{Conversation: c.ID, Text: "I am still here"}); err != nil {
		t.Fatal(err)
	}
	s.hears("+49151")
	s.wantSaid(c.ID, model.GreetingMessage)
	s.wind(6 * time.Minute)
	s.hears("+49151")
	s.wantSaid(c.ID, model.GreetingMessage, model.UnavailableMessage)
}

func TestNothingIsSaidWhereNothingIsSent(t *testing.T) {
	t.Parallel()
	s := greeted(t)
	paused := true
	if _, _, err := s.UpdateChannel(s.asAdmin(), desk.ChannelChange{Channel: s.channel.ID, Paused: &paused}); err != nil {
		t.Fatal(err)
	}
	c := s.hears("+49151")
	s.wantSaid(c.ID)
	s.exec(`UPDATE contacts SET blocked_at = now()`)
	paused = false
	if _, _, err := s.UpdateChannel(s.asAdmin(), desk.ChannelChange{Channel: s.channel.ID, Paused: &paused}); err != nil {
		t.Fatal(err)
	}
	s.hears("+49151")
	s.wantSaid(c.ID)
}
