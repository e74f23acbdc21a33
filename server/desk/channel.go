package desk

import (
	"context"
	"time"

	"github.com/livedesk/livedesk/db"
	"github.com/livedesk/livedesk/model"
	"github.com/livedesk/livedesk/server/channel"
)

// formerLife is how long a replaced secret, or a replaced webhook URL, goes on to work.
const formerLife = 24 * time.Hour

// NewChannel is a channel to be connected.
type NewChannel struct {
	Name            string
	Kind            model.ChannelKind
	Provider        model.ProviderName
	Sender          model.Sender
	Secret          model.Secret
	CredentialsPath []string // where the credentials stand in the input; refusals name values below it
}

// CreateChannel connects a channel that the provider says works. The warnings are what it could not verify.
func (d *Desk) CreateChannel(ctx context.Context, in NewChannel) (*model.Channel, []string, error) {
	v, err := asAdmin(ctx)
	if err != nil {
		return nil, nil, err
	}
	now := d.now()
	c := &model.Channel{AccountID: v.Account, ID: model.NewIDAt(model.KindChannel, now), Kind: in.Kind, Provider: in.Provider,
		ReopenPolicy: model.AlwaysNew, ReopenWithinHours: 24, AssignmentMode: model.Manual, CreatedAt: now}
	if c.Name, err = cleanName(in.Name, "name"); err != nil {
		return nil, nil, err
	}
	secret, warnings, err := d.checkCredentials(ctx, c, in)
	if err != nil {
		return nil, nil, err
	}
	if _, ok := d.providers[c.Provider].(channel.Verifier); ok {
		c.VerifyToken = model.NewVerifyToken()
	}
	if err := d.seal(c, secret); err != nil {
		return nil, nil, err
	}
	err = d.commit(ctx, v.Account, func(s *db.Store) error {
		if err := s.AddChannel(ctx, c); err != nil {
			return err
		}
		if err := s.ReplaceWebhookKey(ctx, v.Account, c.ID, model.NewKey(v.Account), 0); err != nil {
			return err
		}
		if err := d.audit(ctx, s, v, ofChannel(model.AuditChannelCreated, c.ID), nil, shownChannel(c)); err != nil {
			return err
		}
		return s.Tell(ctx, v.Account, model.Event{Kind: model.ChannelChanged, ChannelID: c.ID})
	})
	if err != nil {
		return nil, nil, below(err, c, in.CredentialsPath)
	}
	return c, warnings, nil
}

// ChannelChange is what is changed about a channel; nil leaves it as it is.
type ChannelChange struct {
	Channel     model.ID
	Name        *string
	Credentials *NewChannel // another secret, number or service, of the same kind and provider; its Name is not used
	Paused      *bool
}

// UpdateChannel renames, pauses or resumes a channel, or replaces its credentials after the provider said that they
// work. What waited because nothing could be sent is sent then.
func (d *Desk) UpdateChannel(ctx context.Context, change ChannelChange) (*model.Channel, []string, error) {
	v, err := asAdmin(ctx)
	if err != nil {
		return nil, nil, err
	}
	before, err := d.workingChannel(ctx, d.db.Channel, v.Account, change.Channel)
	if err != nil {
		return before, nil, err
	}
	var name string
	if change.Name != nil {
		if name, err = cleanName(*change.Name, "name"); err != nil {
			return before, nil, err
		}
	}
	var secret model.Secret
	var warnings []string
	checked := *before
	if change.Credentials != nil {
		if secret, warnings, err = d.checkCredentials(ctx, &checked, *change.Credentials); err != nil {
			return before, nil, err
		}
	}
	var c *model.Channel
	var turned bool // paused, or working again
	err = d.changeChannel(ctx, v, change.Channel, func(s *db.Store, now *model.Channel) error {
		c = now
		sent, paused, was := c.Sends(), c.Paused, shownChannel(c)
		if change.Name != nil {
			c.Name = name
		}
		if change.Paused != nil {
			c.Paused = *change.Paused
		}
		if change.Credentials != nil {
			c.Sender, c.CredentialsBadAt = checked.Sender, nil
			if err := d.replaceSecret(c, secret); err != nil {
				return err
			}
		}
		if err := s.SaveChannel(ctx, c); err != nil {
			return err
		}
		if turned = c.Paused != paused; turned {
			if err := noteAiChange(ctx, s, v.Account, c.ID); err != nil {
				return err
			}
		}
		is := shownChannel(c)
		if change.Credentials != nil {
			is["credentials"] = "replaced"
		}
		if err := d.audit(ctx, s, v, ofChannel(model.AuditChannelUpdated, c.ID), was, is); err != nil {
			return err
		}
		if c.Sends() && (!sent || change.Credentials != nil) {
			return d.resumeSending(ctx, s, c.AccountID, c.ID)
		}
		return nil
	})
	if err != nil {
		var path []string
		if change.Credentials != nil {
			path = change.Credentials.CredentialsPath
		}
		return before, nil, below(err, &checked, path)
	}
	if turned {
		d.Redecide(v.Account, c.ID)
		d.handOverSoon()
	}
	return c, warnings, nil
}

