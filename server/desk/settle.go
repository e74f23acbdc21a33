package desk

import (
	"context"
	"fmt"
	"time"

	"github.com/livedesk/livedesk/db"
	"github.com/livedesk/livedesk/model"
	"github.com/livedesk/livedesk/server/channel"
)

// askAgain is how long after the first question the provider is asked once more, two minutes after the send.
const askAgain = 100 * time.Second

// findSince reaches back before the attempt: the provider's clock may differ.
const findSince = time.Minute

// Settle asks the provider what became of a message whose answer was lost. It asks twice; then the message stays
// UNKNOWN, and the agent decides. A report that came meanwhile, or a new attempt, leaves nothing to settle.
func (d *Desk) Settle(ctx context.Context, job db.SettleMessage) error {
	p, err := d.parcel(ctx, job.Account, job.Message)
	if model.CodeOf(err) == model.NotFound {
		return nil
	}
	if err != nil || p.Message.Status != model.Unknown || p.Message.Attempt != job.Attempt {
		return err
	}
	c, err := d.db.Channel(ctx, job.Account, p.Message.ChannelID)
	if err != nil {
		return err
	}
	report, err := d.find(ctx, c, p)
	if err != nil {
		d.log.WarnContext(ctx, "the provider was asked in vain about a message", "message", job.Message, "error", err)
	}
	if report != nil {
		report.MessageID, report.Attempt = job.Message, job.Attempt
		return d.Track(ctx, c, *report)
	}
	if job.Asked == 0 {
		job.Asked++
		return d.db.QueueSettle(ctx, job, askAgain)
	}
	if err := d.db.Advise(ctx, job.Account, job.Message, job.Attempt, unknownAdvice); err != nil {
		return err
	}
	d.told(job.Account)
	return nil
}

// find asks the provider for the message; nil when it does not have it, or cannot be asked.
func (d *Desk) find(ctx context.Context, c *model.Channel, p *db.Parcel) (*model.StatusReport, error) {
	finder, ok := d.providers[c.Provider].(channel.Finder)
	if !ok || c.RemovedAt != nil {
		return nil, nil
	}
	secret, _, err := d.Secrets(ctx, c)
	if err != nil {
		return nil, err
	}
	call, cancel := context.WithTimeout(ctx, sendTime)
	defer cancel()
	var doubt error
	known := func(id string) bool {
		is, err := d.db.KnowsExternal(ctx, c.AccountID, c.ID, id)
		if err != nil {
			doubt = err
		}
		return is || err != nil
	}
	report, err := finder.Find(call, c, secret, d.outgoing(c, d.providers[c.Provider], p), p.FirstTry.Add(-findSince), known)
	if doubt != nil {
		return nil, doubt
	}
	if err != nil {
		return nil, fmt.Errorf("find message %s: %w", p.Message.ID, err)
	}
	return report, nil
}
