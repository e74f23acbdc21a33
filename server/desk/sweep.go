package desk

import "context"

// Sweep finds what was left over: messages that nobody sends though they could be, and files whose jobs are gone.
func (d *Desk) Sweep(ctx context.Context) error {
	if n, err := d.db.SweepSends(ctx); err != nil {
		return err
	} else if n > 0 {
		d.log.InfoContext(ctx, "woke senders that should have been at work", "conversations", n)
	}
	late, err := d.db.LateMedia(ctx, d.now().Add(-mediaLate), 500)
	if err != nil {
		return err
	}
	for _, a := range late {
		if err := d.failMedia(ctx, a, noFile); err != nil {
			return err
		}
	}
	return nil
}
