package db

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/livedesk/livedesk/model"
)

// PasswordToken is a link with which an agent sets their password, once. Only the SHA-256 of its token is stored.
type PasswordToken struct {
	Account   int64
	Hash      []byte
	Agent     model.ID
	Purpose   string // INVITATION, RESET
	ExpiresAt time.Time
}

// AddPasswordToken stores a link. Those made for the agent before stop working.
func (s *Store) AddPasswordToken(ctx context.Context, p PasswordToken) error {
	_, err := s.hot.Exec(ctx, `DELETE FROM password_tokens WHERE account_id = $1 AND agent_id = $2`, p.Account, string(p.Agent))
	if err == nil {
		_, err = s.hot.Exec(ctx, `INSERT INTO password_tokens (account_id, token_hash, agent_id, purpose, expires_at) VALUES ($1, $2, $3, $4, $5)`,
			p.Account, p.Hash, string(p.Agent), p.Purpose, p.ExpiresAt)
	}
	if err != nil {
		return fmt.Errorf("add a password link of agent %s: %w", p.Agent, err)
	}
	return nil
}

// PasswordTokenOf returns whose link it is, "" when it does not work (any more). The answer holds until somebody
// uses it.
func (s *Store) PasswordTokenOf(ctx context.Context, account int64, hash []byte, now time.Time) (model.ID, error) {
	return s.passwordToken(ctx, `SELECT agent_id::text FROM password_tokens WHERE account_id = $1 AND token_hash = $2 AND expires_at > $3`, account, hash, now)
}

// TakePasswordToken uses the link up and returns whose it was, "" when it does not work. Of several at once, one gets it.
func (s *Store) TakePasswordToken(ctx context.Context, account int64, hash []byte, now time.Time) (model.ID, error) {
	return s.passwordToken(ctx, `DELETE FROM password_tokens WHERE account_id = $1 AND token_hash = $2 AND expires_at > $3 RETURNING agent_id::text`, account, hash, now)
}

func (s *Store) passwordToken(ctx context.Context, query string, args ...any) (agent model.ID, err error) {
	err = s.hot.QueryRow(ctx, query, args...).Scan(&agent)
	if err != nil && !errors.Is(err, pgx.ErrNoRows) {
		return "", fmt.Errorf("read a password link: %w", err)
	}
	return agent, nil
}

// ForgetExpired deletes what ended by itself: sessions, attempts to sign in older than the window, password links,
// replaced webhook keys and replaced secrets.
func (s *Store) ForgetExpired(ctx context.Context, now time.Time, window time.Duration) error {
	for what, q := range map[string]struct {
		sql  string
		args []any
	}{
		"sessions":       {`DELETE FROM sessions WHERE expires_at <= $1 OR seen_at <= $2`, []any{now, now.Add(-model.SessionIdle)}},
		"attempts":       {`DELETE FROM sign_in_attempts WHERE at <= $1`, []any{now.Add(-window)}},
		"password links": {`DELETE FROM password_tokens WHERE expires_at <= $1`, []any{now}},
		"webhook keys":   {`DELETE FROM webhook_keys WHERE expires_at <= now()`, nil},
		"exports":        {`DELETE FROM report_exports WHERE expires_at <= $1`, []any{now}},
		"former secrets": {`UPDATE channels SET secret_before = NULL, secret_before_until = NULL WHERE secret_before_until <= $1`, []any{now}},
	} {
		if _, err := s.hot.Exec(ctx, q.sql, q.args...); err != nil {
			return fmt.Errorf("forget expired %s: %w", what, err)
		}
	}
	return nil
}
