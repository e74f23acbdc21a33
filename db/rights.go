package db

import (
	"context"
	"fmt"
	"time"

	"github.com/livedesk/livedesk/model"
)

// LockForRights takes the locks under which rights to channels change, in the order of all transactions: the channels,
// then the live conversations that the agents own there. While these are held no conversation begins on the channels,
// so that every conversation is either told of here or begins under the new rights.
func (s *Store) LockForRights(ctx context.Context, account int64, agents, channels []model.ID) error {
	_, err := s.hot.Exec(ctx, `SELECT 1 FROM channels WHERE account_id = $1 AND id = ANY ($2::uuid[]) ORDER BY id FOR UPDATE`, account, texts(channels))
	if err == nil {
		_, err = s.hot.Exec(ctx, `SELECT 1 FROM conversations WHERE account_id = $1 AND agent_id = ANY ($2::uuid[]) AND channel_id = ANY ($3::uuid[])
			AND status IN ('OPEN','AI_REPLYING','SNOOZED') ORDER BY id FOR UPDATE`, account, texts(agents), texts(channels))
	}
	if err != nil {
		return fmt.Errorf("lock for a change of rights: %w", err)
	}
	return nil
}

// TellRights tells that the agent's rights changed and then, to the agent alone, of each conversation on the channels
// that is not CLOSED: kind is CONVERSATION_ADDED or CONVERSATION_REMOVED.
func (s *Store) TellRights(ctx context.Context, account int64, agent model.ID, kind model.EventKind, channels []model.ID) error {
	if err := s.Tell(ctx, account, model.Event{Kind: model.RightsChanged, AgentID: agent}); err != nil {
		return err
	}
	_, err := s.hot.Exec(ctx, `INSERT INTO event_outbox (account_id, kind, channel_id, conversation_id, agent_id)
		SELECT account_id, $2, channel_id, id, $3 FROM conversations
		WHERE account_id = $1 AND channel_id = ANY ($4::uuid[]) AND status IN ('OPEN','AI_REPLYING','SNOOZED','RESOLVED') ORDER BY id`,
		account, string(kind), string(agent), texts(channels))
	if err != nil {
		return fmt.Errorf("tell agent %s of conversations: %w", agent, err)
	}
	return nil
}

// Release takes their live conversations away from agents.
type Release struct {
	Account  int64
	Agents   []model.ID
	Channels []model.ID // on these only; nil: on all
	Reason   model.Reason
	By       *model.Viewer
	At       time.Time
}

// LockOwned locks the live conversations of the agent, after channels and before agents.
func (s *Store) LockOwned(ctx context.Context, account int64, agent model.ID) error {
	_, err := s.hot.Exec(ctx, `SELECT 1 FROM conversations WHERE account_id = $1 AND agent_id = $2
		AND status IN ('OPEN','AI_REPLYING','SNOOZED') ORDER BY id FOR UPDATE`, account, string(agent))
	if err != nil {
		return fmt.Errorf("lock the conversations of agent %s: %w", agent, err)
	}
	return nil
}

// Release leaves the conversations without an owner, in the queue of their team if they have one, writes why into
// their history and tells of each. It returns how many there were.
func (s *Store) Release(ctx context.Context, r Release) (int64, error) {
	var channels any
	if r.Channels != nil {
		channels = texts(r.Channels)
	}
	tag, err := s.hot.Exec(ctx, `WITH held AS MATERIALIZED (
			SELECT id FROM conversations WHERE account_id = $1 AND agent_id = ANY ($2::uuid[]) AND ($3::uuid[] IS NULL OR channel_id = ANY ($3::uuid[]))
			AND status IN ('OPEN','AI_REPLYING','SNOOZED') ORDER BY id FOR UPDATE),
		freed AS (
			UPDATE conversations v SET agent_id = NULL, epoch = v.epoch + 1, version = v.version + 1 FROM held h
			WHERE v.account_id = $1 AND v.id = h.id RETURNING v.*),
		noted AS (
			INSERT INTO conversation_changes (account_id, conversation_id, version, at, reason, actor_agent_id, actor_system, status, agent_id, ai_agent_id, team_id)
			SELECT account_id, id, version, $4, $5, $6, $7, status, agent_id, ai_agent_id, team_id FROM freed)
		INSERT INTO event_outbox (account_id, kind, channel_id, conversation_id)
		SELECT account_id, 'CONVERSATION_CHANGED', channel_id, id FROM freed ORDER BY id`,
		r.Account, texts(r.Agents), channels, r.At, string(r.Reason), null(r.By.Agent), nullText(r.By.System))
	if err != nil {
		return 0, fmt.Errorf("release conversations: %w", err)
	}
	return tag.RowsAffected(), nil
}

func nullText(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}