// RemoveChannel disconnects a channel: its webhook URLs end, and nothing is sent. Its conversations stay readable, for
// its members too.
func (d *Desk) RemoveChannel(ctx context.Context, id model.ID) (*model.Channel, error) {
	v, err := asAdmin(ctx)
	if err != nil {
		return nil, err
	}
	var c *model.Channel
	err = d.changeChannel(ctx, v, id, func(s *db.Store, now *model.Channel) error {
		removed := d.now()
		c, now.RemovedAt = now, &removed
		if err := s.DeleteWebhookKeys(ctx, v.Account, id); err != nil {
			return err
		}
		if err := s.SaveChannel(ctx, now); err != nil {
			return err
		}
		if err := s.NoteAiChange(ctx, v.Account, id); err != nil {
			return err
		}
		return d.audit(ctx, s, v, ofChannel(model.AuditChannelRemoved, id), shownChannel(now), nil)
	})
	if err == nil {
		d.handOverSoon()
	}
	return c, err
}

// changeChannel runs change on a channel that is locked and not removed, and tells that it changed.
func (d *Desk) changeChannel(ctx context.Context, v *model.Viewer, id model.ID, change func(*db.Store, *model.Channel) error) error {
	return d.commit(ctx, v.Account, func(s *db.Store) error {
		c, err := d.workingChannel(ctx, s.LockChannel, v.Account, id)
		if err != nil {
			return err
		}
		if err := change(s, c); err != nil {
			return err
		}
		return s.Tell(ctx, v.Account, model.Event{Kind: model.ChannelChanged, ChannelID: id})
	})
}

// workingChannel reads a channel whose settings may change. A removed one comes with CHANNEL_NOT_ACTIVE.
func (d *Desk) workingChannel(ctx context.Context, read func(context.Context, int64, model.ID) (*model.Channel, error), account int64, id model.ID) (*model.Channel, error) {
	c, err := read(ctx, account, id)
	if err != nil {
		return nil, at(err, "channelId")
	}
	if c.RemovedAt != nil {
		return c, model.Refuse(model.ChannelNotActive, "This channel was removed.", "channelId")
	}
	return c, nil
}

// AssignmentChange is what is changed about who answers on a channel; nil leaves it as it is.
type AssignmentChange struct {
	Channel           model.ID
	Mode              *model.AssignmentMode
	ReopenPolicy      *model.ReopenPolicy
	ReopenWithinHours *int
}

// UpdateAssignment changes how a channel's conversations find who answers them, and when they are reopened.
func (d *Desk) UpdateAssignment(ctx context.Context, change AssignmentChange) (*model.Channel, error) {
	v, err := asAdmin(ctx)
	if err != nil {
		return nil, err
	}
	return d.changeAutomation(ctx, v, change.Channel, func(s *db.Store, c *model.Channel) (changed bool, err error) {
		mode, before := c.AssignmentMode, shownAssignment(c)
		change.apply(c)
		if err := s.SaveAssignment(ctx, c); err != nil {
			return false, err
		}
		return c.AssignmentMode != mode, d.audit(ctx, s, v, ofChannel(model.AuditAssignmentUpdated, c.ID), before, shownAssignment(c))
	})
}

func (change AssignmentChange) apply(c *model.Channel) {
	if change.Mode != nil {
		c.AssignmentMode = *change.Mode
	}
	if change.ReopenPolicy != nil {
		c.ReopenPolicy = *change.ReopenPolicy
	}
	if change.ReopenWithinHours != nil {
		c.ReopenWithinHours = *change.ReopenWithinHours
	}
}
