package db

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
	"github.com/riverqueue/river/rivermigrate"
)

//go:embed migrations/*.sql
var migrations embed.FS

//go:embed sql/*.sql
var functions embed.FS

// migrationLock is the advisory lock under which one process at a time migrates. The number is arbitrary.
const migrationLock = 7_215_001

// Migrate brings the schema up to this binary: numbered migrations that have not run yet, the job queue's tables,
// and the functions, which are replaced whenever their text changed. A migration never changes once released, and
// the schema stays fit for the binary before this one.
func (d *DB) Migrate(ctx context.Context) error {
	conn, err := d.pool.Acquire(ctx)
	if err != nil {
		return fmt.Errorf("take a connection: %w", err)
	}
	defer conn.Release()
	if _, err := conn.Exec(ctx, `SELECT pg_advisory_lock($1)`, migrationLock); err != nil {
		return fmt.Errorf("wait for another migration: %w", err)
	}
	defer conn.Exec(context.WithoutCancel(ctx), `SELECT pg_advisory_unlock($1)`, migrationLock)

	applied, err := appliedMigrations(ctx, conn.Conn())
	if err != nil {
		return err
	}
	if err := runMigrations(ctx, conn.Conn(), applied); err != nil {
		return err
	}
	if err := d.migrateQueue(ctx); err != nil {
		return err
	}
	if err := replaceFunctions(ctx, conn.Conn(), applied); err != nil {
		return err
	}
	return d.KeepPartitions(ctx, time.Now(), 0, 0)
}

func appliedMigrations(ctx context.Context, conn *pgx.Conn) (map[string]string, error) {
	_, err := conn.Exec(ctx, `CREATE TABLE IF NOT EXISTS migrations (name text PRIMARY KEY, digest text NOT NULL, at timestamptz NOT NULL DEFAULT now())`)
	if err != nil {
		return nil, fmt.Errorf("make the table of migrations: %w", err)
	}
	rows, err := conn.Query(ctx, `SELECT name, digest FROM migrations`)
	if err != nil {
		return nil, fmt.Errorf("read the migrations: %w", err)
	}
	applied := map[string]string{}
	var name, digest string
	_, err = pgx.ForEachRow(rows, []any{&name, &digest}, func() error { applied[name] = digest; return nil })
	return applied, err
}

func runMigrations(ctx context.Context, conn *pgx.Conn, applied map[string]string) error {
	names, err := fs.Glob(migrations, "migrations/*.sql")
	if err != nil {
		return err
	}
	for _, name := range names {
		text, err := migrations.ReadFile(name)
		if err != nil {
			return err
		}
		if digest, done := applied[name]; done {
			if digest != digestOf(text) {
				return fmt.Errorf("migration %s was changed after it ran: a released migration is never edited", name)
			}
			continue
		}
		if err := runFile(ctx, conn, name, text); err != nil {
			return err
		}
	}
	return nil
}

// runFile runs one file and remembers it, in one transaction. It gives up after seconds on a lock that others hold,
// rather than queue everybody behind itself, and tries again.
func runFile(ctx context.Context, conn *pgx.Conn, name string, text []byte) error {
	for try := 1; ; try++ {
		err := pgx.BeginFunc(ctx, conn, func(tx pgx.Tx) error {
			if _, err := tx.Exec(ctx, "SET LOCAL lock_timeout = '2s';\n"+string(text)); err != nil {
				return err
			}
			_, err := tx.Exec(ctx, `INSERT INTO migrations (name, digest) VALUES ($1, $2)
				ON CONFLICT (name) DO UPDATE SET digest = EXCLUDED.digest, at = now()`, name, digestOf(text))
			return err
		})
		var pg *pgconn.PgError
		if err == nil || try == 15 || !errors.As(err, &pg) || pg.Code != "55P03" {
			if err != nil {
				return fmt.Errorf("run %s: %w", name, err)
			}
			return nil
		}
	}
}

func (d *DB) migrateQueue(ctx context.Context) error {
	m, err := rivermigrate.New(riverpgxv5.New(d.pool), nil)
	if err != nil {
		return fmt.Errorf("prepare the job queue: %w", err)
	}
	if _, err := m.Migrate(ctx, rivermigrate.DirectionUp, nil); err != nil {
		return fmt.Errorf("migrate the job queue: %w", err)
	}
	return nil
}

func replaceFunctions(ctx context.Context, conn *pgx.Conn, applied map[string]string) error {
	names, err := fs.Glob(functions, "sql/*.sql")
	if err != nil {
		return err
	}
	for _, name := range names {
		text, err := functions.ReadFile(name)
		if err != nil {
			return err
		}
		if applied[name] == digestOf(text) {
			continue
		}
		if err := runFile(ctx, conn, name, text); err != nil {
			return err
		}
	}
	return nil
}

// Migrated tells whether every migration of this binary has run.
func (d *DB) Migrated(ctx context.Context) (bool, error) {
	names, err := fs.Glob(migrations, "migrations/*.sql")
	if err != nil {
		return false, err
	}
	var n int
	err = d.pool.QueryRow(ctx, `SELECT count(*) FROM migrations WHERE name LIKE 'migrations/%' AND name = ANY($1)`, names).Scan(&n)
	if err != nil && strings.Contains(err.Error(), "42P01") {
		return false, nil
	}
	return n == len(names), err
}
