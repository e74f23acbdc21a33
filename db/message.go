package db

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/livedesk/livedesk/model"
)

const noMessage = "There is no such message."

const messageColumns = `m.account_id, m.conversation_id::text, m.seq, m.id::text, m.channel_id::text, m.direction, m.kind, m.blocked, m.text, m.data,
	coalesce(m.agent_id::text, ''), coalesce(m.ai_agent_id::text, ''), coalesce(m.client_key, ''), coalesce(m.reply_to_id::text, ''), coalesce(m.external_id, ''),
	m.version, coalesce(m.status, ''), coalesce(m.error_code, ''), coalesce(m.error_text, ''), coalesce(m.advice, ''), m.attempt, m.sent_at, m.created_at`

// partsOf lists where messageColumns are scanned to.
func partsOf(m *model.Message) []any {
	return []any{&m.AccountID, (*string)(&m.ConversationID), &m.Seq, (*string)(&m.ID), (*string)(&m.ChannelID), (*string)(&m.Direction), (*string)(&m.Kind), &m.Blocked, &m.Text, &m.Data,
		(*string)(&m.AgentID), (*string)(&m.AiAgentID), &m.ClientKey, (*string)(&m.ReplyToID), &m.ExternalID,
		&m.Version, (*string)(&m.Status), &m.ErrorCode, &m.ErrorText, &m.Advice, &m.Attempt, &m.SentAt, &m.CreatedAt}
}

// Talk is what a reply has to know: the conversation, locked, and what it would go out on.
type Talk struct {
	Conversation *model.Conversation
	Kind         model.ChannelKind
	Provider     model.ProviderName
	Removed      bool           // the channel is gone for good
	Said         *model.Message // the message with the client key, if there is one
}

// LockTalk locks the conversation and looks for a message that was stored under the client key before.
func (s *Store) LockTalk(ctx context.Context, v *model.Viewer, id model.ID, clientKey string) (*Talk, error) {
	v = asOfNow(v)
	t := &Talk{Conversation: &model.Conversation{}}
	var said model.ID
	err := s.hot.QueryRow(ctx, `SELECT `+conversationColumns+`, h.kind, h.provider, h.removed_at IS NOT NULL, coalesce((
			SELECT m.id::text FROM messages m WHERE m.account_id = $1 AND m.conversation_id = $2 AND m.client_key = $4), '')
		FROM conversations c JOIN channels h ON h.account_id = c.account_id AND h.id = c.channel_id
		WHERE c.account_id = $1 AND c.id = $2 AND `+inSight(v, "c.channel_id", "$3")+` FOR NO KEY UPDATE OF c`,
		v.Account, string(id), eyes(v), clientKey).Scan(append(fieldsOf(t.Conversation), &t.Kind, &t.Provider, &t.Removed, &said)...)
	if err != nil {
		return nil, missing(err, noConversation, "conversationId")
	}
	if said != "" {
		t.Said, err = s.message(ctx, v.Account, said, "")
	}
	return t, err
}

// LockMessage reads a message of a conversation that the viewer may see, and keeps the conversation and the message
// from others.
func (s *Store) LockMessage(ctx context.Context, v *model.Viewer, id model.ID) (*Talk, error) {
	var conversation model.ID
	err := s.hot.QueryRow(ctx, `SELECT conversation_id::text FROM messages WHERE account_id = $1 AND id = $2`, v.Account, string(id)).Scan(&conversation)
	if err != nil {
		return nil, missing(err, noMessage, "messageId")
	}
	t, err := s.LockTalk(ctx, v, conversation, "")
	if model.CodeOf(err) == model.NotFound {
		return nil, model.Refuse(model.NotFound, noMessage, "messageId")
	}
	if err == nil {
		t.Said, err = s.message(ctx, v.Account, id, "FOR NO KEY UPDATE")
	}
	return t, err
}

func (s *Store) message(ctx context.Context, account int64, id model.ID, lock string) (*model.Message, error) {
	m := &model.Message{}
	err := s.hot.QueryRow(ctx, `SELECT `+messageColumns+` FROM messages m WHERE m.account_id = $1 AND m.id = $2 `+lock, account, string(id)).Scan(partsOf(m)...)
	if err != nil {
		return nil, missing(err, noMessage, "messageId")
	}
	return m, nil
}

