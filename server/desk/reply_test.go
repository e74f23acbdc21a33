package desk_test

import (
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/livedesk/livedesk/model"
	"github.com/livedesk/livedesk/server/desk"
)

func TestReplyIsStoredQueuedAndTold(t *testing.T) {
	t.Parallel()
	l := newLine(t)
	c, in := l.writes("+4915100", "hello")
	l.writes("+4915100", "anybody?")
	l.events()
	before := l.told.Load()
	m, now, err := l.Reply(l.asHana(), desk.Reply{Conversation: c, ClientKey: "k1", Text: "Hi\x00 \xff!", ReplyTo: in})
	if err != nil {
		t.Fatal(err)
	}
	stored, row := l.message(m.ID), l.conversationNow(c)
	if stored.Text != "Hi \uFFFD!" || stored.Seq != 3 || stored.Status != model.Queued || stored.AgentID != l.hana.ID || stored.ClientKey != "k1" || stored.ReplyToID != in || stored.Kind != model.TextMessage {
		t.Errorf("stored %+v", stored)
	}
	if !m.CreatedAt.Equal(stored.CreatedAt) || m.Text != stored.Text || m.Seq != stored.Seq || m.ConversationID != c || m.ChannelID != l.channel.ID {
		t.Errorf("returned %+v, stored %+v", m, stored)
	}
	if row.UnreadCount != 0 || row.WaitingSince != nil || row.LastSeq != 3 || row.AgentID != l.hana.ID || row.Version != 2 || row.Epoch != 2 || row.Status != model.Open {
		t.Errorf("conversation %+v", row)
	}
	if now.Version != row.Version || now.AgentID != row.AgentID || now.LastSeq != row.LastSeq || !now.LastActivityAt.Equal(row.LastActivityAt) {
		t.Errorf("returned %+v, stored %+v", now, row)
	}
	l.wantKinds(model.ConversationChanged, model.MessageAdded)
	if l.told.Load() != before+1 {
		t.Error("nobody was told that there are events")
	}
	l.count(1, `river_job WHERE kind = 'send_messages' AND queue = 'send' AND state = 'available' AND args->>'conversation' = $1`, string(c))
	l.count(1, `conversation_changes WHERE version = 2 AND reason = 'REPLIED' AND actor_agent_id = $1 AND agent_id = $1`, l.hana.ID)
	l.count(1, `agents WHERE id = $1 AND open_count = 1`, l.hana.ID)
	l.replies(c, "and more")
	l.wantKinds(model.MessageAdded)
	if again := l.conversationNow(c); again.Version != 2 {
		t.Errorf("a message is no new version: %d", again.Version)
	}
}

func TestReplyOncePerClientKey(t *testing.T) {
	t.Parallel()
	l := newLine(t)
	c, _ := l.writes("+4915100", "hello")
	r := desk.Reply{Conversation: c, ClientKey: "k1", Text: "once"}
	ids := make([]model.ID, 16)
	var wg sync.WaitGroup
	for i := range ids {
		wg.Go(func() {
			m, now, err := l.Reply(l.asHana(), r)
			if err != nil || now == nil || now.LastSeq != 2 {
				t.Error(now, err)
				return
			}
			ids[i] = m.ID
		})
	}
	wg.Wait()
	if len(slices.Compact(ids)) != 1 {
		t.Errorf("one key, several messages: %v", ids)
	}
	l.count(1, `messages WHERE direction = 'OUTBOUND'`)
	l.count(1, `river_job WHERE kind = 'send_messages'`)
	r.Text = "twice"
	m, now, err := l.Reply(l.asHana(), r)
	wantCode(t, err, model.Conflict, "clientKey")
	if m == nil || m.Text != "once" || now == nil {
		t.Errorf("the conflict shows %+v, %+v", m, now)
	}
	r.Conversation, _ = l.writes("+4915200", "hello")
	if m, _, err := l.Reply(l.asHana(), r); err != nil || m.ConversationID != r.Conversation {
		t.Errorf("the key of another conversation: %v", err)
	}
}

