package server

import (
	"context"
	"fmt"
	"io"
	"log/slog"

	"github.com/livedesk/livedesk/db"
)

// verify prints every violated invariant and fails when there is one. With "reports" it makes the facts of reports anew.
func verify(ctx context.Context, c *Config, args []string, out io.Writer) error {
	d, err := joinDatabase(ctx, c, slog.New(slog.DiscardHandler))
	if err != nil {
		return err
	}
	defer d.Close(context.WithoutCancel(ctx))
	if len(args) == 1 && args[0] == "reports" {
		return verifyReports(ctx, d.DB, out)
	}
	if len(args) > 0 {
		return fmt.Errorf("verify what? \"reports\", or nothing more")
	}
	violations, err := d.Verify(ctx, 100)
	if err != nil {
		return err
	}
	for _, v := range violations {
		fmt.Fprintf(out, "%s: %s\n  (%s)\n", v.Invariant.Name, v.Where, v.Invariant.Means)
	}
	fmt.Fprintf(out, "invariants=%d violations=%d\n", len(db.Invariants), len(violations))
	if len(violations) > 0 {
		return fmt.Errorf("%d violations", len(violations))
	}
	return nil
}

// verifyReports prints every quarter of an hour whose stored facts are not what changes and messages say, and fails when
// there is one.
func verifyReports(ctx context.Context, d *db.DB, out io.Writer) error {
	found, err := d.VerifyReports(ctx)
	if err != nil {
		return err
	}
	for _, where := range found.Wrong {
		fmt.Fprintln(out, where)
	}
	fmt.Fprintf(out, "slots=%d facts=%d wrong=%d\n", found.Slots, found.Facts, len(found.Wrong))
	if len(found.Wrong) > 0 {
		return fmt.Errorf("%d slots are wrong", len(found.Wrong))
	}
	return nil
}
