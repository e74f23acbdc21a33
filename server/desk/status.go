package desk

import (
	"context"
	"time"

	"github.com/livedesk/livedesk/db"
	"github.com/livedesk/livedesk/model"
)

// StatusChange moves a conversation by hand.
type StatusChange struct {
	Conversation model.ID
	Status       model.ConversationStatus
	SnoozeUntil  *time.Time // for SNOOZED: when it opens by itself; nil: when the customer writes
	Version      *int       // what the caller saw; CONFLICT when that is not the present one
}

// SetStatus moves a conversation, and returns it as it then is. AI_REPLYING is not a status to be set: it begins by
// assigning the conversation to an AI Agent.
func (d *Desk) SetStatus(ctx context.Context, change StatusChange) (*model.Conversation, error) {
	v, err := model.ViewerFrom(ctx)
	if err != nil {
		return nil, err
	}
	now := d.moment()
	wake, err := change.check(now)
	if err != nil {
		return nil, err
	}
	return d.change(ctx, v, change.Conversation, func(s *db.Store, c *model.Conversation) (model.Reason, error) {
		if err := c.CheckVersion(change.Version); err != nil {
			return "", err
		}
		if c.Status == change.Status && sameTime(c.SnoozedUntil, wake) {
			return "", nil
		}
		from := c.Status
		if err := move(ctx, s, c, change.Status, wake, now); err != nil || c.Status != model.Open || from == model.Open || c.Owned() {
			return model.ReasonSet, err
		}
		return model.ReasonSet, s.ToPlace(ctx, c, model.StageHumans, c.TeamID)
	})
}

// check refuses what no conversation can become, and returns the time to wake up in the database's precision.
func (c StatusChange) check(now time.Time) (*time.Time, error) {
	switch c.Status {
	case model.Open, model.Snoozed, model.Resolved, model.Closed:
	case model.AiReplying:
		return nil, model.Refuse(model.Invalid, "Assign the conversation to an AI Agent instead: then it is AI_REPLYING.", "status")
	default:
		return nil, model.Refuse(model.Invalid, "A conversation can be set OPEN, SNOOZED, RESOLVED or CLOSED.", "status")
	}
	if c.SnoozeUntil == nil {
		return nil, nil
	}
	wake := c.SnoozeUntil.Truncate(time.Microsecond)
	if c.Status != model.Snoozed || !wake.After(now) {
		return nil, model.Refuse(model.Invalid, "Only a SNOOZED conversation wakes up, at a time in the future.", "snoozeUntil")
	}
	return &wake, nil
}

func sameTime(a, b *time.Time) bool {
	if a == nil || b == nil {
		return a == b
	}
	return a.Equal(*b)
}

// move changes the status and what depends on it: who takes a conversation from an AI Agent by hand ends its work, and
// nobody owns a reopened one who could not take it.
func move(ctx context.Context, s *db.Store, c *model.Conversation, to model.ConversationStatus, wake *time.Time, now time.Time) error {
	from := c.Status
	if err := c.SetStatus(to, wake, now); err != nil {
		return err
	}
	if c.AiAgentID != "" && (to == model.Open || to == model.Snoozed) {
		c.Give("", c.TeamID)
	}
	if from.Live() || !to.Live() || c.AgentID == "" {
		return nil
	}
	owner, err := s.LockOwner(ctx, c, c.AgentID)
	if err != nil || owner.Works && !owner.Disabled {
		return err
	}
	c.FormerAgentID = c.AgentID
	c.Give("", c.TeamID)
	return nil
}
