package desk

import (
	"context"

	"github.com/livedesk/livedesk/db"
	"github.com/livedesk/livedesk/model"
)

// greet says what the desk says by itself to what the customer wrote after the message that it handled last. The
// conversation is locked. On a channel that does not send nothing is said: later it would be out of place.
func (d *Desk) greet(ctx context.Context, s *db.Store, account int64, conversation model.ID, handled int64) error {
	k, err := s.Salutation(ctx, account, conversation)
	if err != nil || !k.Sends {
		return err
	}
	k.Heard.At, k.Heard.Begins = d.moment(), handled == 0 && !k.Answered
	if k.Heard.Calendar, err = model.NewCalendar(k.Hours); err != nil {
		return err
	}
	reply := model.DecideAutoReply(k.Heard)
	if reply == nil {
		return nil
	}
	c := &k.Conversation
	m := &model.Message{AccountID: account, ConversationID: c.ID, ChannelID: c.ChannelID, ID: model.NewIDAt(model.KindMessage, k.Heard.At), Seq: c.LastSeq + 1,
		Direction: model.Outbound, Kind: reply.Kind, Text: reply.Text, Status: model.Queued, Version: 1, CreatedAt: k.Heard.At}
	anew, err := s.NoteAutoReply(ctx, c, reply, m.ID)
	if err != nil || !anew {
		return err
	}
	c.LastSeq, c.LastActivityAt = m.Seq, m.CreatedAt
	return s.AddMessage(ctx, db.Saying{Message: m, Conversation: c})
}
