package db

import (
	"context"
	"log/slog"
	"time"

	"github.com/uptrace/bun"
)

// slowQueries reports queries over a second by their operation, never by their text: bun writes the values into it.
type slowQueries struct{ log *slog.Logger }

func (slowQueries) BeforeQuery(ctx context.Context, _ *bun.QueryEvent) context.Context { return ctx }

func (h slowQueries) AfterQuery(ctx context.Context, q *bun.QueryEvent) {
	if took := time.Since(q.StartTime); took > time.Second {
		table := ""
		if q.IQuery != nil {
			table = q.IQuery.GetTableName()
		}
		h.log.WarnContext(ctx, "slow query", "operation", q.Operation(), "table", table, "took", took)
	}
}
