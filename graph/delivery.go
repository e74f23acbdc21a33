package graph

import (
	"context"

	"github.com/livedesk/livedesk/graph/exec"
	"github.com/livedesk/livedesk/model"
)

type deliveryResolver struct{ *Resolver }

// Delivery is how far a message to the customer got.
func (*messageResolver) Delivery(_ context.Context, m *model.Message) (*exec.Delivery, error) {
	if m.Direction != model.Outbound {
		return nil, nil
	}
	return &exec.Delivery{Status: m.Status, Code: present(m.ErrorCode), Reason: present(m.ErrorText), Advice: present(m.Advice), SentAt: m.SentAt, MessageID: m.ID}, nil
}

// Attempts are the tries to send the message.
func (r *deliveryResolver) Attempts(ctx context.Context, d *exec.Delivery) ([]*model.SendAttempt, error) {
	v, err := viewer(ctx)
	if err != nil {
		return nil, err
	}
	return first(ctx, &r.load(ctx, v.Account).Attempts, d.MessageID)
}
