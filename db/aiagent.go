package db

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"github.com/livedesk/livedesk/model"
)

const noAiAgent = "There is no such AI Agent."

const aiAgentColumns = `t.account_id, t.id::text, t.name, t.instructions, t.model, t.base_url, t.secret_hint, t.key_header, t.temperature, t.max_tokens, t.timeout_seconds,
	t.max_turns, t.hand_over_topics, t.closing_text, t.version, t.created_at, t.updated_at, t.disabled_at, t.deleted_at`

func aiAgentFields(a *model.AiAgent) []any {
	return []any{&a.AccountID, (*string)(&a.ID), &a.Name, &a.Instructions, &a.Model, &a.BaseURL, &a.KeyHint, (*string)(&a.KeyHeader), &a.Temperature, &a.MaxTokens, &a.TimeoutSeconds,
		&a.MaxTurns, &a.HandOverTopics, &a.ClosingText, &a.Version, &a.CreatedAt, &a.UpdatedAt, &a.DisabledAt, &a.DeletedAt}
}

// AiAgentPage returns a page of the account's AI Agents that were not deleted, by name, without their keys.
func (s *Store) AiAgentPage(ctx context.Context, account int64, p model.Page) (*model.Slice[*model.AiAgent], error) {
	return named(ctx, s, "SELECT "+aiAgentColumns+" FROM ai_agents t WHERE t.account_id = $1 AND t.deleted_at IS NULL", []any{account}, p, aiAgentFields,
		func(a *model.AiAgent) key { return nameKey(a.Name, a.ID) })
}

// AiAgentsByID returns those of the AI Agents that the account has or had, without their keys.
func (s *Store) AiAgentsByID(ctx context.Context, account int64, ids []model.ID) (map[model.ID]*model.AiAgent, error) {
	rows, err := rowsOf(ctx, s, "SELECT "+aiAgentColumns+" FROM ai_agents t WHERE t.account_id = $1 AND t.id = ANY ($2::uuid[])", []any{account, texts(ids)}, aiAgentFields)
	return keyed(rows, err, func(a *model.AiAgent) model.ID { return a.ID })
}

// AiAgent returns one AI Agent of the account with its sealed key, or NOT_FOUND when there is none or it was deleted.
func (s *Store) AiAgent(ctx context.Context, account int64, id model.ID) (*model.AiAgent, error) {
	return s.aiAgent(ctx, account, id, "")
}

// LockAiAgent is AiAgent for a transaction that will change it.
func (s *Store) LockAiAgent(ctx context.Context, account int64, id model.ID) (*model.AiAgent, error) {
	return s.aiAgent(ctx, account, id, " FOR NO KEY UPDATE")
}

// HoldAiAgent is AiAgent for a transaction that relies on its staying as it is.
func (s *Store) HoldAiAgent(ctx context.Context, account int64, id model.ID) (*model.AiAgent, error) {
	return s.aiAgent(ctx, account, id, " FOR SHARE")
}

func (s *Store) aiAgent(ctx context.Context, account int64, id model.ID, lock string) (*model.AiAgent, error) {
	a := &model.AiAgent{}
	err := s.hot.QueryRow(ctx, "SELECT "+aiAgentColumns+", coalesce(t.secret, '') FROM ai_agents t WHERE t.account_id = $1 AND t.id = $2 AND t.deleted_at IS NULL"+lock,
		account, string(id)).Scan(append(aiAgentFields(a), &a.Sealed)...)
	if err != nil {
		return nil, missing(err, noAiAgent)
	}
	return a, nil
}

