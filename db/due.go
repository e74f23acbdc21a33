package db

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
)

// WakeSnoozed opens up to limit conversations whose wake-up time has come, by the database's clock, and returns the
// accounts that have events to be told. A conversation keeps its owner unless they were disabled or left the channel.
func (s *Store) WakeSnoozed(ctx context.Context, now time.Time, limit int) ([]int64, error) {
	return s.accounts(ctx, "wake snoozed conversations", `WITH due AS MATERIALIZED (
			SELECT c.account_id, c.id, EXISTS (SELECT 1 FROM agents a WHERE a.account_id = c.account_id AND a.id = c.agent_id AND a.disabled_at IS NULL
				AND (a.role <> 'AGENT' OR EXISTS (SELECT 1 FROM channel_agents x WHERE x.account_id = c.account_id AND x.channel_id = c.channel_id AND x.agent_id = a.id))) AS keeps,
				coalesce(channel_places(c.account_id, c.channel_id), false) AS places
			FROM conversations c WHERE c.snoozed_until <= now() AND c.status = 'SNOOZED' ORDER BY c.account_id, c.id LIMIT $2 FOR NO KEY UPDATE OF c SKIP LOCKED),
		woken AS (
			UPDATE conversations c SET status = 'OPEN', snoozed_until = NULL, version = c.version + 1, ai_agent_id = NULL,
				agent_id = CASE WHEN d.keeps THEN c.agent_id END, epoch = c.epoch + CASE WHEN d.keeps OR c.agent_id IS NULL AND c.ai_agent_id IS NULL THEN 0 ELSE 1 END,
				former_agent_id = CASE WHEN d.keeps THEN c.former_agent_id ELSE coalesce(c.agent_id, c.former_agent_id) END,
				to_place = CASE WHEN d.places THEN 'HUMANS' END, target_kind = CASE WHEN d.places AND c.team_id IS NOT NULL THEN 'TEAM' END, target_id = CASE WHEN d.places THEN c.team_id END
			FROM due d WHERE c.account_id = d.account_id AND c.id = d.id RETURNING c.*),
		noted AS (
			INSERT INTO conversation_changes (account_id, conversation_id, version, at, reason, actor_system, status, agent_id, team_id)
			SELECT account_id, id, version, $1, 'SNOOZE_ENDED', 'clock', status, agent_id, team_id FROM woken)
		INSERT INTO event_outbox (account_id, kind, channel_id, conversation_id)
		SELECT account_id, 'CONVERSATION_CHANGED', channel_id, id FROM woken ORDER BY account_id, id RETURNING account_id`, now, limit)
}

// CloseResolved closes up to limit conversations whose survey has expired, or that were RESOLVED longer ago than after
// when there is none, and returns the accounts that have events to be told. Each part of the search is along an index.
func (s *Store) CloseResolved(ctx context.Context, after time.Duration, now time.Time, limit int) ([]int64, error) {
	return s.accounts(ctx, "close resolved conversations", `WITH due AS MATERIALIZED (
			SELECT c.account_id, c.id FROM conversations c WHERE c.status = 'RESOLVED' AND (c.closes_at <= now() AND c.closes_at > c.resolved_at
				OR c.resolved_at <= now() - $3::interval AND (c.closes_at IS NULL OR c.closes_at <= c.resolved_at))
			ORDER BY c.account_id, c.id LIMIT $2 FOR NO KEY UPDATE OF c SKIP LOCKED),
		closed AS (
			UPDATE conversations c SET status = 'CLOSED', closed_at = $1, closed_reason = 'EXPIRED', version = c.version + 1
			FROM due d WHERE c.account_id = d.account_id AND c.id = d.id RETURNING c.*),
		noted AS (
			INSERT INTO conversation_changes (account_id, conversation_id, version, at, reason, actor_system, status, agent_id, ai_agent_id, team_id)
			SELECT account_id, id, version, $1, 'EXPIRED', 'clock', status, agent_id, ai_agent_id, team_id FROM closed)
		INSERT INTO event_outbox (account_id, kind, channel_id, conversation_id)
		SELECT account_id, 'CONVERSATION_CHANGED', channel_id, id FROM closed ORDER BY account_id, id RETURNING account_id`, now, limit, after)
}

// accounts runs a statement that returns one account per row.
func (s *Store) accounts(ctx context.Context, what, query string, args ...any) ([]int64, error) {
	rows, err := s.hot.Query(ctx, query, args...)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", what, err)
	}
	list, err := pgx.CollectRows(rows, pgx.RowTo[int64])
	if err != nil {
		return nil, fmt.Errorf("%s: %w", what, err)
	}
	return list, nil
}