func TestReplyRefuses(t *testing.T) {
	t.Parallel()
	l := newLine(t)
	c, _ := l.writes("+4915100", "hello")
	_, elsewhere := l.writes("+4915200", "hello")
	outsider := l.hire("otto", model.AgentRole)
	long := strings.Repeat("😀", 800)
	for name, try := range map[string]struct {
		reply desk.Reply
		code  model.Code
		path  []string
	}{
		"nothing":          {desk.Reply{Text: " \n"}, model.Invalid, []string{"text"}},
		"too long":         {desk.Reply{Text: long + "x"}, model.TooLarge, []string{"text"}},
		"template and":     {desk.Reply{Text: "x", Template: &model.TemplateCall{ID: "HX1"}}, model.Invalid, []string{"template"}},
		"no template":      {desk.Reply{Template: &model.TemplateCall{}}, model.Invalid, []string{"template", "id"}},
		"other's message":  {desk.Reply{Text: "x", ReplyTo: elsewhere}, model.NotFound, []string{"replyToId"}},
		"unknown file":     {desk.Reply{Attachments: []model.ID{model.NewID(model.KindAttachment)}}, model.AttachmentNotReady, []string{"attachmentIds"}},
		"two files":        {desk.Reply{Attachments: []model.ID{elsewhere, c}}, model.TooLarge, []string{"attachmentIds"}},
		"strange key":      {desk.Reply{Text: "x", ClientKey: "a\x00"}, model.Invalid, []string{"clientKey"}},
		"unknown template": {desk.Reply{Template: &model.TemplateCall{ID: "HX1", Variables: map[string]string{"1": long + "x"}}}, model.TooLarge, []string{"template", "variables"}},
	} {
		try.reply.Conversation = c
		m, _, err := l.Reply(l.asHana(), try.reply)
		if m != nil {
			t.Errorf("%s: message %+v", name, m)
		}
		wantCode(t, err, try.code, try.path...)
	}
	_, _, err := l.Reply(l.as(outsider.ID, model.AgentRole), desk.Reply{Conversation: c, Text: "x"})
	wantCode(t, err, model.NotFound, "conversationId")
	_, _, err = l.Reply(l.asHana(), desk.Reply{Conversation: model.NewID(model.KindConversation), Text: "x"})
	wantCode(t, err, model.NotFound, "conversationId")
	_, _, err = l.Reply(t.Context(), desk.Reply{Conversation: c, Text: "x"})
	wantCode(t, err, model.Unauthenticated)
	l.count(0, `messages WHERE direction = 'OUTBOUND'`)
	if _, _, err = l.Reply(l.asHana(), desk.Reply{Conversation: c, Text: long}); err != nil {
		t.Errorf("1,600 units: %v", err)
	}
	if _, err := l.RemoveChannel(l.asAdmin(), l.channel.ID); err != nil {
		t.Fatal(err)
	}
	_, now, err := l.Reply(l.asHana(), desk.Reply{Conversation: c, Text: "x"})
	wantCode(t, err, model.ChannelNotActive, "conversationId")
	if now == nil || now.ID != c {
		t.Errorf("the refusal shows %+v", now)
	}
}

func TestReplyOutsideTheWindowTakesTemplatesOnly(t *testing.T) {
	t.Parallel()
	l := newLine(t)
	c, _ := l.writes("+4915100", "hello")
	l.wind(24*time.Hour + time.Second)
	_, now, err := l.Reply(l.asHana(), desk.Reply{Conversation: c, Text: "x"})
	wantCode(t, err, model.ReplyWindowClosed, "text")
	if now == nil || now.UnreadCount != 1 {
		t.Errorf("the refusal shows %+v", now)
	}
	if _, _, err := l.Reply(l.asHana(), desk.Reply{Conversation: c, Template: &model.TemplateCall{ID: "HX1"}}); err != nil {
		t.Error(err)
	}
	l.exec(`UPDATE channels SET kind = 'SMS'`)
	if _, _, err := l.Reply(l.asHana(), desk.Reply{Conversation: c, Text: "x"}); err != nil {
		t.Errorf("SMS has no window: %v", err)
	}
}

