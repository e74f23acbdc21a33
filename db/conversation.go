package db

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/livedesk/livedesk/model"
)

const noConversation = "There is no such conversation."

const conversationColumns = `c.account_id, c.id::text, c.channel_id::text, c.contact_id::text, c.status, c.priority,
	coalesce(c.agent_id::text, ''), coalesce(c.ai_agent_id::text, ''), coalesce(c.team_id::text, ''), coalesce(c.former_agent_id::text, ''),
	c.version, c.epoch, c.unread_count, c.opened_at, c.last_activity_at, c.waiting_since, c.snoozed_until, c.last_inbound_at,
	c.resolved_at, c.closed_at, coalesce(c.closed_reason, ''), c.last_seq`

// fieldsOf lists where conversationColumns are scanned to.
func fieldsOf(c *model.Conversation) []any {
	return []any{&c.AccountID, (*string)(&c.ID), (*string)(&c.ChannelID), (*string)(&c.ContactID), (*string)(&c.Status), (*string)(&c.Priority),
		(*string)(&c.AgentID), (*string)(&c.AiAgentID), (*string)(&c.TeamID), (*string)(&c.FormerAgentID),
		&c.Version, &c.Epoch, &c.UnreadCount, &c.OpenedAt, &c.LastActivityAt, &c.WaitingSince, &c.SnoozedUntil, &c.LastInboundAt,
		&c.ResolvedAt, &c.ClosedAt, (*string)(&c.ClosedReason), &c.LastSeq}
}

// LockConversation reads the conversation and keeps it from others until the end of the transaction. One that the
// viewer may not see gives NOT_FOUND.
func (s *Store) LockConversation(ctx context.Context, v *model.Viewer, id model.ID) (*model.Conversation, error) {
	v = asOfNow(v)
	c := &model.Conversation{}
	err := s.hot.QueryRow(ctx, `SELECT `+conversationColumns+` FROM conversations c WHERE c.account_id = $1 AND c.id = $2 AND `+inSight(v, "c.channel_id", "$3")+` FOR NO KEY UPDATE`,
		v.Account, string(id), eyes(v)).Scan(fieldsOf(c)...)
	if err != nil {
		return nil, missing(err, noConversation, "conversationId")
	}
	return c, nil
}

// Change says who changed a conversation and why, for its history.
type Change struct {
	By     *model.Viewer
	Reason model.Reason
	At     time.Time

	HandOver model.HandOverReason // of an AI Agent; only AddMessage stores it
}

// SaveConversation stores the next version of a conversation that is locked, writes the change into its history, and
// tells of it. The caller has counted the version up.
func (s *Store) SaveConversation(ctx context.Context, c *model.Conversation, ch Change) error {
	_, err := s.hot.Exec(ctx, `WITH saved AS (
			UPDATE conversations SET status = $3, priority = $4, agent_id = $5, ai_agent_id = $6, team_id = $7, former_agent_id = $8, version = $9, epoch = $10,
				waiting_since = $11, snoozed_until = $12, resolved_at = $13, closed_at = $14, closed_reason = $15
			WHERE account_id = $1 AND id = $2 RETURNING *),
		noted AS (
			INSERT INTO conversation_changes (account_id, conversation_id, version, at, reason, actor_agent_id, actor_system, status, agent_id, ai_agent_id, team_id)
			SELECT account_id, id, version, $16, $17, $18, $19, status, agent_id, ai_agent_id, team_id FROM saved)
		INSERT INTO event_outbox (account_id, kind, channel_id, conversation_id) SELECT account_id, 'CONVERSATION_CHANGED', channel_id, id FROM saved`,
		c.AccountID, string(c.ID), string(c.Status), string(c.Priority), null(c.AgentID), null(c.AiAgentID), null(c.TeamID), null(c.FormerAgentID), c.Version, c.Epoch,
		c.WaitingSince, c.SnoozedUntil, c.ResolvedAt, c.ClosedAt, nullText(string(c.ClosedReason)),
		ch.At, string(ch.Reason), null(ch.By.Agent), nullText(ch.By.System))
	if err != nil {
		return fmt.Errorf("save conversation %s: %w", c.ID, err)
	}
	return nil
}