// InConversation tells whether the message is one of the conversation's.
func (s *Store) InConversation(ctx context.Context, c *model.Conversation, message model.ID) (bool, error) {
	var in bool
	err := s.hot.QueryRow(ctx, `SELECT true FROM messages WHERE account_id = $1 AND conversation_id = $2 AND id = $3`,
		c.AccountID, string(c.ID), string(message)).Scan(&in)
	if err != nil && !errors.Is(err, pgx.ErrNoRows) {
		return false, fmt.Errorf("look for message %s: %w", message, err)
	}
	return in, nil
}

// Saying is a message that an agent, an AI Agent or the desk adds to a conversation that is locked.
type Saying struct {
	Message      *model.Message      // its Seq is the conversation's LastSeq
	Conversation *model.Conversation // as it is with the message
	Change       *Change             // when the message changed owner or status: the version is counted up
}

// AddMessage stores the message and what it changes, queues its sending if it is for the customer, and tells of it, in
// one statement. A client key that is in use violates messages_client_key.
func (s *Store) AddMessage(ctx context.Context, n Saying) error {
	m, c := n.Message, n.Conversation
	var reason, handOver *string
	var by model.Viewer
	var at time.Time
	if n.Change != nil {
		reason, by, at = nullText(string(n.Change.Reason)), *n.Change.By, n.Change.At
		handOver = nullText(string(n.Change.HandOver))
	}
	_, err := s.hot.Exec(ctx, addMessage,
		c.AccountID, string(c.ID), string(c.Status), null(c.AgentID), null(c.AiAgentID), null(c.TeamID), null(c.FormerAgentID), c.Version, c.Epoch,
		c.UnreadCount, c.LastActivityAt, c.WaitingSince, c.SnoozedUntil, c.ResolvedAt, c.ClosedAt, nullText(string(c.ClosedReason)), c.LastSeq,
		reason, at, null(by.Agent), nullText(by.System),
		string(m.ID), string(m.Direction), string(m.Kind), m.Text, m.Data, null(m.AgentID), nullText(m.ClientKey), null(m.ReplyToID), nullText(string(m.Status)), m.CreatedAt,
		null(m.AiAgentID), handOver)
	if err != nil {
		return fmt.Errorf("add message %s: %w", m.ID, err)
	}
	if m.Status == model.Queued {
		s.wake(SendQueue)
	}
	return nil
}

const addMessage = `WITH saved AS (
		UPDATE conversations SET status = $3, agent_id = $4, ai_agent_id = $5, team_id = $6, former_agent_id = $7, version = $8, epoch = $9,
			unread_count = $10, last_activity_at = $11, waiting_since = $12, snoozed_until = $13, resolved_at = $14, closed_at = $15, closed_reason = $16, last_seq = $17
		WHERE account_id = $1 AND id = $2 RETURNING *),
	noted AS (
		INSERT INTO conversation_changes (account_id, conversation_id, version, at, reason, actor_agent_id, actor_system, status, agent_id, ai_agent_id, team_id, hand_over)
		SELECT account_id, id, version, $19, $18, $20, $21, status, agent_id, ai_agent_id, team_id, $33 FROM saved WHERE $18::text IS NOT NULL),
	said AS (
		INSERT INTO messages (account_id, conversation_id, seq, id, channel_id, direction, kind, text, data, agent_id, ai_agent_id, client_key, reply_to_id, status, created_at)
		SELECT account_id, id, last_seq, $22, channel_id, $23, $24, $25, $26, $27, $32, $28, $29, $30, $31 FROM saved
		RETURNING account_id, id, conversation_id, channel_id, seq, status),
	sending AS (
		INSERT INTO river_job (args, kind, max_attempts, priority, queue, state)
		SELECT jsonb_build_object('account', account_id, 'conversation', conversation_id), 'send_messages', 25, 1, 'send', 'available' FROM said WHERE status = 'QUEUED')
	INSERT INTO event_outbox (account_id, kind, channel_id, conversation_id, message_id, message_seq)
	SELECT e.account_id, e.kind, e.channel_id, e.conversation_id, e.message_id, e.seq FROM (
		SELECT account_id, 'CONVERSATION_CHANGED' AS kind, channel_id, id AS conversation_id, NULL::uuid AS message_id, NULL::bigint AS seq, 0 AS place
		FROM saved WHERE $18::text IS NOT NULL
		UNION ALL
		SELECT account_id, 'MESSAGE_ADDED', channel_id, conversation_id, id, seq, 1 FROM said) e ORDER BY e.place`
