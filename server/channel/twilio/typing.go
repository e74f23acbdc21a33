package twilio

import (
	"context"

	senders "github.com/twilio/twilio-go/rest/messaging/v2"

	"github.com/livedesk/livedesk/model"
	"github.com/livedesk/livedesk/server/channel"
)

var _ channel.Typist = (*Provider)(nil)

// Type shows a WhatsApp customer for 25 seconds, or until a message comes, that an answer is being written, and marks their
// message as read. SMS knows neither. The error is a *channel.SendError.
func (p *Provider) Type(ctx context.Context, c *model.Channel, secret model.Secret, externalID string) error {
	if c.Kind != model.WhatsApp {
		return nil
	}
	k, cancel := p.call(ctx, c, secret)
	defer cancel()
	params := (&senders.CreateTypingIndicatorParams{}).SetChannel("whatsapp").SetMessageId(externalID)
	if _, err := senders.NewApiServiceWithClient(k.client()).CreateTypingIndicator(params); err != nil {
		return k.sendError(err)
	}
	return nil
}
