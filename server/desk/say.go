package desk

import (
	"context"
	"strings"
	"unicode/utf8"

	"github.com/livedesk/livedesk/db"
	"github.com/livedesk/livedesk/model"
)

// maxClientKey is how long a client key may be, in bytes. A UUID has 36.
const maxClientKey = 200

// said is a message that was stored, now or before, with its conversation.
type said struct {
	message      *model.Message
	conversation *model.Conversation
	anew         bool
	second       bool // another conversation of the contact is open, so that this one could not be reopened
}

// say adds an agent's message to a conversation that the viewer may see, once per client key: the same key again
// returns what was stored, and with other content it gives CONFLICT. prepare, under the lock, fills in the message and
// what it changes about the conversation; a change is returned if owner or status are among it.
func (d *Desk) say(ctx context.Context, v *model.Viewer, conversation model.ID, m model.Message, prepare func(*db.Store, *db.Talk, *model.Message) (*db.Change, error)) (*model.Message, *model.Conversation, error) {
	for try := 1; ; try++ {
		r, err := d.sayOnce(ctx, v, conversation, m, prepare)
		switch {
		case db.Violates(err, "messages_client_key") && try < 3:
			continue // the same key at the same instant: what it stored is seen now
		case r.second:
			err = d.nameLive(ctx, r.conversation, "conversationId")
		case err == nil && r.anew:
			d.told(v.Account)
		}
		return r.message, r.conversation, err
	}
}

func (d *Desk) sayOnce(ctx context.Context, v *model.Viewer, conversation model.ID, m model.Message, prepare func(*db.Store, *db.Talk, *model.Message) (*db.Change, error)) (r said, err error) {
	var was *model.Conversation
	err = d.db.Tx(ctx, func(s *db.Store) error {
		r = said{}
		t, err := s.LockTalk(ctx, v, conversation, m.ClientKey)
		if err != nil {
			return err
		}
		was = t.Conversation
		r.conversation = was
		if t.Said != nil {
			r.message = t.Said
			return same(t.Said, &m)
		}
		next, msg := *was, m
		t.Conversation = &next
		msg.ConversationID, msg.ChannelID, msg.Seq = next.ID, next.ChannelID, next.LastSeq+1
		change, err := prepare(s, t, &msg)
		if err != nil {
			return err
		}
		next.LastSeq, next.LastActivityAt = msg.Seq, msg.CreatedAt
		if change != nil {
			next.Version++
		}
		if err := s.AddMessage(ctx, db.Saying{Message: &msg, Conversation: &next, Change: change}); err != nil {
			r.second = db.Violates(err, oneLive)
			return err
		}
		r.message, r.conversation, r.anew = &msg, &next, true
		return nil
	})
	if err != nil {
		r.conversation = was
		if r.anew {
			r.message = nil // the commit failed
		}
	}
	return r, err
}

// same refuses a client key that was used for something else.
func same(stored, m *model.Message) error {
	if stored.Direction == m.Direction && stored.AgentID == m.AgentID && stored.Text == m.Text {
		return nil
	}
	return model.Refuse(model.Conflict, "This client key was used for another message. Make a new one for each message.", "clientKey")
}

// checkKey refuses a client key that cannot be stored as it is.
func checkKey(key string) error {
	if len(key) > maxClientKey || !utf8.ValidString(key) || strings.ContainsRune(key, 0) {
		return model.Refuse(model.Invalid, "A client key has at most 200 characters.", "clientKey")
	}
	return nil
}

// cleanText makes a text storable and refuses it when it is longer than limit UTF-16 units.
func cleanText(s string, limit int, tooLong string) (string, error) {
	s = model.CleanText(s, model.MaxIncomingText)
	if model.TextUnits(s) > limit {
		return "", model.Refuse(model.TooLarge, tooLong, "text")
	}
	if strings.TrimSpace(s) == "" {
		return "", nil
	}
	return s, nil
}
