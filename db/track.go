package db

import (
	"context"
	"fmt"
	"time"

	"github.com/livedesk/livedesk/model"
)

// Track follows a provider's report about a message that went out on the channel, in one round trip, and tells of what
// it changed. It returns false when no message of the channel is meant. withRaw keeps the request.
func (s *Store) Track(ctx context.Context, account int64, channel model.ID, r model.StatusReport, withRaw bool, now time.Time) (bool, error) {
	var raw any
	if withRaw && r.Raw != nil {
		raw = r.Raw
	}
	var ours bool
	err := s.hot.QueryRow(ctx, `SELECT track_status($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)`, account, string(channel), null(r.MessageID), nullInt(int64(r.Attempt)),
		r.ExternalID, string(r.Status), nullText(r.ErrorCode), nullText(r.ErrorText), nullText(r.Advice), string(model.NewID(model.KindRequest)), raw, now).Scan(&ours)
	if err != nil {
		return false, fmt.Errorf("track message %s of the provider: %w", r.ExternalID, err)
	}
	return ours, nil
}

// KnowsExternal tells whether the provider's id belongs to a message of the channel already.
func (s *Store) KnowsExternal(ctx context.Context, account int64, channel model.ID, external string) (bool, error) {
	var known bool
	err := s.hot.QueryRow(ctx, `SELECT EXISTS (SELECT 1 FROM messages WHERE account_id = $1 AND channel_id = $2 AND external_id = $3)
		OR EXISTS (SELECT 1 FROM send_attempts WHERE account_id = $1 AND external_id = $3)`, account, string(channel), external).Scan(&known)
	if err != nil {
		return false, fmt.Errorf("look for message %s of the provider: %w", external, err)
	}
	return known, nil
}

// Advise changes what to do about a message that is still UNKNOWN, and tells of it.
func (s *Store) Advise(ctx context.Context, account int64, message model.ID, attempt int, advice string) error {
	_, err := s.hot.Exec(ctx, `WITH said AS (
			UPDATE messages SET advice = $4, version = version + 1 WHERE account_id = $1 AND id = $2 AND attempt = $3 AND status = 'UNKNOWN' RETURNING *)
		INSERT INTO event_outbox (account_id, kind, channel_id, conversation_id, message_id, message_seq)
		SELECT account_id, 'MESSAGE_CHANGED', channel_id, conversation_id, id, seq FROM said`, account, string(message), attempt, advice)
	if err != nil {
		return fmt.Errorf("advise on message %s: %w", message, err)
	}
	return nil
}

// Requeue makes a FAILED or UNKNOWN message that is locked wait for its next attempt, by hand. What is known of the one
// before stays with that attempt, so that its late reports are recognised as such.
func (s *Store) Requeue(ctx context.Context, m *model.Message, now time.Time) error {
	_, err := s.hot.Exec(ctx, `UPDATE send_attempts SET external_id = coalesce(external_id, $4), outcome = coalesce(outcome, 'AMBIGUOUS'), ended_at = coalesce(ended_at, $5)
		WHERE account_id = $1 AND message_id = $2 AND attempt = $3`, m.AccountID, string(m.ID), m.Attempt, nullText(m.ExternalID), now)
	if err == nil {
		_, err = s.hot.Exec(ctx, `INSERT INTO send_attempts (account_id, message_id, attempt, started_at, by_hand) VALUES ($1, $2, $3, $4, true)`,
			m.AccountID, string(m.ID), m.Attempt+1, now)
	}
	if err == nil {
		_, err = s.hot.Exec(ctx, `UPDATE messages SET status = 'QUEUED', attempt = attempt + 1, version = version + 1, external_id = NULL, error_code = NULL, error_text = NULL,
			advice = NULL, sent_at = NULL WHERE account_id = $1 AND id = $2`, m.AccountID, string(m.ID))
	}
	if err == nil {
		err = s.QueueSend(ctx, m.AccountID, m.ConversationID)
	}
	if err != nil {
		return fmt.Errorf("queue message %s again: %w", m.ID, err)
	}
	return s.Tell(ctx, m.AccountID, model.Event{Kind: model.MessageChanged, ChannelID: m.ChannelID, ConversationID: m.ConversationID, MessageID: m.ID, MessageSeq: m.Seq})
}