func TestReplyByAColleagueLeavesTheOwner(t *testing.T) {
	t.Parallel()
	l := newLine(t)
	c, _ := l.writes("+4915100", "hello")
	l.replies(c, "one")
	m, now, err := l.Reply(l.asAdmin(), desk.Reply{Conversation: c, Text: "from the admin"})
	if err != nil || now.AgentID != l.hana.ID || m.AgentID != l.admin || now.Version != 2 {
		t.Errorf("conversation %+v, %v", now, err)
	}
}

func TestReplyReopensAndTakes(t *testing.T) {
	t.Parallel()
	l := newLine(t)
	for _, ended := range []model.ConversationStatus{model.Resolved, model.Closed} {
		c, _ := l.writes("+4915100", "hello")
		ken := l.hire("ken"+string(ended), model.AgentRole)
		l.joins(ken)
		l.exec(`UPDATE conversations SET status = $1, agent_id = $2, resolved_at = now(), closed_at = now() WHERE id = $3`, string(ended), ken.ID, c)
		_, now, err := l.Reply(l.asHana(), desk.Reply{Conversation: c, Text: "again"})
		if err != nil {
			t.Fatal(err)
		}
		row := l.conversationNow(c)
		if row.Status != model.Open || row.AgentID != l.hana.ID || row.FormerAgentID != ken.ID || row.ResolvedAt != nil || row.ClosedAt != nil || now.Version != row.Version {
			t.Errorf("%s became %+v", ended, row)
		}
		l.exec(`UPDATE conversations SET status = $1 WHERE id = $2`, string(ended), c)
		live, _ := l.writes("+4915100", "a new matter")
		if live == c {
			t.Fatal("the message went to the ended conversation")
		}
		_, now, err = l.Reply(l.asHana(), desk.Reply{Conversation: c, Text: "once more"})
		wantRefusal(t, err, model.Conflict, string(live))
		if now == nil || now.ID != c || now.Status != ended {
			t.Errorf("the conflict shows %+v", now)
		}
		l.exec(`UPDATE conversations SET status = 'CLOSED'`)
	}
}

func TestNoteChangesNothingElse(t *testing.T) {
	t.Parallel()
	l := newLine(t)
	c, _ := l.writes("+4915100", "hello")
	l.events()
	m, err := l.Note(l.asHana(), c, "angry", "n1")
	if err != nil {
		t.Fatal(err)
	}
	if again, err := l.Note(l.asHana(), c, "angry", "n1"); err != nil || again.ID != m.ID {
		t.Errorf("the same key again: %+v, %v", again, err)
	}
	_, _, err = l.Reply(l.asHana(), desk.Reply{Conversation: c, Text: "angry", ClientKey: "n1"})
	wantCode(t, err, model.Conflict, "clientKey") // what was a note must not reach the customer
	_, err = l.Note(l.asHana(), c, "  ", "")
	wantCode(t, err, model.Invalid, "text")
	row := l.conversationNow(c)
	if row.UnreadCount != 1 || row.WaitingSince == nil || row.AgentID != "" || row.Version != 1 || row.LastSeq != 2 {
		t.Errorf("conversation %+v", row)
	}
	if m := l.message(m.ID); m.Direction != model.Internal || m.Kind != model.NoteMessage || m.Status != "" {
		t.Errorf("note %+v", m)
	}
	l.wantKinds(model.MessageAdded)
	l.count(0, `river_job WHERE kind = 'send_messages'`)
}
