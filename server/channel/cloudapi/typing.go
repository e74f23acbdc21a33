package cloudapi

import (
	"context"

	"github.com/livedesk/livedesk/model"
	"github.com/livedesk/livedesk/server/channel"
)

var _ channel.Typist = (*Provider)(nil)

// Type shows the customer for 25 seconds, or until a message comes, that an answer is being written, and marks their
// message as read; Meta has one call for both. The error is a *channel.SendError.
func (p *Provider) Type(ctx context.Context, c *model.Channel, secret model.Secret, externalID string) error {
	k, ctx, cancel := p.call(ctx, secret)
	defer cancel()
	body := object{"messaging_product": "whatsapp", "status": "read", "message_id": externalID, "typing_indicator": object{"type": "text"}}
	if err := k.post(ctx, body, c.Sender.NumberID, "messages"); err != nil {
		return k.sendError(err)
	}
	return nil
}
