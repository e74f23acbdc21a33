package db

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"

	"github.com/livedesk/livedesk/model"
)

// urgency orders conversations for the queue, as the index conversations_queue does.
const urgency = `(CASE c.priority WHEN 'URGENT' THEN 0 WHEN 'HIGH' THEN 1 WHEN 'NORMAL' THEN 2 ELSE 3 END), c.waiting_since, c.id`

// ToPlace has the conversation, which is locked, placed from the stage on: to the team if one is named. Where only people
// give out conversations it waits for them as it is. c.Placing then tells.
func (s *Store) ToPlace(ctx context.Context, c *model.Conversation, stage model.Stage, team model.ID) error {
	kind := ""
	if team != "" {
		kind = string(model.ToTeam)
	}
	tag, err := s.hot.Exec(ctx, `UPDATE conversations SET to_place = $3, target_kind = $4, target_id = $5 WHERE account_id = $1 AND id = $2 AND channel_places($1, channel_id)`,
		c.AccountID, string(c.ID), string(stage), nullText(kind), null(team))
	if err != nil {
		return fmt.Errorf("have conversation %s placed: %w", c.ID, err)
	}
	c.Placing = tag.RowsAffected() > 0
	return nil
}

// LeaveQueue makes a conversation, which is locked, wait for whoever takes it by hand.
func (s *Store) LeaveQueue(ctx context.Context, c *model.Conversation) error {
	return s.KeepPlaced(ctx, c.AccountID, c.ID)
}

// PlaceAfresh has every conversation of the channel decided again that is OPEN and nobody's: one that was given to a team
// within it, one that an AI Agent handed over among people, the others from the beginning.
func (s *Store) PlaceAfresh(ctx context.Context, account int64, channel model.ID) error {
	_, err := s.hot.Exec(ctx, `WITH held AS MATERIALIZED (SELECT c.id FROM conversations c WHERE c.account_id = $1 AND c.channel_id = $2 AND c.status = 'OPEN' AND c.agent_id IS NULL ORDER BY c.id FOR NO KEY UPDATE)
		UPDATE conversations c SET to_place = CASE WHEN c.team_id IS NULL AND c.handed_over_at IS NULL THEN 'ALL' ELSE 'HUMANS' END, target_kind = CASE WHEN c.team_id IS NOT NULL THEN 'TEAM' END, target_id = c.team_id
		FROM held h WHERE c.account_id = $1 AND c.id = h.id AND channel_places($1, $2)`, account, string(channel))
	if err != nil {
		return fmt.Errorf("have the conversations of channel %s placed afresh: %w", channel, err)
	}
	return nil
}

// Unplaced returns up to limit conversations of the channel that are to be placed, the most urgent and then the longest
// waiting first.
func (s *Store) Unplaced(ctx context.Context, account int64, channel model.ID, limit int) ([]model.ID, error) {
	return s.ids(ctx, `SELECT c.id::text FROM conversations c WHERE c.account_id = $1 AND c.channel_id = $2 AND c.to_place IS NOT NULL ORDER BY `+urgency+` LIMIT $3`,
		account, string(channel), limit)
}

// NextWaiting returns the first conversation in the channel's queue that waits for none of the targets, "" when there is
// none or nobody on the channel is free.
func (s *Store) NextWaiting(ctx context.Context, account int64, channel model.ID, not []model.Target) (id model.ID, err error) {
	targets := make([]string, len(not))
	for i, t := range not {
		targets[i] = string(t.Kind) + string(t.ID)
	}
	err = s.hot.QueryRow(ctx, `SELECT c.id::text FROM conversations c WHERE c.account_id = $1 AND c.channel_id = $2 AND c.status = 'OPEN' AND c.agent_id IS NULL
			AND c.target_kind IS NOT NULL AND c.to_place IS NULL AND NOT c.target_kind || coalesce(c.target_id::text, '') = ANY ($3::text[])
			AND EXISTS (`+freeMember("$1", "$2")+`) ORDER BY `+urgency+` LIMIT 1`, account, string(channel), targets).Scan((*string)(&id))
	if err != nil && !errors.Is(err, pgx.ErrNoRows) {
		return "", fmt.Errorf("read the queue of channel %s: %w", channel, err)
	}
	return id, nil
}

func freeMember(account, channel string) string {
	return `SELECT 1 FROM channel_agents m JOIN agents a ON a.account_id = m.account_id AND a.id = m.agent_id WHERE m.account_id = ` + account + ` AND m.channel_id = ` + channel + `
		AND a.availability = 'ONLINE' AND a.connected AND a.disabled_at IS NULL AND a.open_count < a.max_load`
}

// waits selects a conversation in the queue of the channel.
func waits(account, channel string) string {
	return `SELECT 1 FROM conversations c WHERE c.account_id = ` + account + ` AND c.channel_id = ` + channel + ` AND c.status = 'OPEN' AND c.agent_id IS NULL AND c.target_kind IS NOT NULL`
}

