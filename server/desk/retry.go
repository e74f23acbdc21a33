package desk

import (
	"context"

	"github.com/livedesk/livedesk/db"
	"github.com/livedesk/livedesk/model"
)

// Retry sends a FAILED or UNKNOWN message once more, as a new attempt of the same message. It is the one way back: the
// message is QUEUED again, and what is still reported about the attempt before no longer counts.
func (d *Desk) Retry(ctx context.Context, message model.ID) (*model.Message, error) {
	v, err := model.ViewerFrom(ctx)
	if err != nil {
		return nil, err
	}
	var m *model.Message
	err = d.db.Tx(ctx, func(s *db.Store) error {
		m = nil
		t, err := s.LockMessage(ctx, v, message)
		if err != nil {
			return err
		}
		m = t.Said
		if m.Status != model.Failed && m.Status != model.Unknown {
			return model.Refuse(model.NotRetryable, "Only a message that is FAILED or UNKNOWN can be sent again.", "messageId")
		}
		if t.Removed {
			return model.Refuse(model.ChannelNotActive, "The channel of this conversation was removed.", "messageId")
		}
		if err := inWindow(t.Kind, t.Conversation, m, d.now(), "messageId"); err != nil {
			return err
		}
		return s.Requeue(ctx, m, d.moment())
	})
	if err != nil {
		return m, err
	}
	d.told(v.Account)
	next := *m
	next.Status, next.Attempt, next.Version = model.Queued, m.Attempt+1, m.Version+1
	next.ExternalID, next.ErrorCode, next.ErrorText, next.Advice, next.SentAt = "", "", "", "", nil
	return &next, nil
}

// resumeSending wakes the senders of every conversation of the channel that has something to send.
func (d *Desk) resumeSending(ctx context.Context, s *db.Store, account int64, channel model.ID) error {
	return s.QueueUnsent(ctx, account, channel)
}
