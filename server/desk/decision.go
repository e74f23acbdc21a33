package desk

import (
	"context"
	"time"
)

// recordLife is how long a decision can be made again. Afterwards its explanation in words is left.
const recordLife = 90 * 24 * time.Hour

// forgetBatch is how many decisions are read at once.
const forgetBatch = 200

// ForgetRecords puts decisions that are old enough into words, and forgets what they were made from.
func (d *Desk) ForgetRecords(ctx context.Context) error {
	for {
		old, err := d.db.OldDecisions(ctx, d.now().Add(-recordLife), forgetBatch)
		if err != nil {
			return err
		}
		for _, o := range old {
			sentence := ""
			again, err := d.db.Replay(ctx, o)
			if err != nil {
				d.log.WarnContext(ctx, "an old decision cannot be made again", "account", o.AccountID, "decision", o.ID, "error", err)
			}
			if again != nil {
				names, err := d.db.NamesIn(ctx, o.AccountID, again)
				if err != nil {
					return err
				}
				sentence = again.Explain(names).Sentence
			}
			if err := d.db.ForgetRecord(ctx, o, sentence); err != nil {
				return err
			}
		}
		if len(old) < forgetBatch {
			return nil
		}
	}
}
