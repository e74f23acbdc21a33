package desk

import (
	"context"

	"github.com/livedesk/livedesk/db"
	"github.com/livedesk/livedesk/model"
)

// audit notes a change of a setting, in its own transaction and before it is told.
func (d *Desk) audit(ctx context.Context, s *db.Store, v *model.Viewer, e model.AuditEntry, before, after any) error {
	entry, err := v.Audit(d.moment(), e, before, after)
	if err != nil {
		return err
	}
	return s.AddAudit(ctx, entry)
}

// ofChannel is an entry about a channel's own setting.
func ofChannel(action model.AuditAction, channel model.ID) model.AuditEntry {
	return model.AuditEntry{Action: action, SubjectKind: model.AuditChannel, SubjectID: channel, ChannelID: channel}
}

// changeSetting is changeChannel for what supervisors may change, too. Refused, it returns the channel as it is.
func (d *Desk) changeSetting(ctx context.Context, id model.ID, change func(*db.Store, *model.Viewer) error) (*model.Channel, error) {
	v, err := asLead(ctx)
	if err != nil {
		return nil, err
	}
	var c *model.Channel
	err = d.changeChannel(ctx, v, id, func(s *db.Store, now *model.Channel) error {
		c = now
		return change(s, v)
	})
	return d.orAsItIs(ctx, v, id, c, err)
}

// changeAutomation is changeSetting for what decides who answers. What really changed is counted, so that decisions can
// say what they were made by.
func (d *Desk) changeAutomation(ctx context.Context, v *model.Viewer, id model.ID, change func(*db.Store, *model.Channel) (changed bool, err error)) (*model.Channel, error) {
	var c *model.Channel
	var another bool
	err := d.changeChannel(ctx, v, id, func(s *db.Store, now *model.Channel) (err error) {
		c = now
		if another, err = change(s, now); err != nil || !another {
			return err
		}
		return s.NextAutomation(ctx, v.Account, id)
	})
	if err == nil && another {
		d.Redecide(v.Account, id)
	}
	return d.orAsItIs(ctx, v, id, c, err)
}

// orAsItIs returns the changed channel or, refused, the one that is stored, if it is there.
func (d *Desk) orAsItIs(ctx context.Context, v *model.Viewer, id model.ID, changed *model.Channel, err error) (*model.Channel, error) {
	if err != nil {
		changed, _ = d.db.Channel(ctx, v.Account, id)
	}
	return changed, err
}
