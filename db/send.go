package db

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/livedesk/livedesk/model"
)

// Claim is a message that a sender has begun, under the lease of its conversation.
type Claim struct {
	Fence   int64    // names the lease
	Message model.ID // empty: nothing is left to send, and the lease is given back
	Attempt int
	Broken  bool // the message was begun by a sender that is gone: nobody knows whether it left
}

// ClaimSend takes the lease of the conversation (fence 0) or keeps it, and begins the oldest message that waits. It
// returns nil when another sender is at work, the lease was lost, or the conversation has to wait.
func (s *Store) ClaimSend(ctx context.Context, account int64, conversation model.ID, fence int64, lease time.Duration, now time.Time) (*Claim, error) {
	c := &Claim{}
	err := s.hot.QueryRow(ctx, `SELECT fence, coalesce(message_id::text, ''), coalesce(attempt, 0), broken FROM claim_send($1, $2, $3, $4, $5)`,
		account, string(conversation), nullInt(fence), lease, now).Scan(&c.Fence, &c.Message, &c.Attempt, &c.Broken)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("claim the next message of conversation %s: %w", conversation, err)
	}
	return c, nil
}

// ChannelIDOf returns the channel of the conversation, "" when there is no such conversation.
func (s *Store) ChannelIDOf(ctx context.Context, account int64, conversation model.ID) (id model.ID, err error) {
	err = s.hot.QueryRow(ctx, `SELECT channel_id::text FROM conversations WHERE account_id = $1 AND id = $2`, account, string(conversation)).Scan(&id)
	if err != nil && !errors.Is(err, pgx.ErrNoRows) {
		return "", fmt.Errorf("read the channel of conversation %s: %w", conversation, err)
	}
	return id, nil
}

// ReleaseSend gives the lease back before its time.
func (s *Store) ReleaseSend(ctx context.Context, account int64, conversation model.ID, fence int64) error {
	_, err := s.hot.Exec(ctx, `UPDATE send_leases SET expires_at = '-infinity' WHERE account_id = $1 AND conversation_id = $2 AND fence = $3`,
		account, string(conversation), fence)
	if err != nil {
		return fmt.Errorf("give back the lease of conversation %s: %w", conversation, err)
	}
	return nil
}

// HoldSend keeps the conversation from being sent for a while and wakes its sender then.
func (s *Store) HoldSend(ctx context.Context, account int64, conversation model.ID, wait time.Duration) error {
	if _, err := s.hot.Exec(ctx, `SELECT hold_send($1, $2, $3)`, account, string(conversation), wait); err != nil {
		return fmt.Errorf("hold conversation %s: %w", conversation, err)
	}
	return nil
}

// Parcel is all that is needed to send a message.
type Parcel struct {
	Message       model.Message
	LastInboundAt *time.Time
	Address       string             // where the contact is reached on this kind of channel; empty: nowhere
	ReplyTo       string             // the provider's id of the message that is answered
	Key           string             // of the channel's webhook URL
	Attachments   []model.Attachment // with id, type, name and size only
	FirstTry      time.Time          // when this series of tries began
	Tries         int                // how many it has, the present one among them
}

// Parcel reads a message with what it takes to send it.
func (s *Store) Parcel(ctx context.Context, account int64, message model.ID) (*Parcel, error) {
	p := &Parcel{}
	var files []byte
	err := s.hot.QueryRow(ctx, `SELECT `+messageColumns+`, c.last_inbound_at,
			coalesce((SELECT d.address FROM identities d WHERE d.account_id = $1 AND d.contact_id = c.contact_id AND d.kind = h.kind
				ORDER BY d.address NOT LIKE '+%', d.created_at DESC, d.address LIMIT 1), ''),
			coalesce((SELECT r.external_id FROM messages r WHERE r.account_id = $1 AND r.id = m.reply_to_id), ''),
			coalesce((SELECT k.key FROM webhook_keys k WHERE k.account_id = $1 AND k.channel_id = h.id AND k.expires_at IS NULL), ''),
			coalesce((SELECT json_agg(json_build_object('id', f.id, 'contentType', f.content_type, 'fileName', f.file_name, 'size', f.size) ORDER BY f.position)
				FROM attachments f WHERE f.account_id = $1 AND f.message_id = m.id), '[]'),
			t.began, t.tries
		FROM messages m JOIN conversations c ON c.account_id = m.account_id AND c.id = m.conversation_id
		JOIN channels h ON h.account_id = m.account_id AND h.id = m.channel_id
		CROSS JOIN LATERAL (SELECT coalesce(min(a.started_at), now()), count(*) FROM send_attempts a WHERE a.account_id = $1 AND a.message_id = m.id AND a.attempt >= (
			SELECT greatest(coalesce(max(b.attempt) FILTER (WHERE b.outcome <> 'NOT_SENT' AND b.attempt < m.attempt), 0) + 1, coalesce(max(b.attempt) FILTER (WHERE b.by_hand), 0))
			FROM send_attempts b WHERE b.account_id = $1 AND b.message_id = m.id)) AS t(began, tries)
		WHERE m.account_id = $1 AND m.id = $2`, account, string(message)).Scan(
		append(partsOf(&p.Message), &p.LastInboundAt, &p.Address, &p.ReplyTo, &p.Key, &files, &p.FirstTry, &p.Tries)...)
	if err != nil {
		return nil, missing(err, noMessage)
	}
	if err := json.Unmarshal(files, &p.Attachments); err != nil { // whose fields differ from the keys in the case of letters only
		return nil, fmt.Errorf("read the files of message %s: %w", message, err)
	}
	return p, nil
}

