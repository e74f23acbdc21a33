package db

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
)

// partitionsAhead is how many days are prepared beyond today, so that a job that does not run for a while loses nothing.
const partitionsAhead = 3

// KeepPartitions makes the days' partitions of events and raw requests up to a few days from now, and drops those
// that ended longer ago than the retentions. A retention of 0 drops nothing.
func (d *DB) KeepPartitions(ctx context.Context, now time.Time, events, requests time.Duration) error {
	for table, keep := range map[string]time.Duration{"events": events, "webhook_requests": requests} {
		if err := d.makePartitions(ctx, table, now); err != nil {
			return err
		}
		if keep > 0 {
			if err := d.dropPartitions(ctx, table, now.Add(-keep)); err != nil {
				return err
			}
		}
	}
	return nil
}

func (d *DB) makePartitions(ctx context.Context, table string, now time.Time) error {
	for day := -1; day <= partitionsAhead; day++ {
		from := now.UTC().Truncate(24*time.Hour).AddDate(0, 0, day)
		name := table + from.Format("_20060102")
		var exists bool
		if err := d.pool.QueryRow(ctx, `SELECT to_regclass($1) IS NOT NULL`, name).Scan(&exists); err != nil {
			return fmt.Errorf("look for partition %s: %w", name, err)
		}
		if exists {
			continue
		}
		_, err := d.pool.Exec(ctx, fmt.Sprintf(`CREATE TABLE IF NOT EXISTS %s PARTITION OF %s FOR VALUES FROM ('%s') TO ('%s')`,
			pgx.Identifier{name}.Sanitize(), pgx.Identifier{table}.Sanitize(),
			from.Format(time.RFC3339), from.AddDate(0, 0, 1).Format(time.RFC3339)))
		if err != nil {
			return fmt.Errorf("make partition %s: %w", name, err)
		}
	}
	return nil
}

func (d *DB) dropPartitions(ctx context.Context, table string, before time.Time) error {
	rows, err := d.pool.Query(ctx, `SELECT c.relname FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid WHERE i.inhparent = $1::text::regclass`, table)
	if err != nil {
		return fmt.Errorf("list the partitions of %s: %w", table, err)
	}
	names, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		return fmt.Errorf("list the partitions of %s: %w", table, err)
	}
	for _, name := range names {
		day, err := time.Parse(table+"_20060102", name)
		if err != nil || day.AddDate(0, 0, 1).After(before) {
			continue
		}
		if _, err := d.pool.Exec(ctx, `DROP TABLE IF EXISTS `+pgx.Identifier{name}.Sanitize()); err != nil {
			return fmt.Errorf("drop partition %s: %w", name, err)
		}
	}
	return nil
}

func digestOf(text []byte) string {
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:])
}
