package db

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/livedesk/livedesk/model"
)

const noAttachment = "There is no such attachment."

// Attachment returns one attachment of the account, or NOT_FOUND.
func (s *Store) Attachment(ctx context.Context, account int64, id model.ID) (*model.Attachment, error) {
	a := &model.Attachment{}
	err := s.NewSelect().Model(a).Where("account_id = ? AND id = ?", account, id).Scan(ctx)
	if err != nil {
		return nil, missing(err, noAttachment)
	}
	return a, nil
}

// AddAttachment stores an upload that has begun.
func (s *Store) AddAttachment(ctx context.Context, a *model.Attachment) error {
	if _, err := s.NewInsert().Model(a).Exec(ctx); err != nil {
		return fmt.Errorf("add attachment %s: %w", a.ID, err)
	}
	return nil
}

// ReadyUpload notes that the bytes of an upload are stored.
func (s *Store) ReadyUpload(ctx context.Context, a *model.Attachment) error {
	_, err := s.hot.Exec(ctx, `UPDATE attachments SET state = 'READY', content_type = $3, size = $4 WHERE account_id = $1 AND id = $2 AND message_id IS NULL`,
		a.AccountID, string(a.ID), a.ContentType, a.Size)
	if err != nil {
		return fmt.Errorf("finish upload %s: %w", a.ID, err)
	}
	return nil
}

// DropUpload deletes an upload that no message used.
func (s *Store) DropUpload(ctx context.Context, account int64, id model.ID) error {
	_, err := s.hot.Exec(ctx, `DELETE FROM attachments WHERE account_id = $1 AND id = $2 AND message_id IS NULL AND source_url IS NULL`, account, string(id))
	if err != nil {
		return fmt.Errorf("drop upload %s: %w", id, err)
	}
	return nil
}

// UseUploads puts the uploads into the message, in their order. It takes those only that the agent uploaded after the
// given time, that are READY and in no message, and returns how many that were.
func (s *Store) UseUploads(ctx context.Context, m *model.Message, ids []model.ID, since time.Time) (int, error) {
	tag, err := s.hot.Exec(ctx, `UPDATE attachments a SET conversation_id = $3, message_id = $4, position = u.place
		FROM unnest($5::uuid[]) WITH ORDINALITY AS u(id, place)
		WHERE a.account_id = $1 AND a.id = u.id AND a.agent_id = $2 AND a.state = 'READY' AND a.message_id IS NULL AND a.source_url IS NULL AND a.created_at > $6`,
		m.AccountID, string(m.AgentID), string(m.ConversationID), string(m.ID), texts(ids), since)
	if err != nil {
		return 0, fmt.Errorf("attach files to message %s: %w", m.ID, err)
	}
	return int(tag.RowsAffected()), nil
}

// KeepBlobKey writes down where the bytes of a PENDING attachment will lie, before they do, and returns where that is:
// what was written first stays. It returns "" when the attachment is no longer PENDING.
func (s *Store) KeepBlobKey(ctx context.Context, account int64, id model.ID, key string) (string, error) {
	rows, err := s.hot.Query(ctx, `UPDATE attachments SET blob_key = coalesce(blob_key, $3) WHERE account_id = $1 AND id = $2 AND state = 'PENDING' RETURNING blob_key`,
		account, string(id), key)
	if err != nil {
		return "", fmt.Errorf("keep the place of attachment %s: %w", id, err)
	}
	keys, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil || len(keys) == 0 {
		return "", err
	}
	return keys[0], nil
}

// SettleMedia stores what became of fetching a PENDING attachment, as READY or FAILED, and tells of its message. One
// that was settled before stays as it is: false. Of a blocked customer's nobody is told.
func (s *Store) SettleMedia(ctx context.Context, a *model.Attachment) (ours bool, err error) {
	err = s.hot.QueryRow(ctx, `WITH settled AS (
			UPDATE attachments SET state = $3, content_type = $4, file_name = $5, size = $6, failure = $7
			WHERE account_id = $1 AND id = $2 AND state = 'PENDING' RETURNING message_id),
		shown AS (
			UPDATE messages m SET version = m.version + 1 FROM settled s WHERE m.account_id = $1 AND m.id = s.message_id RETURNING m.*),
		told AS (
			INSERT INTO event_outbox (account_id, kind, channel_id, conversation_id, message_id, message_seq)
			SELECT account_id, 'MESSAGE_CHANGED', channel_id, conversation_id, id, seq FROM shown WHERE NOT blocked)
		SELECT count(*) > 0 FROM settled`,
		a.AccountID, string(a.ID), string(a.State), a.ContentType, a.FileName, a.Size, nullText(a.Failure)).Scan(&ours)
	if err != nil {
		return false, fmt.Errorf("settle attachment %s: %w", a.ID, err)
	}
	return ours, nil
}

// LateMedia returns customers' files that are still PENDING though their jobs must have given up by now.
func (s *Store) LateMedia(ctx context.Context, before time.Time, limit int64) ([]*model.Attachment, error) {
	var list []*model.Attachment
	err := s.NewSelect().Model(&list).Where("state = 'PENDING' AND message_id IS NOT NULL AND created_at < ?", before).Limit(limit).Scan(ctx)
	if err != nil {
		return nil, fmt.Errorf("look for late files: %w", err)
	}
	return list, nil
}

// UnusedUploads returns uploads that no message used since the given time, oldest first.
func (s *Store) UnusedUploads(ctx context.Context, before time.Time, limit int64) ([]*model.Attachment, error) {
	var list []*model.Attachment
	err := s.NewSelect().Model(&list).Where("message_id IS NULL AND created_at < ?", before).Order("created_at", "id").Limit(limit).Scan(ctx)
	if err != nil {
		return nil, fmt.Errorf("look for unused uploads: %w", err)
	}
	return list, nil
}
