package server

import (
	"context"
	"fmt"
	"io"
	"log/slog"

	"github.com/livedesk/livedesk/db"
)

// verify prints every violated invariant and fails when there is one.
func verify(ctx context.Context, c *Config, _ []string, out io.Writer) error {
	d, err := joinDatabase(ctx, c, slog.New(slog.DiscardHandler))
	if err != nil {
		return err
	}
	defer d.Close(context.WithoutCancel(ctx))
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
