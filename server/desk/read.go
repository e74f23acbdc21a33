package desk

import (
	"context"

	"github.com/livedesk/livedesk/db"
	"github.com/livedesk/livedesk/model"
)

// MarkRead clears the unread count of a conversation, or lowers it to what came after the message. Only the owner does
// that, or anybody while there is none: others look without a trace. It returns the conversation as it then is.
func (d *Desk) MarkRead(ctx context.Context, conversation, upToMessage model.ID) (*model.Conversation, error) {
	v, err := model.ViewerFrom(ctx)
	if err != nil {
		return nil, err
	}
	var c *model.Conversation
	read := false
	err = d.db.Tx(ctx, func(s *db.Store) (err error) {
		read = false
		if c, err = s.LockConversation(ctx, v, conversation); err != nil {
			return err
		}
		unread := 0
		if upToMessage != "" {
			if unread, err = s.CountAfter(ctx, c, upToMessage); err != nil {
				return err
			}
		}
		mine := c.AgentID == v.Agent || !c.Owned()
		if !mine || unread >= c.UnreadCount {
			return nil
		}
		next := *c
		next.UnreadCount, read = unread, true
		c = &next
		return s.SetRead(ctx, c)
	})
	if err == nil && read {
		d.told(v.Account)
	}
	return c, err
}
