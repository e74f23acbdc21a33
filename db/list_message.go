package db

import (
	"context"
	"fmt"

	"github.com/livedesk/livedesk/model"
)

const messageOrder = "m"

// MessagesOf returns a page of each of the conversations, oldest first.
func (s *Store) MessagesOf(ctx context.Context, account int64, conversations []model.ID, p model.Page) (map[model.ID]*model.Slice[*model.Message], error) {
	w, err := newWindow(p, messageOrder)
	if err != nil {
		return nil, err
	}
	q := &query{args: []any{account, texts(conversations)}}
	q.add("SELECT ", messageColumns, ` FROM unnest($2::uuid[]) k(id) CROSS JOIN LATERAL (
		SELECT n.* FROM messages n WHERE n.account_id = $1 AND n.conversation_id = k.id`)
	q.bounds(w, []string{"n.seq"}, false, func(k key) string { return q.arg(k.number) })
	q.add(w.order([]string{"n.seq"}, false), " LIMIT ", w.limit(), ") m", w.order([]string{"m.seq"}, false))
	rows, err := listed(ctx, s, q, partsOf)
	if err != nil {
		return nil, fmt.Errorf("list messages: %w", err)
	}
	return slicesOf(w, conversations, rows, func(m *model.Message) model.ID { return m.ConversationID },
		func(m *model.Message) key { return key{segment: messageOrder[0], number: m.Seq} }), nil
}

// SeeMessages returns those of the messages that the viewer may see.
func (s *Store) SeeMessages(ctx context.Context, v *model.Viewer, ids []model.ID) (map[model.ID]*model.Message, error) {
	rows, err := rowsOf(ctx, s, `SELECT `+messageColumns+` FROM messages m JOIN conversations c ON c.account_id = m.account_id AND c.id = m.conversation_id
		WHERE m.account_id = $1 AND m.id = ANY ($2::uuid[]) AND `+inSight(v, "c.channel_id", "$3"), []any{v.Account, texts(ids), eyes(v)}, partsOf)
	return keyed(rows, err, func(m *model.Message) model.ID { return m.ID })
}

// MessagesByID returns those of the messages that the account has.
func (s *Store) MessagesByID(ctx context.Context, account int64, ids []model.ID) (map[model.ID]*model.Message, error) {
	rows, err := rowsOf(ctx, s, `SELECT `+messageColumns+` FROM messages m WHERE m.account_id = $1 AND m.id = ANY ($2::uuid[])`,
		[]any{account, texts(ids)}, partsOf)
	return keyed(rows, err, func(m *model.Message) model.ID { return m.ID })
}

// LastMessages returns the newest message of each of the conversations that has one, by the conversation's id.
func (s *Store) LastMessages(ctx context.Context, account int64, conversations []model.ID) (map[model.ID]*model.Message, error) {
	rows, err := rowsOf(ctx, s, `SELECT `+messageColumns+` FROM conversations c JOIN messages m ON m.account_id = c.account_id AND m.conversation_id = c.id AND m.seq = c.last_seq
		WHERE c.account_id = $1 AND c.id = ANY ($2::uuid[])`, []any{account, texts(conversations)}, partsOf)
	return keyed(rows, err, func(m *model.Message) model.ID { return m.ConversationID })
}

// Quote names a message by the id that its provider gave it.
type Quote struct {
	Channel    model.ID
	ExternalID string
}

// MessagesByQuote returns the messages that customers answered to.
func (s *Store) MessagesByQuote(ctx context.Context, account int64, quotes []Quote) (map[Quote]*model.Message, error) {
	channels, externals := make([]string, len(quotes)), make([]string, len(quotes))
	for i, quote := range quotes {
		channels[i], externals[i] = string(quote.Channel), quote.ExternalID
	}
	rows, err := rowsOf(ctx, s, `SELECT `+messageColumns+` FROM unnest($2::uuid[], $3::text[]) k(channel, external)
		JOIN messages m ON m.account_id = $1 AND m.channel_id = k.channel AND m.external_id = k.external`, []any{account, channels, externals}, partsOf)
	return keyed(rows, err, func(m *model.Message) Quote { return Quote{m.ChannelID, m.ExternalID} })
}

// SendAttempts returns the tries to send each of the messages, oldest first.
func (s *Store) SendAttempts(ctx context.Context, account int64, messages []model.ID) (map[model.ID][]*model.SendAttempt, error) {
	rows, err := rowsOf(ctx, s, `SELECT t.message_id::text, t.attempt, t.started_at, t.ended_at, t.outcome, t.error_code, t.by_hand FROM send_attempts t
		WHERE t.account_id = $1 AND t.message_id = ANY ($2::uuid[]) ORDER BY t.attempt`, []any{account, texts(messages)},
		func(t *model.SendAttempt) []any {
			return []any{(*string)(&t.MessageID), &t.Number, &t.StartedAt, &t.EndedAt, &t.Outcome, &t.Code, &t.ByHand}
		})
	return grouped(rows, err, func(t *model.SendAttempt) model.ID { return t.MessageID })
}

const attachmentColumns = `f.account_id, f.id::text, coalesce(f.conversation_id::text, ''), coalesce(f.message_id::text, ''), f.position, f.state, f.content_type, f.file_name, f.size,
	coalesce(f.blob_key, ''), coalesce(f.failure, ''), coalesce(f.agent_id::text, ''), f.created_at`

func attachmentFields(f *model.Attachment) []any {
	return []any{&f.AccountID, (*string)(&f.ID), (*string)(&f.ConversationID), (*string)(&f.MessageID), &f.Position, (*string)(&f.State), &f.ContentType, &f.FileName, &f.Size,
		&f.BlobKey, &f.Failure, (*string)(&f.AgentID), &f.CreatedAt}
}

const attachmentsOf = `SELECT ` + attachmentColumns + ` FROM attachments f WHERE f.account_id = $1 AND f.message_id = ANY ($2::uuid[]) ORDER BY f.position, f.id`

// AttachmentsOf returns the files in each of the messages, in their order.
func (s *Store) AttachmentsOf(ctx context.Context, account int64, messages []model.ID) (map[model.ID][]*model.Attachment, error) {
	rows, err := rowsOf(ctx, s, attachmentsOf, []any{account, texts(messages)}, attachmentFields)
	return grouped(rows, err, func(f *model.Attachment) model.ID { return f.MessageID })
}

// SeeAttachments returns those of the attachments that the viewer may see: the files of conversations in sight, and
// uploads of their own that were not sent yet.
func (s *Store) SeeAttachments(ctx context.Context, v *model.Viewer, ids []model.ID) (map[model.ID]*model.Attachment, error) {
	rows, err := rowsOf(ctx, s, `SELECT `+attachmentColumns+` FROM attachments f LEFT JOIN conversations c ON c.account_id = f.account_id AND c.id = f.conversation_id
		WHERE f.account_id = $1 AND f.id = ANY ($2::uuid[]) AND CASE WHEN c.id IS NULL THEN f.agent_id = $4 ELSE `+inSight(v, "c.channel_id", "$3")+` END`,
		[]any{v.Account, texts(ids), eyes(v), null(v.Agent)}, attachmentFields)
	return keyed(rows, err, func(f *model.Attachment) model.ID { return f.ID })
}
