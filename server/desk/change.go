package desk

import (
	"context"
	"time"

	"github.com/livedesk/livedesk/db"
	"github.com/livedesk/livedesk/model"
)

// moment is the present time in the precision that the database keeps, so that what is returned is what is stored.
func (d *Desk) moment() time.Time { return d.now().Truncate(time.Microsecond) }

// change runs a verb on one conversation that the viewer may see: decide, under the lock, makes of it what it becomes
// and says why, and that is saved and told of. Without a reason nothing changed, and nothing is told. With an error it
// returns the conversation as it is.
func (d *Desk) change(ctx context.Context, v *model.Viewer, id model.ID, decide func(*db.Store, *model.Conversation) (model.Reason, error)) (*model.Conversation, error) {
	var was, is *model.Conversation
	var second bool
	err := d.db.Tx(ctx, func(s *db.Store) (err error) {
		is = nil
		if was, err = s.LockConversation(ctx, v, id); err != nil {
			return err
		}
		next := *was
		reason, err := decide(s, &next)
		if err != nil || reason == "" {
			return err
		}
		next.Version++
		is = &next
		err = d.save(ctx, s, was, is, db.Change{By: v, Reason: reason, At: d.moment()})
		second = db.Violates(err, oneLive)
		return err
	})
	switch {
	case second:
		return was, d.nameLive(ctx, was, "status")
	case err != nil || is == nil:
		return was, err
	}
	d.told(v.Account)
	d.afterChange(was, is)
	return is, nil
}

// save stores what a conversation that is locked has become. It is the one way to RESOLVED, for that is asked about.
func (d *Desk) save(ctx context.Context, s *db.Store, was, is *model.Conversation, ch db.Change) error {
	err := s.SaveConversation(ctx, is, ch)
	if err != nil || is.Status != model.Resolved || was.Status == model.Resolved {
		return err
	}
	return d.survey(ctx, s, is, ch.By)
}

// afterChange goes on with what the change of a conversation made possible: it is placed, or its former owner is free
// for another one.
func (d *Desk) afterChange(was, is *model.Conversation) {
	if is.Placing {
		d.soon(is.AccountID, is.ChannelID, is.ID)
	}
	had := was.AgentID != "" && was.Status == model.Open
	if had && (is.AgentID != was.AgentID || is.Status != model.Open) {
		d.freed(was.AccountID, was.AgentID)
	}
}

// oneLive is the unique index that keeps a contact from having two conversations at once on a channel.
const oneLive = "conversations_one_live"

// nameLive is the refusal to reopen a conversation while the contact has another one open.
func (d *Desk) nameLive(ctx context.Context, c *model.Conversation, path ...string) error {
	id, err := d.db.LiveConversation(ctx, c.AccountID, c.ChannelID, c.ContactID)
	if err != nil {
		return err
	}
	if id == "" {
		return model.Refuse(model.Conflict, "Another conversation of this contact was open until just now: try again.", path...)
	}
	return model.Refuse(model.Conflict, "Conversation "+string(id)+" of this contact on this channel is open: work on that one, or resolve it first.", path...)
}

// asAgent returns who asks, if it is a person.
func asAgent(ctx context.Context) (*model.Viewer, error) {
	v, err := model.ViewerFrom(ctx)
	if err == nil && v.Agent == "" {
		return nil, model.Refuse(model.Forbidden, "Only agents may do this.")
	}
	return v, err
}
