package desk

import (
	"context"

	"github.com/livedesk/livedesk/db"
	"github.com/livedesk/livedesk/model"
)

// UpdateGreeting says whether and with what new conversations on a channel are greeted. Without a text the present one
// stays.
func (d *Desk) UpdateGreeting(ctx context.Context, channel model.ID, enabled bool, text *string) (*model.Channel, error) {
	return d.changeSetting(ctx, channel, func(s *db.Store, v *model.Viewer) error {
		greetings, err := s.Greetings(ctx, v.Account, []model.ID{channel})
		if err != nil {
			return err
		}
		before := *greetings[channel]
		g := model.Greeting{Enabled: enabled, Text: before.Text}
		if text != nil {
			g.Text = model.CleanText(*text, model.MaxIncomingText)
		}
		if err := g.Check(); err != nil {
			return err
		}
		if err := s.SaveGreeting(ctx, v.Account, channel, &g); err != nil {
			return err
		}
		return d.audit(ctx, s, v, ofChannel(model.AuditGreetingUpdated, channel), before, g)
	})
}
