package desk

import (
	"context"
	"slices"

	"github.com/livedesk/livedesk/db"
	"github.com/livedesk/livedesk/model"
)

// ConversationChange is what is changed about a conversation besides its status and owner; nil leaves it as it is.
type ConversationChange struct {
	Conversation model.ID
	Priority     *model.Priority
	AddLabels    []model.ID
	RemoveLabels []model.ID
	Version      *int // what the caller saw; CONFLICT when that is not the present one
}

// maxLabels is how many labels one request adds or removes.
const maxLabels = 100

// UpdateConversation changes priority and labels, and returns the conversation as it then is.
func (d *Desk) UpdateConversation(ctx context.Context, change ConversationChange) (*model.Conversation, error) {
	v, err := model.ViewerFrom(ctx)
	if err != nil {
		return nil, err
	}
	if err := change.check(); err != nil {
		return nil, err
	}
	return d.change(ctx, v, change.Conversation, func(s *db.Store, c *model.Conversation) (model.Reason, error) {
		if err := c.CheckVersion(change.Version); err != nil {
			return "", err
		}
		reason := model.Reason("")
		if change.Priority != nil && *change.Priority != c.Priority {
			c.Priority, reason = *change.Priority, model.ReasonSet
		}
		if len(change.AddLabels)+len(change.RemoveLabels) == 0 {
			return reason, nil
		}
		changed, err := s.PutLabels(ctx, c, change.AddLabels, change.RemoveLabels)
		if changed {
			reason = model.ReasonSet
		}
		return reason, err
	})
}

func (c ConversationChange) check() error {
	if c.Priority != nil && !slices.Contains([]model.Priority{model.Low, model.Normal, model.High, model.Urgent}, *c.Priority) {
		return model.Refuse(model.Invalid, "A priority is LOW, NORMAL, HIGH or URGENT.", "priority")
	}
	for field, ids := range map[string][]model.ID{"addLabelIds": c.AddLabels, "removeLabelIds": c.RemoveLabels} {
		if len(ids) > maxLabels {
			return model.Refuse(model.Invalid, "Name at most 100 labels.", field)
		}
	}
	for _, id := range c.AddLabels {
		if slices.Contains(c.RemoveLabels, id) {
			return model.Refuse(model.Invalid, "A label is either added or removed.", "removeLabelIds")
		}
	}
	return nil
}
