package db

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/livedesk/livedesk/model"
)

// held is a setting with the channel that it belongs to.
type held[T any] struct {
	channel model.ID
	value   T
}

// settings reads what columns of each of the channels hold.
func settings[T any](ctx context.Context, s *Store, columns string, account int64, channels []model.ID, fields func(*T) []any) (map[model.ID]*T, error) {
	rows, err := rowsOf(ctx, s, "SELECT t.id::text, "+columns+" FROM channels t WHERE t.account_id = $1 AND t.id = ANY ($2::uuid[])", []any{account, texts(channels)},
		func(h *held[T]) []any { return append([]any{(*string)(&h.channel)}, fields(&h.value)...) })
	if err != nil {
		return nil, fmt.Errorf("read settings of channels: %w", err)
	}
	found := make(map[model.ID]*T, len(rows))
	for _, h := range rows {
		found[h.channel] = &h.value
	}
	return found, nil
}

// Greetings returns the greeting of each of the channels.
func (s *Store) Greetings(ctx context.Context, account int64, channels []model.ID) (map[model.ID]*model.Greeting, error) {
	return settings(ctx, s, "t.greeting_enabled, t.greeting_text", account, channels, func(g *model.Greeting) []any { return []any{&g.Enabled, &g.Text} })
}

// HoursOf returns the business hours of each of the channels.
func (s *Store) HoursOf(ctx context.Context, account int64, channels []model.ID) (map[model.ID]*model.Hours, error) {
	stored, err := settings(ctx, s, "t.hours::text", account, channels, func(h **string) []any { return []any{h} })
	found := make(map[model.ID]*model.Hours, len(stored))
	for channel, text := range stored {
		hours := model.NoHours()
		if *text != nil {
			err = json.Unmarshal([]byte(**text), hours)
		}
		if err != nil {
			return nil, fmt.Errorf("read the hours of channel %s: %w", channel, err)
		}
		found[channel] = hours
	}
	return found, err
}

// SaveGreeting stores what the desk greets with.
func (s *Store) SaveGreeting(ctx context.Context, account int64, channel model.ID, g *model.Greeting) error {
	return s.saveSetting(ctx, `greeting_enabled = $3, greeting_text = $4`, account, string(channel), g.Enabled, g.Text)
}

// SaveHours stores business hours, and since when the channel has had them.
func (s *Store) SaveHours(ctx context.Context, account int64, channel model.ID, h *model.Hours, since time.Time) error {
	text, err := json.Marshal(h)
	if err != nil {
		return fmt.Errorf("write the hours of channel %s: %w", channel, err)
	}
	_, err = s.hot.Exec(ctx, `INSERT INTO channel_hours (account_id, channel_id, since, hours) VALUES ($1, $2, $3, $4::text::jsonb)
		ON CONFLICT (account_id, channel_id, since) DO UPDATE SET hours = EXCLUDED.hours`, account, string(channel), since, string(text))
	if err != nil {
		return fmt.Errorf("keep the hours of channel %s: %w", channel, err)
	}
	return s.saveSetting(ctx, `hours = $3::text::jsonb`, account, string(channel), string(text))
}

// SaveAssignment stores how conversations find an agent, and when they are reopened.
func (s *Store) SaveAssignment(ctx context.Context, c *model.Channel) error {
	return s.saveSetting(ctx, `assignment_mode = $3, reopen_policy = $4, reopen_within_hours = $5`,
		c.AccountID, string(c.ID), string(c.AssignmentMode), string(c.ReopenPolicy), c.ReopenWithinHours)
}

func (s *Store) saveSetting(ctx context.Context, set string, args ...any) error {
	if _, err := s.hot.Exec(ctx, `UPDATE channels SET `+set+` WHERE account_id = $1 AND id = $2`, args...); err != nil {
		return fmt.Errorf("save a setting of channel %s: %w", args[1], err)
	}
	return nil
}
