package db

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/livedesk/livedesk/model"
)

// ChannelAis returns the AI Agent of each of the channels; one without an AgentID for a channel that has none.
func (s *Store) ChannelAis(ctx context.Context, account int64, channels []model.ID) (map[model.ID]*model.ChannelAiAgent, error) {
	type row struct {
		kind, text *string
		since      *time.Time
		ai         model.ChannelAiAgent
	}
	stored, err := settings(ctx, s, "coalesce(t.ai_agent_id::text, ''), t.ai_started, t.ai_problem, t.ai_problem_text, t.ai_problem_since", account, channels,
		func(r *row) []any { return []any{(*string)(&r.ai.AgentID), &r.ai.Started, &r.kind, &r.text, &r.since} })
	found := make(map[model.ID]*model.ChannelAiAgent, len(stored))
	for channel, r := range stored {
		r.ai.ChannelID = channel
		if r.kind != nil && r.text != nil && r.since != nil {
			r.ai.Problem = &model.AiProblem{Kind: model.AiProblemKind(*r.kind), Text: *r.text, Since: *r.since}
		}
		found[channel] = &r.ai
	}
	return found, err
}

// LockAssign takes the lock under which conversations of the channel are placed: who is placed afterwards is placed by
// what the transaction changes.
func (s *Store) LockAssign(ctx context.Context, account int64, channel model.ID) error {
	if _, err := s.hot.Exec(ctx, `SELECT 1 FROM lock_channels($1, $2)`, account, texts([]model.ID{channel})); err != nil {
		return fmt.Errorf("lock who answers on channel %s: %w", channel, err)
	}
	return nil
}

// SaveChannelAi stores which AI Agent the channel has and whether it is started, for a channel that is locked. What one
// that is taken off still has there is handed over: see LockOrphans. Problems are those of one AI Agent.
func (s *Store) SaveChannelAi(ctx context.Context, account int64, before, is *model.ChannelAiAgent) error {
	batch := &pgx.Batch{}
	batch.Queue(`UPDATE channels SET ai_agent_id = $3, ai_started = $4, ai_changed_at = now(), ai_problem = CASE WHEN ai_agent_id = $3 THEN ai_problem END,
		ai_problem_text = CASE WHEN ai_agent_id = $3 THEN ai_problem_text END, ai_problem_since = CASE WHEN ai_agent_id = $3 THEN ai_problem_since END
		WHERE account_id = $1 AND id = $2`, account, string(is.ChannelID), null(is.AgentID), is.Started)
	if before.AgentID != "" && before.AgentID != is.AgentID {
		reason := model.HandOverReplaced
		if is.AgentID == "" {
			reason = model.HandOverStopped
		}
		batch.Queue(`INSERT INTO ai_endings (account_id, channel_id, ai_agent_id, reason, at) VALUES ($1, $2, $3, $4, now()) ON CONFLICT DO NOTHING`,
			account, string(is.ChannelID), string(before.AgentID), string(reason))
	}
	batch.Queue(`DELETE FROM ai_endings WHERE account_id = $1 AND channel_id = $2 AND ai_agent_id = $3`, account, string(is.ChannelID), null(is.AgentID))
	if err := s.hot.SendBatch(ctx, batch).Close(); err != nil {
		return fmt.Errorf("save the AI Agent of channel %s: %w", is.ChannelID, err)
	}
	return nil
}

// NoteAiChange notes that something else than its setting changed who of the AI Agents may answer on the channel.
func (s *Store) NoteAiChange(ctx context.Context, account int64, channel model.ID) error {
	return s.saveSetting(ctx, `ai_changed_at = now()`, account, string(channel))
}

// NoteAiProblem stores what keeps the channel's AI Agent from answering, and tells of it if it is of another kind than the
// one that was known: a problem lasts since it was first seen. Of an AI Agent that is not the channel's nothing is stored.
func (s *Store) NoteAiProblem(ctx context.Context, account int64, channel, ai model.ID, kind model.AiProblemKind, text string) (told bool, err error) {
	return s.tellProblem(ctx, `UPDATE channels SET ai_problem = $4, ai_problem_text = $5, ai_problem_since = now()
		WHERE account_id = $1 AND id = $2 AND ai_agent_id = $3 AND ai_problem IS DISTINCT FROM $4`, account, string(channel), string(ai), string(kind), text)
}

// ClearAiProblem forgets the problem of the channel's AI Agent, since it answered, and tells of it if there was one.
func (s *Store) ClearAiProblem(ctx context.Context, account int64, channel, ai model.ID) (told bool, err error) {
	return s.tellProblem(ctx, noProblem+` AND id = $2 AND ai_agent_id = $3`, account, string(channel), string(ai))
}

// ClearAiProblems is ClearAiProblem on every channel of the AI Agent.
func (s *Store) ClearAiProblems(ctx context.Context, account int64, ai model.ID) (told bool, err error) {
	return s.tellProblem(ctx, noProblem+` AND ai_agent_id = $2`, account, string(ai))
}

const noProblem = `UPDATE channels SET ai_problem = NULL, ai_problem_text = NULL, ai_problem_since = NULL WHERE account_id = $1 AND ai_problem IS NOT NULL`

func (s *Store) tellProblem(ctx context.Context, update string, args ...any) (bool, error) {
	tag, err := s.hot.Exec(ctx, `WITH changed AS (`+update+` RETURNING account_id, id)
		INSERT INTO event_outbox (account_id, kind, channel_id) SELECT account_id, 'CHANNEL_CHANGED', id FROM changed ORDER BY id`, args...)
	if err != nil {
		return false, fmt.Errorf("note a problem of an AI Agent: %w", err)
	}
	return tag.RowsAffected() > 0, nil
}

// AiPost is whether an AI Agent may answer on a channel.
type AiPost struct {
	Name    string
	Answers bool // it is not disabled, and the channel is neither paused nor removed
	Channel bool // it is the channel's own
	Started bool
	Leaving bool // it was taken off the channel, and has still conversations there
}

// AiPost reads it for a conversation that is locked, or NOT_FOUND for an AI Agent that the account does not have.
func (s *Store) AiPost(ctx context.Context, c *model.Conversation, ai model.ID) (*AiPost, error) {
	p := &AiPost{}
	err := s.hot.QueryRow(ctx, `SELECT a.name, a.disabled_at IS NULL AND NOT h.paused AND h.removed_at IS NULL, h.ai_agent_id IS NOT DISTINCT FROM a.id, h.ai_started,
			EXISTS (SELECT 1 FROM ai_endings e WHERE e.account_id = $1 AND e.channel_id = $3 AND e.ai_agent_id = $2)
		FROM ai_agents a JOIN channels h ON h.account_id = a.account_id AND h.id = $3 WHERE a.account_id = $1 AND a.id = $2 AND a.deleted_at IS NULL`,
		c.AccountID, string(ai), string(c.ChannelID)).Scan(&p.Name, &p.Answers, &p.Channel, &p.Started, &p.Leaving)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, model.Refuse(model.NotFound, noAiAgent)
	}
	if err != nil {
		return nil, fmt.Errorf("read where AI Agent %s answers: %w", ai, err)
	}
	return p, nil
}
