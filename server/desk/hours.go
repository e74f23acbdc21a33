package desk

import (
	"context"
	"reflect"

	"github.com/livedesk/livedesk/db"
	"github.com/livedesk/livedesk/model"
)

// UpdateHours replaces the business hours of a channel.
func (d *Desk) UpdateHours(ctx context.Context, channel model.ID, h model.Hours) (*model.Channel, error) {
	return d.changeSetting(ctx, channel, func(s *db.Store, v *model.Viewer, c *model.Channel) error {
		if err := h.Check(); err != nil {
			return err
		}
		before, err := s.HoursOf(ctx, v.Account, []model.ID{channel})
		if err != nil || reflect.DeepEqual(before[channel], &h) {
			return err
		}
		if err := s.SaveHours(ctx, v.Account, channel, &h); err != nil {
			return err
		}
		return d.audit(ctx, s, v, ofChannel(model.AuditHoursUpdated, channel), before[channel], &h)
	})
}
