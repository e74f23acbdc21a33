package db

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// Tx runs fn in one transaction and commits when it returns nil. A transaction that lost a race for locks
// (deadlock, serialization) is run again, up to three times, so fn must have no effect outside the database.
func (d *DB) Tx(ctx context.Context, fn func(*Store) error) error {
	for try := 1; ; try++ {
		err := d.once(ctx, fn)
		if try == 3 || !lostRace(err) {
			return refusal(err)
		}
	}
}

func (d *DB) once(ctx context.Context, fn func(*Store) error) error {
	conn, err := d.bun.Conn(ctx)
	if err != nil {
		return fmt.Errorf("take a connection: %w", err)
	}
	defer conn.Close()
	var raw *pgx.Conn
	// The raw connection is taken before the transaction begins: within Raw nothing else may use it.
	if err := conn.Raw(func(driverConn any) error {
		raw = driverConn.(*simpleConn).Conn.Conn()
		return nil
	}); err != nil {
		return fmt.Errorf("take a connection: %w", err)
	}
	tx, err := conn.BeginTx(ctx, &sql.TxOptions{})
	if err != nil {
		return fmt.Errorf("begin: %w", err)
	}
	defer func() {
		// After a commit this does nothing. A cancelled context must not keep the locks.
		if !raw.IsClosed() && raw.PgConn().TxStatus() != 'I' {
			end, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
			defer cancel()
			raw.Exec(end, "ROLLBACK")
		}
		tx.Rollback()
	}()
	var queues []string
	if err := fn(&Store{IDB: tx, hot: raw, wake: func(queue string) { queues = append(queues, queue) }}); err != nil {
		return err
	}
	if err := tx.Commit(); err != nil {
		return fmt.Errorf("commit: %w", err)
	}
	for _, queue := range queues {
		d.waker.wake(queue)
	}
	return nil
}

// Apart runs fn within the transaction so that its failure undoes what it did, and no more. A race that was lost is the
// whole transaction's.
func (s *Store) Apart(ctx context.Context, fn func() error) error {
	if _, err := s.hot.Exec(ctx, "SAVEPOINT apart"); err != nil {
		return fmt.Errorf("set a savepoint: %w", err)
	}
	failed := fn()
	end := "RELEASE apart"
	if failed != nil {
		end = "ROLLBACK TO apart"
	}
	if _, err := s.hot.Exec(ctx, end); err != nil {
		return errors.Join(failed, fmt.Errorf("end a savepoint: %w", err))
	}
	return failed
}

func lostRace(err error) bool {
	var pg *pgconn.PgError
	return errors.As(err, &pg) && (pg.Code == "40001" || pg.Code == "40P01")
}
