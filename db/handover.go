package db

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/jackc/pgx/v5"

	"github.com/livedesk/livedesk/model"
)

// Leaving is what a hand-over has to know besides the conversation.
type Leaving struct {
	Name    string // of the AI Agent
	Closing string // what it tells the customer; empty: the default text
	Kind    model.ChannelKind
	Sends   bool        // messages may leave on the channel now, and the customer is not blocked
	Heard   model.Heard // but for At
}

// Leaving reads it for a conversation that is locked and that an AI Agent has.
func (s *Store) Leaving(ctx context.Context, c *model.Conversation) (*Leaving, error) {
	l := &Leaving{}
	var hours *string
	err := s.hot.QueryRow(ctx, `SELECT a.name, a.closing_text, h.kind, NOT h.paused AND h.credentials_bad_at IS NULL AND h.removed_at IS NULL AND p.blocked_at IS NULL, h.hours::text,
			(SELECT m.created_at FROM messages m WHERE m.account_id = $1 AND m.conversation_id = $2 AND m.direction = 'OUTBOUND' AND m.agent_id IS NOT NULL ORDER BY m.seq DESC LIMIT 1),
			(SELECT max(o.period) FROM automatic_messages o WHERE o.account_id = $1 AND o.conversation_id = $2 AND o.kind = 'UNAVAILABLE')
		FROM ai_agents a, channels h, contacts p WHERE a.account_id = $1 AND a.id = $3 AND h.account_id = $1 AND h.id = $4 AND p.account_id = $1 AND p.id = $5`,
		c.AccountID, string(c.ID), string(c.AiAgentID), string(c.ChannelID), string(c.ContactID)).Scan(&l.Name, &l.Closing, (*string)(&l.Kind), &l.Sends, &hours, &l.Heard.AgentAt, &l.Heard.LastAwayAt)
	if err != nil {
		return nil, fmt.Errorf("read what to say at the hand-over of conversation %s: %w", c.ID, err)
	}
	if hours == nil {
		return l, nil
	}
	// Hours that cannot be read are taken for none: the conversation is handed over all the same.
	read := &model.Hours{}
	if json.Unmarshal([]byte(*hours), read) == nil {
		l.Heard.Away = read.UnavailableMessage
		l.Heard.Calendar, _ = model.NewCalendar(read)
	}
	return l, nil
}

// Orphan is a conversation whose AI Agent may no longer answer where it is.
type Orphan struct {
	Conversation *model.Conversation
	Reason       model.HandOverReason
}

// orphans selects such conversations, each at most once per cause, up to $1 of each. It goes from the few settings that may
// be the cause to the conversations along an index. The orders, and BETWEEN for =, keep the planner from reading all that
// AI Agents answer, where one of them answers most of it: this is asked every few seconds.
const orphans = `(SELECT c.account_id, c.id, CASE WHEN h.paused OR h.removed_at IS NOT NULL THEN 'CHANNEL_PAUSED' ELSE 'STOPPED' END AS reason,
			coalesce(h.ai_changed_at, h.created_at) AS since
			FROM channels h CROSS JOIN LATERAL (SELECT v.account_id, v.id FROM conversations v WHERE v.account_id = h.account_id AND v.channel_id = h.id AND v.status = 'AI_REPLYING'
				AND (h.paused OR h.removed_at IS NOT NULL OR v.ai_agent_id = h.ai_agent_id) ORDER BY v.last_activity_at DESC, v.id DESC LIMIT $1) c
			WHERE h.paused OR h.removed_at IS NOT NULL OR (h.ai_agent_id IS NOT NULL AND NOT h.ai_started) LIMIT $1)
		UNION ALL (SELECT c.account_id, c.id, CASE WHEN a.deleted_at IS NOT NULL THEN 'DELETED' ELSE 'DISABLED' END, a.updated_at
			FROM ai_agents a CROSS JOIN LATERAL (SELECT v.account_id, v.id FROM conversations v WHERE v.account_id = a.account_id AND v.ai_agent_id BETWEEN a.id AND a.id AND v.status = 'AI_REPLYING' LIMIT $1) c
			WHERE a.disabled_at IS NOT NULL OR a.deleted_at IS NOT NULL LIMIT $1)
		UNION ALL (SELECT c.account_id, c.id, e.reason, e.at
			FROM ai_endings e CROSS JOIN LATERAL (SELECT v.account_id, v.id FROM conversations v WHERE v.account_id = e.account_id AND v.channel_id = e.channel_id AND v.status = 'AI_REPLYING'
				AND v.ai_agent_id = e.ai_agent_id ORDER BY v.last_activity_at DESC, v.id DESC LIMIT $1) c LIMIT $1)`

// LockOrphans returns up to limit conversations whose AI Agent may no longer answer there, of all accounts, and keeps them
// from others. Those that somebody else holds are left out.
func (s *Store) LockOrphans(ctx context.Context, limit int) ([]Orphan, error) {
	rows, err := s.hot.Query(ctx, `WITH found AS MATERIALIZED (SELECT o.account_id, o.id, min(o.reason) AS reason FROM (`+orphans+`) o GROUP BY 1, 2 ORDER BY 1, 2 LIMIT $1)
		SELECT `+conversationColumns+`, f.reason FROM found f JOIN conversations c ON c.account_id = f.account_id AND c.id = f.id
		WHERE c.status = 'AI_REPLYING' ORDER BY c.account_id, c.id FOR NO KEY UPDATE OF c SKIP LOCKED`, limit)
	if err != nil {
		return nil, fmt.Errorf("look for conversations that lost their AI Agent: %w", err)
	}
	list, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (Orphan, error) {
		o := Orphan{Conversation: &model.Conversation{}}
		return o, row.Scan(append(fieldsOf(o.Conversation), (*string)(&o.Reason))...)
	})
	if err != nil {
		return nil, fmt.Errorf("look for conversations that lost their AI Agent: %w", err)
	}
	return list, nil
}

// HasOrphans tells whether LockOrphans may find something.
func (s *Store) HasOrphans(ctx context.Context) (has bool, err error) {
	if err = s.hot.QueryRow(ctx, `SELECT EXISTS (SELECT 1 FROM (`+orphans+`) o)`, 1).Scan(&has); err != nil {
		return false, fmt.Errorf("look for conversations that lost their AI Agent: %w", err)
	}
	return has, nil
}

// EndEndings forgets which AI Agents were taken off channels where they have nothing left.
func (s *Store) EndEndings(ctx context.Context) error {
	_, err := s.hot.Exec(ctx, `DELETE FROM ai_endings e WHERE NOT EXISTS (SELECT 1 FROM conversations c
		WHERE c.account_id = e.account_id AND c.ai_agent_id = e.ai_agent_id AND c.channel_id = e.channel_id AND c.status = 'AI_REPLYING')`)
	if err != nil {
		return fmt.Errorf("forget AI Agents that were taken off channels: %w", err)
	}
	return nil
}
