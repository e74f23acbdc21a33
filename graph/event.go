package graph

import (
	"context"

	"github.com/livedesk/livedesk/graph/exec"
	"github.com/livedesk/livedesk/model"
)

type (
	eventPayloadResolver        struct{}
	messageAddedPayloadResolver struct{}
)

// Event is what happened; what belongs to it was read for all who are told.
func (*eventPayloadResolver) Event(ctx context.Context, p *exec.EventPayload) (exec.Event, error) {
	responseOf(ctx).use(p.Loads)
	return p.Event, nil
}

// Message is the message that was added; what belongs to it was read for all who are told.
func (*messageAddedPayloadResolver) Message(ctx context.Context, p *exec.MessageAddedPayload) (*model.Message, error) {
	responseOf(ctx).use(p.Loads)
	return p.Message, nil
}
