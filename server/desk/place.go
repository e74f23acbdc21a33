package desk

import (
	"context"
	"errors"

	"github.com/livedesk/livedesk/model"
)

// placed is what became of a conversation that was to be placed.
type placed struct {
	decision *model.Decision // nil: there was nothing to decide
	target   model.Target    // that it had before
	behind   bool            // it was not placed yet: others wait on the channel and come first
}

// nobody tells whether the decision was to wait.
func (p placed) nobody() bool { return p.decision != nil && p.decision.Outcome == model.OutcomeWaiting }

// Place decides who answers the conversations of the channel, where that is to be decided, and stores it. Those who wait
// on the channel come first; one that waits itself is left to its turn, which comes when the queue is served.
func (d *Desk) Place(ctx context.Context, account int64, channel model.ID, conversations ...model.ID) error {
	results, err := d.place(ctx, account, channel, conversations, false)
	var behind []model.ID
	for i, p := range results {
		if p.behind {
			behind = append(behind, conversations[i])
		}
	}
	if len(behind) == 0 {
		return err
	}
	err = errors.Join(err, d.serve(ctx, account, channel))
	_, late := d.place(ctx, account, channel, behind, true)
	return errors.Join(err, late)
}

// serve gives those who wait on the channel to who is free, the most urgent and then the longest waiting first, until
// nobody is found. One that nobody can take does not hold up those that wait for others.
func (d *Desk) serve(ctx context.Context, account int64, channel model.ID) error {
	var nobody []model.Target
	for {
		id, err := d.db.NextWaiting(ctx, account, channel, nobody)
		if err != nil || id == "" {
			return err
		}
		results, err := d.place(ctx, account, channel, []model.ID{id}, true)
		if err != nil {
			return err
		}
		if p := results[0]; p.nobody() {
			nobody = append(nobody, p.target, p.decision.Target)
		}
	}
}
