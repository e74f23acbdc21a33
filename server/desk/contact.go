package desk

import (
	"context"

	"github.com/livedesk/livedesk/db"
	"github.com/livedesk/livedesk/model"
)

// ContactChange is what is changed about a contact; nil leaves it as it is.
type ContactChange struct {
	Contact model.ID
	Name    *string // empty: back to the number or the provider's id
	Blocked *bool
}

// UpdateContact renames a contact, which whoever sees them may, or blocks and unblocks them, which is for supervisors,
// admins and the agent who is in conversation with them. What a blocked contact writes is kept and starts nothing.
func (d *Desk) UpdateContact(ctx context.Context, change ContactChange) (*model.Contact, error) {
	v, err := model.ViewerFrom(ctx)
	if err != nil {
		return nil, err
	}
	var name string
	if change.Name != nil && *change.Name != "" {
		if name, err = cleanName(*change.Name, "name"); err != nil {
			return nil, err
		}
	}
	var c *model.Contact
	changed := false
	err = d.db.Tx(ctx, func(s *db.Store) error {
		changed = false
		if c, err = s.LockContact(ctx, v, change.Contact); err != nil {
			return err
		}
		next := *c
		if change.Name != nil {
			next.ProfileName = name
		}
		if err := d.block(ctx, s, v, &next, change.Blocked); err != nil {
			return err
		}
		if next.ProfileName == c.ProfileName && (next.BlockedAt == nil) == (c.BlockedAt == nil) {
			return nil
		}
		c, changed = &next, true
		return s.SaveContact(ctx, c)
	})
	if err == nil && changed {
		d.told(v.Account)
	}
	return c, err
}

func (d *Desk) block(ctx context.Context, s *db.Store, v *model.Viewer, c *model.Contact, blocked *bool) error {
	if blocked == nil || *blocked == (c.BlockedAt != nil) {
		return nil
	}
	if !v.SeesAll() {
		owns, err := s.OwnsContact(ctx, v.Account, v.Agent, c.ID)
		if err != nil {
			return err
		}
		if !owns {
			return model.Refuse(model.Forbidden, "Only supervisors, admins and the agent in conversation with the contact may block them.")
		}
	}
	c.BlockedAt = nil
	if *blocked {
		now := d.moment()
		c.BlockedAt = &now
	}
	return nil
}
