package db

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/livedesk/livedesk/model"
)

// Salutation is what the desk has to know to say something by itself in a conversation.
type Salutation struct {
	Conversation model.Conversation
	Heard        model.Heard // but for At, Begins and Calendar
	Hours        *model.Hours
	Sends        bool // messages may leave on the channel now
	Answered     bool // something was sent to the customer in this conversation
}

// Salutation reads it for a conversation that is locked.
func (s *Store) Salutation(ctx context.Context, account int64, conversation model.ID) (*Salutation, error) {
	k := &Salutation{}
	var greets bool
	var hours *string
	var lastAway *time.Time
	err := s.hot.QueryRow(ctx, `SELECT `+conversationColumns+`, h.greeting_enabled, h.greeting_text, h.hours::text,
			NOT h.paused AND h.credentials_bad_at IS NULL AND h.removed_at IS NULL,
			(SELECT m.created_at FROM messages m WHERE m.account_id = $1 AND m.conversation_id = $2 AND m.direction = 'OUTBOUND' AND m.agent_id IS NOT NULL ORDER BY m.seq DESC LIMIT 1),
			EXISTS (SELECT 1 FROM messages m WHERE m.account_id = $1 AND m.conversation_id = $2 AND m.direction = 'OUTBOUND'),
			(SELECT max(a.period) FROM automatic_messages a WHERE a.account_id = $1 AND a.conversation_id = $2 AND a.kind = 'UNAVAILABLE')
		FROM conversations c JOIN channels h ON h.account_id = c.account_id AND h.id = c.channel_id WHERE c.account_id = $1 AND c.id = $2`,
		account, string(conversation)).Scan(append(fieldsOf(&k.Conversation), &greets, &k.Heard.Greeting, &hours, &k.Sends, &k.Heard.AgentAt, &k.Answered, &lastAway)...)
	if err != nil {
		return nil, missing(err, noConversation)
	}
	if !greets {
		k.Heard.Greeting = ""
	}
	k.Heard.LastAwayAt = lastAway
	if hours == nil {
		return k, nil
	}
	k.Hours = &model.Hours{}
	if err := json.Unmarshal([]byte(*hours), k.Hours); err != nil {
		return nil, fmt.Errorf("read the hours of channel %s: %w", k.Conversation.ChannelID, err)
	}
	k.Heard.Away = k.Hours.UnavailableMessage
	return k, nil
}

// NoteAutoReply notes that the desk says something by itself, and is false when it was said before.
func (s *Store) NoteAutoReply(ctx context.Context, c *model.Conversation, r *model.AutoReply, message model.ID) (bool, error) {
	tag, err := s.hot.Exec(ctx, `INSERT INTO automatic_messages (account_id, conversation_id, kind, period, message_id) VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING`,
		c.AccountID, string(c.ID), string(r.Kind), r.Period, string(message))
	if err != nil {
		return false, fmt.Errorf("note what the desk says by itself in conversation %s: %w", c.ID, err)
	}
	return tag.RowsAffected() == 1, nil
}