// WaitedOn returns those of the agent's channels on which somebody waits.
func (s *Store) WaitedOn(ctx context.Context, account int64, agent model.ID) ([]model.ID, error) {
	return s.ids(ctx, `SELECT m.channel_id::text FROM channel_agents m WHERE m.account_id = $1 AND m.agent_id = $2 AND EXISTS (`+waits("$1", "m.channel_id")+`) ORDER BY 1`,
		account, string(agent))
}

// Unsettled returns the agent's channels on which somebody waits, and all those with conversations that are to be placed.
func (s *Store) Unsettled(ctx context.Context, account int64, agent model.ID) ([]model.ID, error) {
	return s.ids(ctx, `SELECT m.channel_id::text FROM channel_agents m WHERE m.account_id = $1 AND m.agent_id = $2 AND EXISTS (`+waits("$1", "m.channel_id")+`)
		UNION SELECT c.channel_id::text FROM conversations c WHERE c.account_id = $1 AND c.to_place IS NOT NULL ORDER BY 1`, account, string(agent))
}

// Left is something about a conversation that nobody has done yet, or, without one, a channel on which somebody waits
// though somebody is free.
type Left struct {
	Account      int64
	Channel      model.ID
	Conversation model.ID
}

// LeftOver returns up to limit conversations that are to be placed or answered by the desk, and all channels whose queue
// does not move.
func (s *Store) LeftOver(ctx context.Context, limit int) ([]Left, error) {
	rows, err := s.hot.Query(ctx, `(SELECT c.account_id, c.channel_id::text, c.id::text FROM conversations c WHERE c.to_place IS NOT NULL ORDER BY c.account_id, c.channel_id, c.id LIMIT $1)
		UNION (SELECT c.account_id, c.channel_id::text, c.id::text FROM conversations c WHERE c.handled_seq < c.last_inbound_seq ORDER BY c.account_id, c.id LIMIT $1)
		UNION ALL (SELECT h.account_id, h.id::text, '' FROM channels h WHERE h.removed_at IS NULL AND EXISTS (`+waits("h.account_id", "h.id")+`) AND EXISTS (`+freeMember("h.account_id", "h.id")+`))`, limit)
	if err != nil {
		return nil, fmt.Errorf("look for what was left over: %w", err)
	}
	list, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (l Left, err error) {
		err = row.Scan(&l.Account, (*string)(&l.Channel), (*string)(&l.Conversation))
		return l, err
	})
	if err != nil {
		return nil, fmt.Errorf("look for what was left over: %w", err)
	}
	return list, nil
}

// Heard is how far the desk itself has reacted to what a customer wrote, and what there is since.
type Heard struct {
	Handled, Newest int64
	Answers, Others bool // messages that answer a survey, and such that do not
}

// Unheard tells whether the desk has still to react to what a customer wrote.
func (s *Store) Unheard(ctx context.Context, account int64, conversation model.ID) (behind bool, err error) {
	err = s.hot.QueryRow(ctx, `SELECT handled_seq < last_inbound_seq FROM conversations WHERE account_id = $1 AND id = $2`, account, string(conversation)).Scan(&behind)
	if err != nil {
		return false, missing(err, noConversation, "conversationId")
	}
	return behind, nil
}

// LockHeard locks the conversation and tells how far the desk has reacted to it.
func (s *Store) LockHeard(ctx context.Context, account int64, conversation model.ID) (h Heard, err error) {
	err = s.hot.QueryRow(ctx, `SELECT c.handled_seq, c.last_inbound_seq,
			EXISTS (SELECT 1 FROM messages m WHERE m.account_id = $1 AND m.conversation_id = $2 AND m.seq > c.handled_seq AND m.direction = 'INBOUND' AND m.data ? 'survey'),
			EXISTS (SELECT 1 FROM messages m WHERE m.account_id = $1 AND m.conversation_id = $2 AND m.seq > c.handled_seq AND m.direction = 'INBOUND' AND (m.data ? 'survey') IS NOT TRUE)
		FROM conversations c WHERE c.account_id = $1 AND c.id = $2 FOR NO KEY UPDATE`,
		account, string(conversation)).Scan(&h.Handled, &h.Newest, &h.Answers, &h.Others)
	if err != nil {
		return h, missing(err, noConversation, "conversationId")
	}
	return h, nil
}

// SetHandled stores that the desk has reacted to the messages up to the number.
func (s *Store) SetHandled(ctx context.Context, account int64, conversation model.ID, seq int64) error {
	_, err := s.hot.Exec(ctx, `UPDATE conversations SET handled_seq = $3 WHERE account_id = $1 AND id = $2`, account, string(conversation), seq)
	if err != nil {
		return fmt.Errorf("note that conversation %s was handled: %w", conversation, err)
	}
	return nil
}
