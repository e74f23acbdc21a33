package desk

import (
	"context"
	"reflect"

	"github.com/livedesk/livedesk/db"
	"github.com/livedesk/livedesk/model"
)

// UpdateHours replaces the business hours of a channel.
func (d *Desk) UpdateHours(ctx context.Context, channel model.ID, h model.Hours) (*model.Channel, error) {
	v, err := asLead(ctx)
	if err != nil {
		return nil, err
	}
	return d.changeAutomation(ctx, v, channel, func(s *db.Store, _ *model.Channel) (changed bool, err error) {
		if err := h.Check(); err != nil {
			return false, err
		}
		before, err := s.HoursOf(ctx, v.Account, []model.ID{channel})
		if err != nil || reflect.DeepEqual(before[channel], &h) {
			return false, err
		}
		if err := s.SaveHours(ctx, v.Account, channel, &h, d.moment()); err != nil {
			return false, err
		}
		return true, d.audit(ctx, s, v, ofChannel(model.AuditHoursUpdated, channel), before[channel], &h)
	})
}