// Ended is how an attempt to send ended.
type Ended struct {
	Account    int64
	Message    model.ID
	Attempt    int
	Fence      int64
	Outcome    string               // SENT, NOT_SENT, REJECTED, AMBIGUOUS, CREDENTIALS
	Status     model.DeliveryStatus // where that leads; SENDING: another try after Hold
	ExternalID string
	Code       string
	Text       string
	Advice     string
	Hold       time.Duration // for SENDING
	At         time.Time
}

// FinishSend writes down how an attempt ended, and tells of what changed. It returns false when the outcome was decided
// before: by the provider's report, or by another sender after this one lost its lease.
func (s *Store) FinishSend(ctx context.Context, e Ended) (bool, error) {
	var hold *time.Duration
	if e.Status == model.Sending {
		hold = &e.Hold
	}
	var ours bool
	err := s.hot.QueryRow(ctx, `SELECT finish_send($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)`, e.Account, string(e.Message), e.Attempt, e.Fence, e.Outcome, string(e.Status),
		nullText(e.ExternalID), nullText(e.Code), nullText(e.Text), nullText(e.Advice), hold, e.At).Scan(&ours)
	if err != nil {
		return false, fmt.Errorf("finish attempt %d of message %s: %w", e.Attempt, e.Message, err)
	}
	return ours, nil
}

// FlagCredentials notes that the provider refuses the channel's credentials, and tells of it once. Nothing happens when
// they were replaced since they were read.
func (s *Store) FlagCredentials(ctx context.Context, c *model.Channel, at time.Time) (bool, error) {
	tag, err := s.hot.Exec(ctx, `WITH bad AS (
			UPDATE channels SET credentials_bad_at = $4 WHERE account_id = $1 AND id = $2 AND secret = $3 AND credentials_bad_at IS NULL RETURNING account_id, id)
		INSERT INTO event_outbox (account_id, kind, channel_id) SELECT account_id, 'CHANNEL_CHANGED', id FROM bad`, c.AccountID, string(c.ID), c.Sealed, at)
	if err != nil {
		return false, fmt.Errorf("flag the credentials of channel %s: %w", c.ID, err)
	}
	return tag.RowsAffected() > 0, nil
}

// SweepSends wakes the senders that should have worked and did not: their job was lost, or they died. It leaves out
// those at work, those that wait for their time, and channels that do not send.
func (s *Store) SweepSends(ctx context.Context) (int64, error) {
	tag, err := s.hot.Exec(ctx, `WITH stuck AS MATERIALIZED (
			SELECT DISTINCT m.account_id, m.conversation_id FROM messages m JOIN channels h ON h.account_id = m.account_id AND h.id = m.channel_id
			WHERE m.status IN ('QUEUED','SENDING') AND m.created_at < now() - interval '15 s'
			AND (h.removed_at IS NOT NULL OR NOT h.paused AND h.credentials_bad_at IS NULL)
			AND NOT EXISTS (SELECT 1 FROM send_leases l WHERE l.account_id = m.account_id AND l.conversation_id = m.conversation_id
				AND (l.expires_at > now() OR l.not_before > now() - interval '30 s'))
			ORDER BY 1, 2 LIMIT 1000)
		SELECT hold_send(account_id, conversation_id, interval '0') FROM stuck`)
	if err != nil {
		return 0, fmt.Errorf("look for messages that nobody sends: %w", err)
	}
	return tag.RowsAffected(), nil
}
