package desk_test

import (
	"testing"

	"github.com/livedesk/livedesk/db"
	"github.com/livedesk/livedesk/model"
	"github.com/livedesk/livedesk/server/desk"
)

// Who is being taken off the channel cannot open their own ended conversation again meanwhile: they would own a live
// one that they do not see.
func TestReopeningOnesOwnWaitsForARemoval(t *testing.T) {
	t.Parallel()
	l := newLine(t)
	c, _ := l.writes("+4915100", "hello")
	l.replies(c, "done")
	if _, err := l.sets(c, model.Resolved); err != nil {
		t.Fatal(err)
	}
	replied := make(chan error, 1)
	err := l.db.Tx(t.Context(), func(s *db.Store) error {
		if _, err := s.LockAgents(t.Context(), l.account, []model.ID{l.hana.ID}); err != nil {
			return err
		}
		if err := s.RemoveMembers(t.Context(), l.account, l.channel.ID, []model.ID{l.hana.ID}); err != nil {
			return err
		}
		go func() {
			_, _, err := l.Reply(l.asHana(), desk.Reply{Conversation: c, Text: "one more thing"})
			replied <- err
		}()
		for waiting := false; !waiting && len(replied) == 0; {
			l.one(&waiting, `SELECT EXISTS (SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock')`)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	wantCode(t, <-replied, model.NotFound, "conversationId")
	l.count(1, `conversations WHERE status = 'RESOLVED' AND agent_id = $1`, l.hana.ID)
	l.count(1, `messages WHERE direction = 'OUTBOUND'`)
}

// Who opens their own conversation again keeps it where it was.
func TestReopeningOnesOwnKeepsIt(t *testing.T) {
	t.Parallel()
	l := newLine(t)
	c, _ := l.writes("+4915100", "hello")
	l.replies(c, "done")
	before, err := l.sets(c, model.Resolved)
	if err != nil {
		t.Fatal(err)
	}
	_, now, err := l.Reply(l.asHana(), desk.Reply{Conversation: c, Text: "one more thing"})
	if err != nil || now.Status != model.Open || now.AgentID != l.hana.ID || now.FormerAgentID != "" || now.Epoch != before.Epoch || now.Version != before.Version+1 {
		t.Errorf("became %+v, %v; was %+v", now, err, before)
	}
}
