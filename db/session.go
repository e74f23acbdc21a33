package db

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/livedesk/livedesk/model"
)

// AddSession stores a new session.
func (s *Store) AddSession(ctx context.Context, n *model.Session) error {
	if _, err := s.NewInsert().Model(n).Exec(ctx); err != nil {
		return fmt.Errorf("add a session of agent %s: %w", n.AgentID, err)
	}
	return nil
}

// SessionByToken finds the session with the SHA-256 of its token, and its agent's present role. There is none, nil,
// when it ended, was idle too long, or its agent is disabled.
func (s *Store) SessionByToken(ctx context.Context, account int64, hash []byte, now time.Time) (*model.Session, model.Role, error) {
	n := &model.Session{AccountID: account, TokenHash: hash}
	var role model.Role
	err := s.hot.QueryRow(ctx, `SELECT s.id::text, s.agent_id::text, s.created_at, s.seen_at, s.expires_at, a.role
		FROM sessions s JOIN agents a ON a.account_id = s.account_id AND a.id = s.agent_id
		WHERE s.account_id = $1 AND s.token_hash = $2 AND s.expires_at > $3 AND s.seen_at > $4 AND a.disabled_at IS NULL`,
		account, hash, now, now.Add(-model.SessionIdle)).Scan(&n.ID, &n.AgentID, &n.CreatedAt, &n.SeenAt, &n.ExpiresAt, &role)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, "", nil
	}
	if err != nil {
		return nil, "", fmt.Errorf("read a session: %w", err)
	}
	return n, role, nil
}

// TouchSession notes that the session is in use.
func (s *Store) TouchSession(ctx context.Context, account int64, id model.ID, now time.Time) error {
	_, err := s.hot.Exec(ctx, `UPDATE sessions SET seen_at = $3 WHERE account_id = $1 AND id = $2 AND seen_at < $3`, account, string(id), now)
	if err != nil {
		return fmt.Errorf("touch session %s: %w", id, err)
	}
	return nil
}

// EndSession deletes one session. It is no error if it ended before.
func (s *Store) EndSession(ctx context.Context, account int64, id model.ID) error {
	if _, err := s.hot.Exec(ctx, `DELETE FROM sessions WHERE account_id = $1 AND id = $2`, account, string(id)); err != nil {
		return fmt.Errorf("end session %s: %w", id, err)
	}
	return nil
}

// EndSessions deletes every session of the agent and every link with which they could set a password.
func (s *Store) EndSessions(ctx context.Context, account int64, agent model.ID) (ended []model.ID, err error) {
	rows, err := s.hot.Query(ctx, `DELETE FROM sessions WHERE account_id = $1 AND agent_id = $2 RETURNING id::text`, account, string(agent))
	if err == nil {
		ended, err = pgx.CollectRows(rows, pgx.RowTo[model.ID])
	}
	if err == nil {
		_, err = s.hot.Exec(ctx, `DELETE FROM password_tokens WHERE account_id = $1 AND agent_id = $2`, account, string(agent))
	}
	if err != nil {
		return nil, fmt.Errorf("end the sessions of agent %s: %w", agent, err)
	}
	return ended, nil
}

// AttemptLimit is one of the counts that an attempt to sign in goes against: at most Max with the same Key.
type AttemptLimit struct {
	Key []byte // a SHA-256; at least 8 bytes
	Max int
}

// CountAttempt counts an attempt at the time against all of the limits, and tells whether it may go on. One that is
// over any of them is refused and counts against none, so that a flood leaves no more rows than the limits. It needs a
// transaction of its own: attempts with a key in common are counted one after another.
func (s *Store) CountAttempt(ctx context.Context, limits []AttemptLimit, now time.Time, window time.Duration) (bool, error) {
	// The look before the locks keeps a flood from queueing up behind them.
	if ok, err := s.below(ctx, limits, now.Add(-window)); !ok || err != nil {
		return false, err
	}
	for _, l := range limits {
		lock := int64(binary.BigEndian.Uint64(l.Key))
		if _, err := s.hot.Exec(ctx, `SELECT pg_advisory_xact_lock($1)`, lock); err != nil {
			return false, fmt.Errorf("wait for another attempt: %w", err)
		}
	}
	if ok, err := s.below(ctx, limits, now.Add(-window)); !ok || err != nil {
		return false, err
	}
	for _, l := range limits {
		if _, err := s.hot.Exec(ctx, `INSERT INTO sign_in_attempts (key, at) VALUES ($1, $2)`, l.Key, now); err != nil {
			return false, fmt.Errorf("count an attempt: %w", err)
		}
	}
	return true, nil
}

// TakeBackAttempt lets an attempt that CountAttempt counted at the time count no more. Each call takes back one, also
// of several at the same time.
func (s *Store) TakeBackAttempt(ctx context.Context, limits []AttemptLimit, at time.Time) error {
	for _, l := range limits {
		_, err := s.hot.Exec(ctx, `DELETE FROM sign_in_attempts WHERE ctid = ANY (ARRAY(
			SELECT ctid FROM sign_in_attempts WHERE key = $1 AND at = $2 LIMIT 1 FOR UPDATE SKIP LOCKED))`, l.Key, at)
		if err != nil {
			return fmt.Errorf("take back an attempt: %w", err)
		}
	}
	return nil
}

func (s *Store) below(ctx context.Context, limits []AttemptLimit, since time.Time) (bool, error) {
	for _, l := range limits {
		var n int
		if err := s.hot.QueryRow(ctx, `SELECT count(*) FROM sign_in_attempts WHERE key = $1 AND at > $2`, l.Key, since).Scan(&n); err != nil {
			return false, fmt.Errorf("read the attempts: %w", err)
		}
		if n >= l.Max {
			return false, nil
		}
	}
	return true, nil
}