// LiveConversation returns the id of the conversation of the contact on the channel that is not RESOLVED or CLOSED, or "".
func (s *Store) LiveConversation(ctx context.Context, account int64, channel, contact model.ID) (id model.ID, err error) {
	err = s.hot.QueryRow(ctx, `SELECT id::text FROM conversations WHERE account_id = $1 AND channel_id = $2 AND contact_id = $3
		AND status IN ('OPEN','AI_REPLYING','SNOOZED')`, account, string(channel), string(contact)).Scan(&id)
	if err != nil && !errors.Is(err, pgx.ErrNoRows) {
		return "", fmt.Errorf("look for an open conversation: %w", err)
	}
	return id, nil
}

// OwnedSince tells since when the present owner has the conversation.
func (s *Store) OwnedSince(ctx context.Context, c *model.Conversation) (time.Time, error) {
	var since *time.Time
	err := s.hot.QueryRow(ctx, `SELECT min(h.at) FROM conversation_changes h WHERE h.account_id = $1 AND h.conversation_id = $2 AND h.version > coalesce((
			SELECT max(o.version) FROM conversation_changes o WHERE o.account_id = $1 AND o.conversation_id = $2 AND o.agent_id IS DISTINCT FROM $3), 0)`,
		c.AccountID, string(c.ID), null(c.AgentID)).Scan(&since)
	if err != nil {
		return time.Time{}, fmt.Errorf("read since when conversation %s has its owner: %w", c.ID, err)
	}
	if since == nil {
		return c.OpenedAt, nil
	}
	return *since, nil
}

// SetRead stores how many messages are unread, and tells of it. Reading is no new version.
func (s *Store) SetRead(ctx context.Context, c *model.Conversation) error {
	_, err := s.hot.Exec(ctx, `WITH saved AS (UPDATE conversations SET unread_count = $3 WHERE account_id = $1 AND id = $2 RETURNING *)
		INSERT INTO event_outbox (account_id, kind, channel_id, conversation_id) SELECT account_id, 'CONVERSATION_CHANGED', channel_id, id FROM saved`,
		c.AccountID, string(c.ID), c.UnreadCount)
	if err != nil {
		return fmt.Errorf("mark conversation %s as read: %w", c.ID, err)
	}
	return nil
}

// CountAfter counts the customer's messages in the conversation that came after the message and are to be read: answers
// to surveys are not. NOT_FOUND if that is in
// another conversation.
func (s *Store) CountAfter(ctx context.Context, c *model.Conversation, message model.ID) (int, error) {
	var n int
	err := s.hot.QueryRow(ctx, `SELECT (SELECT count(*) FROM messages n WHERE n.account_id = $1 AND n.conversation_id = $2 AND n.seq > m.seq
			AND n.direction = 'INBOUND' AND NOT n.blocked AND (n.data ? 'survey') IS NOT TRUE)
		FROM messages m WHERE m.account_id = $1 AND m.conversation_id = $2 AND m.id = $3`, c.AccountID, string(c.ID), string(message)).Scan(&n)
	if err != nil {
		return 0, missing(err, "There is no such message in this conversation.", "upToMessageId")
	}
	return n, nil
}

// PutLabels adds and removes labels of a conversation that is locked, and tells whether that changed anything.
func (s *Store) PutLabels(ctx context.Context, c *model.Conversation, add, remove []model.ID) (bool, error) {
	added, err := s.hot.Exec(ctx, `INSERT INTO conversation_labels (account_id, conversation_id, label_id) SELECT $1, $2, l FROM unnest($3::uuid[]) l ON CONFLICT DO NOTHING`,
		c.AccountID, string(c.ID), texts(add))
	if err != nil {
		return false, fmt.Errorf("label conversation %s: %w", c.ID, err)
	}
	removed, err := s.hot.Exec(ctx, `DELETE FROM conversation_labels WHERE account_id = $1 AND conversation_id = $2 AND label_id = ANY ($3::uuid[])`,
		c.AccountID, string(c.ID), texts(remove))
	if err != nil {
		return false, fmt.Errorf("take labels off conversation %s: %w", c.ID, err)
	}
	return added.RowsAffected()+removed.RowsAffected() > 0, nil
}
