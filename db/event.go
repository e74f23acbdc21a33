package db

import (
	"context"
	"fmt"

	"github.com/livedesk/livedesk/model"
)

// Tell puts events into the outbox, from where they are numbered into the account's log once the transaction has
// committed. It is the last thing a transaction does, since it must come after the locks of what changed.
func (s *Store) Tell(ctx context.Context, account int64, events ...model.Event) error {
	for _, e := range events {
		_, err := s.hot.Exec(ctx, `INSERT INTO event_outbox (account_id, kind, channel_id, conversation_id, message_id, message_seq, agent_id, session_id)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`, account, string(e.Kind), null(e.ChannelID), null(e.ConversationID), null(e.MessageID), nullInt(e.MessageSeq), null(e.AgentID), null(e.SessionID))
		if err != nil {
			return fmt.Errorf("tell %s: %w", e.Kind, err)
		}
	}
	return nil
}

// null turns an absent id into SQL's null.
func null(id model.ID) *string {
	if id == "" {
		return nil
	}
	s := string(id)
	return &s
}

func nullInt(n int64) *int64 {
	if n == 0 {
		return nil
	}
	return &n
}
