package db

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
)

// partitionsAhead is how many days are prepared beyond today, so that a job that does not run for a while loses nothing.
const partitionsAhead = 3

// partitionLock is the advisory lock under which one process at a time makes a partition. The number is arbitrary.
const partitionLock = 7_215_002

// The locks that upkeep waits for, each for two seconds: longer than Postgres needs to send an autovacuum away. None of
// them stands in the way of readers and writers of the parent, who may well be a pg_dump of hours.
const (
	partitionTries = 5
	partitionWait  = "2s"
)

// KeepPartitions makes the days' partitions of events and raw requests up to a few days from now, and drops those
// that ended longer ago than the retentions. A retention of 0 drops nothing. What cannot be dropped while somebody
// still reads it is an error, and the next call goes on with it.
func (d *DB) KeepPartitions(ctx context.Context, now time.Time, events, requests time.Duration) error {
	retentions := map[string]time.Duration{"events": events, "webhook_requests": requests}
	for table := range retentions {
		if err := d.makePartitions(ctx, table, now); err != nil {
			return err
		}
	}
	var faults []error
	for table, keep := range retentions {
		if keep > 0 {
			faults = append(faults, d.dropPartitions(ctx, table, now.Add(-keep)))
		}
	}
	return errors.Join(faults...)
}

func (d *DB) makePartitions(ctx context.Context, table string, now time.Time) error {
	for day := -1; day <= partitionsAhead; day++ {
		from := now.UTC().Truncate(24*time.Hour).AddDate(0, 0, day)
		name := table + from.Format("_20060102")
		var err error
		for range partitionTries {
			err = pgx.BeginFunc(ctx, d.pool, func(tx pgx.Tx) error { return makePartition(ctx, tx, table, name, from) })
			if !timedOut(err) {
				break
			}
		}
		if err != nil {
			return fmt.Errorf("make partition %s: %w", name, err)
		}
	}
	return nil
}

// makePartition makes a table of its own and attaches it, because CREATE TABLE ... PARTITION OF would lock everybody
// out of the parent. The CHECK spares the attaching a look at the rows.
// Source: PostgreSQL manual, ALTER TABLE, "ATTACH PARTITION".
func makePartition(ctx context.Context, tx pgx.Tx, table, name string, from time.Time) error {
	var exists bool
	if err := tx.QueryRow(ctx, `SELECT to_regclass($1) IS NOT NULL`, name).Scan(&exists); err != nil || exists {
		return err
	}
	if _, err := tx.Exec(ctx, `SET LOCAL lock_timeout = '`+partitionWait+`'`); err != nil {
		return err
	}
	// Who comes second looks again: the first has committed by then.
	if _, err := tx.Exec(ctx, `SELECT pg_advisory_xact_lock($1)`, partitionLock); err != nil {
		return err
	}
	if err := tx.QueryRow(ctx, `SELECT to_regclass($1) IS NOT NULL`, name).Scan(&exists); err != nil || exists {
		return err
	}
	column := map[string]string{"events": "created_at", "webhook_requests": "received_at"}[table]
	first, last := from.Format(time.RFC3339), from.AddDate(0, 0, 1).Format(time.RFC3339)
	_, err := tx.Exec(ctx, fmt.Sprintf(`CREATE TABLE %[1]s (LIKE %[2]s INCLUDING ALL, CONSTRAINT day CHECK (%[3]s >= '%[4]s' AND %[3]s < '%[5]s'));
		ALTER TABLE %[2]s ATTACH PARTITION %[1]s FOR VALUES FROM ('%[4]s') TO ('%[5]s');
		ALTER TABLE %[1]s DROP CONSTRAINT day`,
		pgx.Identifier{name}.Sanitize(), pgx.Identifier{table}.Sanitize(), column, first, last))
	return err
}

// partition is a day's table, or what is left of one whose end was interrupted.
type partition struct {
	Name     string
	Attached bool
	Pending  bool // it is being detached
}

func (d *DB) dropPartitions(ctx context.Context, table string, before time.Time) error {
	conn, err := d.pool.Acquire(ctx) // one for all: a partition cannot be detached concurrently in a transaction
	if err != nil {
		return fmt.Errorf("take a connection: %w", err)
	}
	defer conn.Release()
	if _, err := conn.Exec(ctx, `SET lock_timeout = '`+partitionWait+`'`); err != nil {
		return fmt.Errorf("bound the wait for locks: %w", err)
	}
	defer conn.Exec(context.WithoutCancel(ctx), `RESET lock_timeout`)
	all, err := partitionsOf(ctx, conn, table)
	if err != nil {
		return fmt.Errorf("list the partitions of %s: %w", table, err)
	}
	for _, p := range all {
		day, err := time.Parse(table+"_20060102", p.Name)
		if err != nil || day.AddDate(0, 0, 1).After(before) {
			continue
		}
		if err := dropPartition(ctx, conn, table, p); err != nil {
			return fmt.Errorf("drop partition %s: %w", p.Name, err)
		}
	}
	return nil
}

// partitionsOf lists the tables that are named as partitions of the table. What is being detached comes first: the
// parent has one such at a time.
func partitionsOf(ctx context.Context, conn *pgxpool.Conn, table string) ([]partition, error) {
	rows, err := conn.Query(ctx, `SELECT c.relname AS name, i.inhrelid IS NOT NULL AS attached, coalesce(i.inhdetachpending, false) AS pending
		FROM pg_class c LEFT JOIN pg_inherits i ON i.inhrelid = c.oid
		WHERE c.relkind = 'r' AND c.relnamespace = current_schema()::regnamespace AND starts_with(c.relname, $1 || '_')
		ORDER BY pending DESC, c.relname`, table)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowToStructByName[partition])
}

// dropPartition detaches the partition first, because DROP TABLE would lock everybody out of the parent. Detaching
// waits for those who read the parent; when it gives up, the partition stays marked, and nobody who comes later reads
// or locks it.
func dropPartition(ctx context.Context, conn *pgxpool.Conn, table string, p partition) error {
	name, parent := pgx.Identifier{p.Name}.Sanitize(), pgx.Identifier{table}.Sanitize()
	if p.Attached {
		how := "CONCURRENTLY"
		if p.Pending {
			how = "FINALIZE"
		}
		if _, err := conn.Exec(ctx, "ALTER TABLE "+parent+" DETACH PARTITION "+name+" "+how); err != nil {
			return err
		}
	}
	_, err := conn.Exec(ctx, "DROP TABLE "+name)
	return err
}

// timedOut tells whether the statement gave up on a lock that somebody else holds.
func timedOut(err error) bool {
	var pg *pgconn.PgError
	return errors.As(err, &pg) && pg.Code == "55P03"
}

func digestOf(text []byte) string {
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:])
}
