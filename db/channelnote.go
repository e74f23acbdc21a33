package db

import (
	"context"
	"fmt"
	"time"

	"github.com/livedesk/livedesk/model"
)

// ChannelNote is what a process saw of a channel's webhooks since it last wrote it down.
type ChannelNote struct {
	Account    int64
	Channel    model.ID
	GoodAt     *time.Time
	RefusedAt  *time.Time
	RefusedWhy string
	Refused    int64
}

// NoteChannel adds the note to the channel's health. The later of two processes' times stays.
func (s *Store) NoteChannel(ctx context.Context, n *ChannelNote) error {
	_, err := s.hot.Exec(ctx, `UPDATE channels SET last_good_webhook_at = greatest(last_good_webhook_at, $3::timestamptz),
		last_refused_why = CASE WHEN $4::timestamptz >= coalesce(last_refused_webhook_at, '-infinity') THEN $5 ELSE last_refused_why END,
		last_refused_webhook_at = greatest(last_refused_webhook_at, $4::timestamptz), refused_count = refused_count + $6
		WHERE account_id = $1 AND id = $2`, n.Account, string(n.Channel), n.GoodAt, n.RefusedAt, n.RefusedWhy, n.Refused)
	if err != nil {
		return fmt.Errorf("note the channel's health: %w", err)
	}
	return nil
}
