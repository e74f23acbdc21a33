package desk

import (
	"context"
	"slices"

	"github.com/livedesk/livedesk/db"
	"github.com/livedesk/livedesk/model"
)

// Receive stores what customers wrote on the channel and returns once it is committed. A message that is known
// already changes nothing. The error is INVALID for a message that the database can never hold; any other one says
// that the same webhook may succeed later.
func (d *Desk) Receive(ctx context.Context, c *model.Channel, messages []model.Incoming) error {
	if len(messages) == 0 {
		return nil
	}
	arrivals := make([]db.Arrival, len(messages))
	for i, m := range messages {
		arrivals[i] = db.Arrival{Channel: c.ID, Kind: c.Kind, Incoming: m}
	}
	stored, err := d.intake.Store(ctx, c.AccountID, arrivals...)
	for _, a := range stored {
		if a.React {
			d.soon(c.AccountID, c.ID, a.Conversation)
		}
	}
	if slices.ContainsFunc(messages, func(m model.Incoming) bool { return len(m.Media) > 0 }) {
		d.db.WakeQueue(db.MediaQueue)
	}
	return err
}

// EndReceiving returns when what was received so far is told of, and the desk has done what it does about it. It ends
// nothing: messages may come while it waits, and afterwards.
func (d *Desk) EndReceiving() {
	d.intake.Wait()
	d.reactions.work.Wait()
}
