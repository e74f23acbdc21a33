package desk

import (
	"context"
	"regexp"
	"strings"

	"github.com/livedesk/livedesk/db"
	"github.com/livedesk/livedesk/model"
)

var colorForm = regexp.MustCompile(`^#[0-9a-f]{6}$`)

func cleanColor(s string) (string, error) {
	s = strings.ToLower(strings.TrimSpace(s))
	if !colorForm.MatchString(s) {
		return "", model.Refuse(model.Invalid, "Give a colour as #rrggbb, such as #2e7d32.", "color")
	}
	return s, nil
}

// CreateLabel makes a label. The colour has the form #rrggbb.
func (d *Desk) CreateLabel(ctx context.Context, name, color string) (*model.Label, error) {
	v, err := asLead(ctx)
	if err != nil {
		return nil, err
	}
	now := d.now()
	l := &model.Label{AccountID: v.Account, ID: model.NewIDAt(model.KindLabel, now), CreatedAt: now}
	if l.Name, err = cleanName(name, "name"); err != nil {
		return nil, err
	}
	if l.Color, err = cleanColor(color); err != nil {
		return nil, err
	}
	err = d.db.Tx(ctx, func(s *db.Store) error {
		if err := s.AddLabel(ctx, l); err != nil {
			return err
		}
		return d.audit(ctx, s, v, ofAccount(model.AuditLabelCreated, model.AuditLabel, l.ID), nil, shownLabel(l))
	})
	if err != nil {
		return nil, err
	}
	return l, nil
}

// LabelChange is what is changed about a label; nil leaves it as it is.
type LabelChange struct {
	Label model.ID
	Name  *string
	Color *string
}

// UpdateLabel changes a label wherever it is.
func (d *Desk) UpdateLabel(ctx context.Context, change LabelChange) (*model.Label, error) {
	v, err := asLead(ctx)
	if err != nil {
		return nil, err
	}
	var is *model.Label
	err = d.db.Tx(ctx, func(s *db.Store) (err error) {
		is, err = d.updateLabel(ctx, s, v, change)
		return err
	})
	if err != nil {
		is, _ = d.db.Label(ctx, v.Account, change.Label)
	}
	return is, err
}

// updateLabel reads the label under its lock, as updateTeam does.
func (d *Desk) updateLabel(ctx context.Context, s *db.Store, v *model.Viewer, change LabelChange) (*model.Label, error) {
	l, err := s.LockLabel(ctx, v.Account, change.Label)
	if err != nil {
		return nil, at(err, "labelId")
	}
	before := *l
	if change.Name != nil {
		if l.Name, err = cleanName(*change.Name, "name"); err != nil {
			return nil, err
		}
	}
	if change.Color != nil {
		if l.Color, err = cleanColor(*change.Color); err != nil {
			return nil, err
		}
	}
	if err := s.SaveLabel(ctx, l); err != nil {
		return nil, err
	}
	return l, d.audit(ctx, s, v, ofAccount(model.AuditLabelUpdated, model.AuditLabel, l.ID), shownLabel(&before), shownLabel(l))
}

// DeleteLabel deletes a label and takes it off every conversation.
func (d *Desk) DeleteLabel(ctx context.Context, id model.ID) error {
	v, err := asLead(ctx)
	if err != nil {
		return err
	}
	l, err := d.db.Label(ctx, v.Account, id)
	if err != nil {
		return at(err, "labelId")
	}
	return d.commit(ctx, v.Account, func(s *db.Store) error {
		if err := s.DeleteLabel(ctx, v.Account, id, v, d.now()); err != nil {
			return err
		}
		return d.audit(ctx, s, v, ofAccount(model.AuditLabelDeleted, model.AuditLabel, id), shownLabel(l), nil)
	})
}
