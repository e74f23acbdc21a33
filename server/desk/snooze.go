package desk

import (
	"context"
	"slices"

	"github.com/livedesk/livedesk/model"
)

// dueBatch is how many conversations one transaction wakes or closes.
const dueBatch = 500

// Wake opens snoozed conversations whose time has come. They keep their owner if that agent still
// works there and is available; the others are placed.
func (d *Desk) Wake(ctx context.Context) error {
	if err := d.inBatches(func() ([]int64, error) { return d.db.WakeSnoozed(ctx, d.moment(), dueBatch) }); err != nil {
		return err
	}
	return d.CatchUp(ctx) // those who woke are to be placed
}

// CloseResolved closes conversations that were RESOLVED for long enough.
func (d *Desk) CloseResolved(ctx context.Context) error {
	return d.inBatches(func() ([]int64, error) { return d.db.CloseResolved(ctx, model.CloseAfter, d.moment(), dueBatch) })
}

// inBatches repeats what returns an account per conversation changed until little is left.
func (d *Desk) inBatches(batch func() ([]int64, error)) error {
	for {
		accounts, err := batch()
		if err != nil {
			return err
		}
		n := len(accounts)
		slices.Sort(accounts)
		for _, account := range slices.Compact(accounts) {
			d.told(account)
		}
		if n < dueBatch {
			return nil
		}
	}
}