// SaveAiAgent stores a new AI Agent, or all that may change about one. A name that is in use gives TAKEN.
func (s *Store) SaveAiAgent(ctx context.Context, a *model.AiAgent) error {
	_, err := s.hot.Exec(ctx, `INSERT INTO ai_agents (account_id, id, name, instructions, model, base_url, secret, secret_hint, key_header, temperature, max_tokens, timeout_seconds,
			max_turns, hand_over_topics, closing_text, version, created_at, updated_at, disabled_at, deleted_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14::text[], $15, $16, $17, now(), $18, $19)
		ON CONFLICT (account_id, id) DO UPDATE SET name = excluded.name, instructions = excluded.instructions, model = excluded.model, base_url = excluded.base_url,
			secret = excluded.secret, secret_hint = excluded.secret_hint, key_header = excluded.key_header, temperature = excluded.temperature, max_tokens = excluded.max_tokens,
			timeout_seconds = excluded.timeout_seconds, max_turns = excluded.max_turns, hand_over_topics = excluded.hand_over_topics, closing_text = excluded.closing_text,
			version = excluded.version, updated_at = excluded.updated_at, disabled_at = excluded.disabled_at, deleted_at = excluded.deleted_at`,
		a.AccountID, string(a.ID), a.Name, a.Instructions, a.Model, a.BaseURL, nullText(a.Sealed), a.KeyHint, string(a.KeyHeader), a.Temperature, a.MaxTokens, a.TimeoutSeconds,
		a.MaxTurns, a.HandOverTopics, a.ClosingText, a.Version, a.CreatedAt, a.DisabledAt, a.DeletedAt)
	if err != nil {
		return fmt.Errorf("save AI Agent %s: %w", a.ID, err)
	}
	return nil
}

// LockAiChannels returns the channels, but for removed ones, on which the AI Agent is, or whose rules name it, and keeps
// their settings from others.
func (s *Store) LockAiChannels(ctx context.Context, account int64, ai model.ID) (on, named []model.ID, err error) {
	rows, err := s.hot.Query(ctx, `SELECT h.id::text, h.ai_agent_id IS NOT DISTINCT FROM $2 FROM channels h WHERE h.account_id = $1 AND h.removed_at IS NULL
		AND (h.ai_agent_id = $2 OR EXISTS (SELECT 1 FROM rules r WHERE r.account_id = $1 AND r.channel_id = h.id AND r.action #>> '{assignTo,aiAgentId}' = $2::text))
		ORDER BY h.id FOR NO KEY UPDATE OF h`, account, string(ai))
	var id string
	var is bool
	if err == nil {
		_, err = pgx.ForEachRow(rows, []any{&id, &is}, func() error {
			if is {
				on = append(on, model.ID(id))
			} else {
				named = append(named, model.ID(id))
			}
			return nil
		})
	}
	if err != nil {
		return nil, nil, fmt.Errorf("look where AI Agent %s is: %w", ai, err)
	}
	return on, named, nil
}

// AiChannels returns the channels that each of the AI Agents is on, by name, removed ones left out.
func (s *Store) AiChannels(ctx context.Context, account int64, ais []model.ID) (map[model.ID][]*model.Channel, error) {
	rows, err := rowsOf(ctx, s, `SELECT t.ai_agent_id::text, `+channelColumns+` FROM channels t
		WHERE t.account_id = $1 AND t.ai_agent_id = ANY ($2::uuid[]) AND t.removed_at IS NULL ORDER BY lower(t.name), t.id`, []any{account, texts(ais)},
		func(w *within[model.Channel]) []any {
			return append([]any{(*string)(&w.group)}, channelFields(&w.one)...)
		})
	if err != nil {
		return nil, fmt.Errorf("read the channels of AI Agents: %w", err)
	}
	return byGroup(rows), nil
}

// LockStaleAiKeys returns up to n AI Agents, of all accounts, whose key is sealed under another key than the one named.
func (s *Store) LockStaleAiKeys(ctx context.Context, key string, n int) ([]*model.AiAgent, error) {
	rows, err := rowsOf(ctx, s, `SELECT t.account_id, t.id::text, t.secret FROM ai_agents t WHERE t.secret NOT LIKE $1 ORDER BY t.account_id, t.id LIMIT $2 FOR NO KEY UPDATE`,
		[]any{"k" + key + ":%", n}, func(a *model.AiAgent) []any { return []any{&a.AccountID, (*string)(&a.ID), &a.Sealed} })
	if err != nil {
		return nil, fmt.Errorf("read keys of AI Agents under former keys: %w", err)
	}
	return rows, nil
}

// SaveAiKey stores the sealed key alone.
func (s *Store) SaveAiKey(ctx context.Context, a *model.AiAgent) error {
	if _, err := s.hot.Exec(ctx, `UPDATE ai_agents SET secret = $3 WHERE account_id = $1 AND id = $2`, a.AccountID, string(a.ID), a.Sealed); err != nil {
		return fmt.Errorf("save the key of AI Agent %s: %w", a.ID, err)
	}
	return nil
}
