package desk

import (
	"context"

	"github.com/livedesk/livedesk/db"
	"github.com/livedesk/livedesk/model"
)

// Track follows a provider's report about a message of ours. Reports come late, twice and in any order: the status only
// moves forward, and the same reports in whatever order end the same. A report about a message that the desk did not
// send is nothing. The request is kept when something failed.
func (d *Desk) Track(ctx context.Context, c *model.Channel, r model.StatusReport) error {
	switch r.Status {
	case model.Sent, model.Delivered, model.Read:
		r.ErrorCode, r.ErrorText, r.Advice = "", "", ""
	case model.Failed:
	default:
		return nil // the provider has it; that is what SENT says
	}
	ours, err := d.db.Track(ctx, c.AccountID, c.ID, r, r.Status == model.Failed, d.moment())
	if db.Violates(err, "messages_external") {
		return model.Refuse(model.Invalid, "The report names a message that is another one's already.")
	}
	if err == nil && ours {
		d.told(c.AccountID)
	}
	return err
}
