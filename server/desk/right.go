package desk

import (
	"context"

	"github.com/livedesk/livedesk/db"
	"github.com/livedesk/livedesk/model"
)

// asAdmin returns who asks, if they may change people, channels and settings.
func asAdmin(ctx context.Context) (*model.Viewer, error) {
	v, err := model.ViewerFrom(ctx)
	if err == nil && !v.IsAdmin() {
		return nil, model.Refuse(model.Forbidden, "Only admins may do this.")
	}
	return v, err
}

// asLead returns who asks, if they may see everything and arrange the work of others.
func asLead(ctx context.Context) (*model.Viewer, error) {
	v, err := model.ViewerFrom(ctx)
	if err == nil && !v.SeesAll() {
		return nil, model.Refuse(model.Forbidden, "Only supervisors and admins may do this.")
	}
	return v, err
}

// commit runs the transaction and, once it is committed, has the account's events numbered.
func (d *Desk) commit(ctx context.Context, account int64, fn func(*db.Store) error) error {
	if err := d.db.Tx(ctx, fn); err != nil {
		return err
	}
	d.told(account)
	return nil
}
