package db

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/livedesk/livedesk/model"
)

// CsatOf returns what each of the channels asks its customers.
func (s *Store) CsatOf(ctx context.Context, account int64, channels []model.ID) (map[model.ID]*model.Csat, error) {
	stored, err := settings(ctx, s, "t.csat::text", account, channels, func(c **string) []any { return []any{c} })
	found := make(map[model.ID]*model.Csat, len(stored))
	for channel, text := range stored {
		if found[channel], err = csatFrom(channel, *text); err != nil {
			return nil, err
		}
	}
	return found, err
}

func csatFrom(channel model.ID, text *string) (*model.Csat, error) {
	c := model.NoCsat()
	if text == nil {
		return c, nil
	}
	if err := json.Unmarshal([]byte(*text), c); err != nil {
		return nil, fmt.Errorf("read the survey of channel %s: %w", channel, err)
	}
	return c, nil
}

// SaveCsat stores what a channel asks.
func (s *Store) SaveCsat(ctx context.Context, account int64, channel model.ID, c *model.Csat) error {
	text, err := json.Marshal(c)
	if err != nil {
		return fmt.Errorf("write the survey of channel %s: %w", channel, err)
	}
	return s.saveSetting(ctx, `csat = $3::text::jsonb`, account, string(channel), string(text))
}

// Asking is what the desk has to know to ask about a conversation.
type Asking struct {
	Csat    *model.Csat
	Kind    model.ChannelKind
	Sends   bool // messages may leave on the channel now
	Blocked bool // the contact
	Phone   string
	Labels  []model.ID
	Heard   string // what the customer wrote last
}

// Asking reads it for a conversation that is locked.
func (s *Store) Asking(ctx context.Context, c *model.Conversation) (*Asking, error) {
	a := &Asking{}
	var csat *string
	var labels []string
	err := s.hot.QueryRow(ctx, `SELECT h.csat::text, h.kind, NOT h.paused AND h.credentials_bad_at IS NULL AND h.removed_at IS NULL,
			k.blocked_at IS NOT NULL, coalesce(k.phone_number, ''),
			ARRAY(SELECT l.label_id::text FROM conversation_labels l WHERE l.account_id = $1 AND l.conversation_id = $2),
			coalesce((SELECT string_agg(t.text, ' ') FROM (SELECT m.text FROM messages m WHERE m.account_id = $1 AND m.conversation_id = $2 AND m.direction = 'INBOUND'
				ORDER BY m.seq DESC LIMIT 5) t), '')
		FROM channels h, contacts k WHERE h.account_id = $1 AND h.id = $3 AND k.account_id = $1 AND k.id = $4`,
		c.AccountID, string(c.ID), string(c.ChannelID), string(c.ContactID)).Scan(&csat, (*string)(&a.Kind), &a.Sends, &a.Blocked, &a.Phone, &labels, &a.Heard)
	if err != nil {
		return nil, fmt.Errorf("read what to ask about conversation %s: %w", c.ID, err)
	}
	for _, l := range labels {
		a.Labels = append(a.Labels, model.ID(l))
	}
	a.Csat, err = csatFrom(c.ChannelID, csat)
	return a, err
}
