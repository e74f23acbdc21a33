package db

import (
	"context"
	"database/sql"
	"fmt"
	"log/slog"
	"runtime"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/uptrace/bun"
	"github.com/uptrace/bun/dialect/pgdialect"
)

// Options are the settings of a connection to the database. The zero value is fit for use.
type Options struct {
	MaxConns int32        // connections at most; 0: as the URL says (pool_max_conns), else five for each processor, 10 to 40
	Log      *slog.Logger // where slow queries go; nil: the default logger
}

// DB is the database of one server process: one pool, seen through bun for ordinary queries and through pgx for the
// hot ones.
type DB struct {
	*Store
	pool   *pgxpool.Pool
	bun    *bun.DB
	waker  *waker
	passes passes
}

// Store is the set of queries. It is bound either to the pool or to one transaction.
type Store struct {
	bun.IDB
	hot  pgxQueries
	wake func(queue string) // told of each job that a method queued
}

// pgxQueries is what a pool and a connection have in common.
type pgxQueries interface {
	Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error)
	QueryRow(ctx context.Context, sql string, args ...any) pgx.Row
	Exec(ctx context.Context, sql string, args ...any) (pgconn.CommandTag, error)
	SendBatch(ctx context.Context, b *pgx.Batch) pgx.BatchResults
}

// Open connects to the Postgres at the URL and checks that it answers and is recent enough.
func Open(ctx context.Context, url string, o Options) (*DB, error) {
	config, err := pgxpool.ParseConfig(url)
	if err != nil {
		return nil, fmt.Errorf("read the database's address: %w", err)
	}
	// With 16 on two processors 64 writers did less than with 10, and their events came twice as late: each statement
	// waits for all the others that run. The desk's own Postgres takes 60, those of the feed and the listener among them.
	if !strings.Contains(url, "pool_max_conns") {
		config.MaxConns = int32(min(max(10, 5*runtime.GOMAXPROCS(0)), 40))
	}
	if o.MaxConns > 0 {
		config.MaxConns = o.MaxConns
	}
	config.ConnConfig.RuntimeParams["application_name"] = "livedesk"
	config.ConnConfig.RuntimeParams["timezone"] = "UTC"
	config.ConnConfig.RuntimeParams["jit"] = "off" // compiling takes longer than any query here runs
	// The hot queries are written so that one plan, by keys, is right for every value. To plan the list of conversations
	// anew took three times as long as to run it. What bun sends is always planned for its values.
	config.ConnConfig.RuntimeParams["plan_cache_mode"] = "force_generic_plan"
	config.ConnConfig.ConnectTimeout = 5 * time.Second
	pool, err := pgxpool.NewWithConfig(ctx, config)
	if err != nil {
		return nil, fmt.Errorf("connect to the database: %w", err)
	}
	d := over(pool, o.Log)
	if err := d.check(ctx); err != nil {
		d.Close()
		return nil, err
	}
	return d, nil
}

func over(pool *pgxpool.Pool, log *slog.Logger) *DB {
	if log == nil {
		log = slog.Default()
	}
	sqldb := sql.OpenDB(simpleConnector{pool})
	sqldb.SetMaxIdleConns(0) // the pool keeps the connections
	// A newer binary may have added columns to what this one reads with a star.
	b := bun.NewDB(sqldb, pgdialect.New(), bun.WithDiscardUnknownColumns()).WithQueryHook(slowQueries{log})
	w := newWaker(pool)
	return &DB{Store: &Store{IDB: b, hot: pool, wake: w.wake}, pool: pool, bun: b, waker: w, passes: make(passes, maxPasses)}
}

func (d *DB) check(ctx context.Context) error {
	var version int
	if err := d.pool.QueryRow(ctx, `SELECT current_setting('server_version_num')::int`).Scan(&version); err != nil {
		return fmt.Errorf("reach the database: %w", err)
	}
	if version < 140000 {
		return fmt.Errorf("the database is Postgres %d; Livedesk needs 14 or later", version/10000)
	}
	return nil
}

// Pool returns the pgx pool, for what needs a connection of its own: the job queue and the listener.
func (d *DB) Pool() *pgxpool.Pool { return d.pool }

// Ping tells whether the database answers.
func (d *DB) Ping(ctx context.Context) error { return d.pool.Ping(ctx) }

// Close ends every connection.
func (d *DB) Close() {
	d.waker.close()
	d.bun.Close()
	d.pool.Close()
}
