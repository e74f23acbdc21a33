package db

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/livedesk/livedesk/model"
)

// The leases of presence. They are renewed often enough that one failed renewal changes nothing.
const (
	Lease       = 30 * time.Second
	LeaseRenew  = 10 * time.Second
	MaxSockets  = 10 // of one agent at a time, over all processes
	leaseLength = "30 seconds"
	leaseFresh  = "12 seconds" // since it was renewed; a process that misses that is taken for dead when sockets are counted
)

// Connect registers a socket of the agent in this process. It returns false when the agent has MaxSockets already, not
// counting those of processes that seem to have died, or the session has ended meanwhile.
func (s *Store) Connect(ctx context.Context, v *model.Viewer, socket, process model.ID) (ok bool, err error) {
	err = s.hot.QueryRow(ctx, `SELECT connect_agent($1, $2, $3, $4, $5, $6, $7::interval, $8::interval)`,
		v.Account, string(socket), string(v.Agent), string(v.Session), string(process), MaxSockets, leaseLength, leaseFresh).Scan(&ok)
	if err != nil {
		return false, fmt.Errorf("register a socket: %w", err)
	}
	return ok, nil
}

// Disconnect lets the socket's lease run out: after the grace the agent counts as gone. A socket whose session ended
// is gone at once.
func (s *Store) Disconnect(ctx context.Context, account int64, socket model.ID, atOnce bool) error {
	_, err := s.hot.Exec(ctx, `UPDATE connections SET closed = true, expires_at = CASE WHEN $3 THEN now() ELSE now() + $4::interval END
		WHERE account_id = $1 AND id = $2`, account, string(socket), atOnce, leaseLength)
	if err != nil {
		return fmt.Errorf("end a socket's lease: %w", err)
	}
	return nil
}

// Renewal is what came of renewing a process's leases.
type Renewal struct {
	Sockets []model.ID // whose leases run on; those of other sockets ended meanwhile
	Others  int        // how many other processes are alive
}

// RenewLeases renews this process and all its sockets in one statement, and counts their sessions as used.
func (s *Store) RenewLeases(ctx context.Context, process model.ID) (Renewal, error) {
	var r Renewal
	err := s.hot.QueryRow(ctx, `WITH me AS (
			INSERT INTO processes (id, expires_at) VALUES ($1, now() + $2::interval) ON CONFLICT (id) DO UPDATE SET expires_at = EXCLUDED.expires_at),
		mine AS (UPDATE connections SET expires_at = now() + $2::interval WHERE process_id = $1 AND NOT closed RETURNING id),
		used AS (UPDATE sessions s SET seen_at = now() FROM connections c WHERE c.process_id = $1 AND NOT c.closed
			AND s.account_id = c.account_id AND s.id = c.session_id AND s.seen_at < now() - interval '5 minutes')
		SELECT (SELECT coalesce(array_agg(id::text), '{}') FROM mine), (SELECT count(*) FROM processes WHERE expires_at > now() AND id <> $1)`,
		string(process), leaseLength).Scan(&r.Sockets, &r.Others)
	if err != nil {
		return r, fmt.Errorf("renew the leases: %w", err)
	}
	return r, nil
}

// EndProcess gives up the process's leases when it stops; its sockets get the usual grace.
func (s *Store) EndProcess(ctx context.Context, process model.ID) error {
	_, err := s.hot.Exec(ctx, `WITH gone AS (DELETE FROM processes WHERE id = $1)
		UPDATE connections SET closed = true, expires_at = now() + $2::interval WHERE process_id = $1 AND NOT closed`, string(process), leaseLength)
	if err != nil {
		return fmt.Errorf("end the process's leases: %w", err)
	}
	return nil
}

// EndLeases ends those that ran out, whoever held them, and returns the accounts with events to number.
func (s *Store) EndLeases(ctx context.Context) ([]int64, error) {
	rows, err := s.hot.Query(ctx, `SELECT end_leases()`)
	if err != nil {
		return nil, fmt.Errorf("end leases: %w", err)
	}
	return pgx.CollectRows(rows, pgx.RowTo[int64])
}
