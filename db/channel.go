package db

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/livedesk/livedesk/model"
)

const noChannel = "There is no such channel."

// Channel returns one channel of the account, also a removed one, or NOT_FOUND.
func (s *Store) Channel(ctx context.Context, account int64, id model.ID) (*model.Channel, error) {
	return s.channel(ctx, "", account, id)
}

// LockChannel is Channel for a transaction that will change it.
func (s *Store) LockChannel(ctx context.Context, account int64, id model.ID) (*model.Channel, error) {
	return s.channel(ctx, "NO KEY UPDATE", account, id)
}

func (s *Store) channel(ctx context.Context, lock string, account int64, id model.ID) (*model.Channel, error) {
	c := &model.Channel{}
	q := s.NewSelect().Model(c).Where("account_id = ? AND id = ?", account, id)
	if lock != "" {
		q = q.For(lock)
	}
	if err := q.Scan(ctx); err != nil {
		return nil, missing(err, noChannel)
	}
	return c, nil
}

// ChannelByKey finds the channel of a webhook URL by its key, or NOT_FOUND: never given, replaced, or channel removed.
func (s *Store) ChannelByKey(ctx context.Context, key string) (*model.Channel, error) {
	account := model.AccountOfKey(key)
	if account == 0 {
		return nil, model.Refuse(model.NotFound, noChannel)
	}
	c := &model.Channel{}
	err := s.NewSelect().Model(c).Join("JOIN webhook_keys AS k ON k.account_id = channel.account_id AND k.channel_id = channel.id").
		Where("k.account_id = ? AND k.key = ? AND (k.expires_at IS NULL OR k.expires_at > now())", account, key).Scan(ctx)
	if err != nil {
		return nil, missing(err, noChannel)
	}
	return c, nil
}

// AddChannel stores a new channel.
func (s *Store) AddChannel(ctx context.Context, c *model.Channel) error {
	if _, err := s.NewInsert().Model(c).Exec(ctx); err != nil {
		return fmt.Errorf("add channel %s: %w", c.ID, err)
	}
	return nil
}

// SaveChannel stores what admins change of a channel itself. Neither its settings nor what webhooks note about it is
// touched.
func (s *Store) SaveChannel(ctx context.Context, c *model.Channel) error {
	_, err := s.NewUpdate().Model(c).Column("name", "sender_account", "sender_phone", "sender_service", "sender_number_id",
		"secret", "secret_before", "secret_before_until", "secret_hint", "paused", "credentials_bad_at", "removed_at").WherePK().Exec(ctx)
	if err != nil {
		return fmt.Errorf("save channel %s: %w", c.ID, err)
	}
	return nil
}

// ReplaceWebhookKey makes key the current one of the channel. The one before works for the grace, those that were
// replaced earlier as long as they had. A grace of 0 ends all of them at once.
func (s *Store) ReplaceWebhookKey(ctx context.Context, account int64, channel model.ID, key string, grace time.Duration) error {
	if grace == 0 {
		if err := s.DeleteWebhookKeys(ctx, account, channel); err != nil {
			return err
		}
	}
	_, err := s.hot.Exec(ctx, `UPDATE webhook_keys SET expires_at = now() + $3::interval WHERE account_id = $1 AND channel_id = $2 AND expires_at IS NULL`,
		account, string(channel), grace)
	if err == nil {
		_, err = s.hot.Exec(ctx, `INSERT INTO webhook_keys (account_id, key, channel_id) VALUES ($1, $2, $3)`, account, key, string(channel))
	}
	if err != nil {
		return fmt.Errorf("replace the webhook key of channel %s: %w", channel, err)
	}
	return nil
}

// DeleteWebhookKeys ends every webhook URL of the channel.
func (s *Store) DeleteWebhookKeys(ctx context.Context, account int64, channel model.ID) error {
	if _, err := s.hot.Exec(ctx, `DELETE FROM webhook_keys WHERE account_id = $1 AND channel_id = $2`, account, string(channel)); err != nil {
		return fmt.Errorf("delete the webhook keys of channel %s: %w", channel, err)
	}
	return nil
}

// WebhookKeys returns the current webhook key of each of the channels that has one.
func (s *Store) WebhookKeys(ctx context.Context, account int64, channels []model.ID) (map[model.ID]string, error) {
	rows, err := s.hot.Query(ctx, `SELECT channel_id::text, key FROM webhook_keys WHERE account_id = $1 AND channel_id = ANY ($2::uuid[]) AND expires_at IS NULL`,
		account, texts(channels))
	keys := map[model.ID]string{}
	if err == nil {
		var id model.ID
		var key string
		_, err = pgx.ForEachRow(rows, []any{&id, &key}, func() error { keys[id] = key; return nil })
	}
	if err != nil {
		return nil, fmt.Errorf("read webhook keys: %w", err)
	}
	return keys, nil
}

// LockStaleSecrets returns up to n channels, of all accounts, with a secret that is sealed under another key than the
// one named.
func (s *Store) LockStaleSecrets(ctx context.Context, key string, n int) ([]*model.Channel, error) {
	var list []*model.Channel
	current := "k" + key + ":%"
	err := s.NewSelect().Model(&list).Where("secret NOT LIKE ? OR secret_before NOT LIKE ?", current, current).
		Order("account_id", "id").Limit(int64(n)).For("NO KEY UPDATE").Scan(ctx)
	if err != nil {
		return nil, fmt.Errorf("read secrets under former keys: %w", err)
	}
	return list, nil
}

// texts are ids as the text of an array of uuid, which costs a tenth of what pgx takes to encode the array itself. Ids
// hold hexadecimal digits and dashes only.
func texts(ids []model.ID) string {
	b := make([]byte, 0, 2+37*len(ids))
	b = append(b, '{')
	for i, id := range ids {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(b, id...)
	}
	return string(append(b, '}'))
}
