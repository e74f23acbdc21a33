package db

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/livedesk/livedesk/model"
)

// AiPace says when AI Agents begin to answer.
type AiPace struct {
	Pause   time.Duration // without a further message of the customer
	Longest time.Duration // after the first of several messages, however many follow
	Lease   time.Duration // of a turn that was begun, unless it is renewed
}

// ClaimAiTurns begins up to limit turns that are due, of all accounts but the full ones, and tells after how long the
// next one is due: a negative time when none waits.
func (s *Store) ClaimAiTurns(ctx context.Context, p AiPace, limit int, full []int64) (duties []model.AiDuty, next time.Duration, err error) {
	var seconds *float64
	batch := &pgx.Batch{}
	batch.Queue(`SELECT account_id, conversation_id::text, epoch, after_seq, fence, tries, overtaken FROM claim_ai_duties($1, $2, $3, $4, $5)`,
		limit, full, p.Pause, p.Longest, p.Lease).Query(func(rows pgx.Rows) (err error) {
		duties, err = pgx.CollectRows(rows, func(row pgx.CollectableRow) (d model.AiDuty, err error) {
			return d, row.Scan(&d.AccountID, (*string)(&d.ConversationID), &d.Epoch, &d.AfterSeq, &d.Fence, &d.Tries, &d.Overtaken)
		})
		return err
	})
	batch.Queue(`SELECT extract(epoch FROM min(greatest(least(last_at + $1::interval, first_at + $2::interval), lease_until)) - clock_timestamp())::float8
		FROM ai_duties WHERE account_id <> ALL ($3)`, p.Pause, p.Longest, full).QueryRow(func(row pgx.Row) error { return row.Scan(&seconds) })
	if err := s.hot.SendBatch(ctx, batch).Close(); err != nil {
		return nil, 0, fmt.Errorf("look for what AI Agents have to answer: %w", err)
	}
	if seconds == nil {
		return duties, -1, nil
	}
	return duties, max(time.Duration(*seconds*float64(time.Second)), 0), nil
}

// RenewAiTurns lends the turns for the lease from now on, and returns the fences of those that are still ours.
func (s *Store) RenewAiTurns(ctx context.Context, lease time.Duration, duties []model.AiDuty) (fences []int64, err error) {
	accounts, conversations, held := dutyArrays(duties)
	rows, err := s.hot.Query(ctx, `UPDATE ai_duties d SET lease_until = now() + $4::interval FROM unnest($1::bigint[], $2::uuid[], $3::bigint[]) x(account, conversation, fence)
		WHERE d.account_id = x.account AND d.conversation_id = x.conversation AND d.fence = x.fence RETURNING d.fence`, accounts, conversations, held, lease)
	if err == nil {
		fences, err = pgx.CollectRows(rows, pgx.RowTo[int64])
	}
	if err != nil {
		return nil, fmt.Errorf("renew turns of AI Agents: %w", err)
	}
	return fences, nil
}

func dutyArrays(duties []model.AiDuty) (accounts []int64, conversations []string, fences []int64) {
	for _, d := range duties {
		accounts, conversations, fences = append(accounts, d.AccountID), append(conversations, string(d.ConversationID)), append(fences, d.Fence)
	}
	return accounts, conversations, fences
}

// ReleaseAiTurn gives a turn back that did not end. It can begin again after a while; again counts it as one that failed.
func (s *Store) ReleaseAiTurn(ctx context.Context, d model.AiDuty, after time.Duration, failed bool) error {
	_, err := s.hot.Exec(ctx, `UPDATE ai_duties SET lease_until = now() + $4::interval, tries = tries - CASE WHEN $5 THEN 0 ELSE 1 END
		WHERE account_id = $1 AND conversation_id = $2 AND fence = $3`, d.AccountID, string(d.ConversationID), d.Fence, after, failed)
	if err != nil {
		return fmt.Errorf("give back the turn in conversation %s: %w", d.ConversationID, err)
	}
	return nil
}

// AiCase is what an AI Agent has before it when it answers.
type AiCase struct {
	Conversation *model.Conversation
	Newest       int64 // the customer's newest message
	Problem      bool  // the channel shows one of its AI Agent
	Channel      *model.Channel
	Hours        *model.Hours
	Messages     []*model.Message // the last ones, in their order
	Teams        map[string]model.ID
	Answers      int // that it gave since it has the conversation
}

// AiCase reads it, as it is now, or NOT_FOUND.
func (s *Store) AiCase(ctx context.Context, d model.AiDuty) (*AiCase, error) {
	c := &AiCase{Conversation: &model.Conversation{}, Teams: map[string]model.ID{}}
	batch := &pgx.Batch{}
	batch.Queue(`SELECT `+conversationColumns+`, c.last_inbound_seq, h.ai_problem IS NOT NULL
		FROM conversations c JOIN channels h ON h.account_id = c.account_id AND h.id = c.channel_id WHERE c.account_id = $1 AND c.id = $2`, d.AccountID, string(d.ConversationID)).
		QueryRow(func(row pgx.Row) error { return row.Scan(append(fieldsOf(c.Conversation), &c.Newest, &c.Problem)...) })
	batch.Queue(`SELECT `+messageColumns+` FROM (SELECT n.* FROM messages n WHERE n.account_id = $1 AND n.conversation_id = $2 ORDER BY n.seq DESC LIMIT $3) m ORDER BY m.seq`,
		d.AccountID, string(d.ConversationID), model.AiTranscript).Query(func(rows pgx.Rows) (err error) {
		c.Messages, err = pgx.CollectRows(rows, func(row pgx.CollectableRow) (*model.Message, error) {
			m := &model.Message{}
			return m, row.Scan(partsOf(m)...)
		})
		return err
	})
	batch.Queue(`SELECT count(*) FROM ai_turns t WHERE t.account_id = $1 AND t.conversation_id = $2 AND t.epoch = $3 AND t.outcome = 'ANSWERED'`,
		d.AccountID, string(d.ConversationID), d.Epoch).QueryRow(func(row pgx.Row) error { return row.Scan(&c.Answers) })
	queueTeams(batch, d.AccountID, c.Teams)
	if err := s.hot.SendBatch(ctx, batch).Close(); err != nil {
		return nil, missing(err, noConversation)
	}
	return c, s.aiChannel(ctx, c)
}

// maxAiTeams is how many teams a model is told of.
const maxAiTeams = 30

func queueTeams(batch *pgx.Batch, account int64, teams map[string]model.ID) {
	batch.Queue(`SELECT id::text, name FROM teams WHERE account_id = $1 ORDER BY lower(name), id LIMIT $2`, account, maxAiTeams).Query(func(rows pgx.Rows) error {
		var id, name string
		_, err := pgx.ForEachRow(rows, []any{&id, &name}, func() error { teams[name] = model.ID(id); return nil })
		return err
	})
}

// AiTeams are the teams that a model is told of, by their names.
func (s *Store) AiTeams(ctx context.Context, account int64) (map[string]model.ID, error) {
	teams := map[string]model.ID{}
	batch := &pgx.Batch{}
	queueTeams(batch, account, teams)
	if err := s.hot.SendBatch(ctx, batch).Close(); err != nil {
		return nil, fmt.Errorf("read the teams: %w", err)
	}
	return teams, nil
}

func (s *Store) aiChannel(ctx context.Context, c *AiCase) (err error) {
	account, id := c.Conversation.AccountID, c.Conversation.ChannelID
	if c.Channel, err = s.Channel(ctx, account, id); err != nil {
		return err
	}
	hours, err := s.HoursOf(ctx, account, []model.ID{id})
	c.Hours = hours[id]
	return err
}

// HoldAiTurn keeps a turn from others, in a conversation that is locked, and returns the customer's newest message. False:
// it is no longer ours, and nothing of it may be stored.
func (s *Store) HoldAiTurn(ctx context.Context, d model.AiDuty) (newest int64, ours bool, err error) {
	err = s.hot.QueryRow(ctx, `SELECT c.last_inbound_seq FROM ai_duties d JOIN conversations c ON c.account_id = d.account_id AND c.id = d.conversation_id
		WHERE d.account_id = $1 AND d.conversation_id = $2 AND d.fence = $3 AND d.epoch = $4 AND c.epoch = $4 AND c.status = 'AI_REPLYING' FOR UPDATE OF d`,
		d.AccountID, string(d.ConversationID), d.Fence, d.Epoch).Scan(&newest)
	if errors.Is(err, pgx.ErrNoRows) {
		return 0, false, nil
	}
	if err != nil {
		return 0, false, fmt.Errorf("hold the turn in conversation %s: %w", d.ConversationID, err)
	}
	return newest, true, nil
}

// YieldAiTurn gives a turn back whose answer was thrown away because the customer wrote meanwhile. It is due when they
// pause.
func (s *Store) YieldAiTurn(ctx context.Context, d model.AiDuty) error {
	_, err := s.hot.Exec(ctx, `UPDATE ai_duties SET lease_until = NULL, tries = 0, overtaken = overtaken + 1 WHERE account_id = $1 AND conversation_id = $2 AND fence = $3`,
		d.AccountID, string(d.ConversationID), d.Fence)
	if err != nil {
		return fmt.Errorf("yield the turn in conversation %s: %w", d.ConversationID, err)
	}
	return nil
}

// EndAiTurn stores how a turn ended. What the customer has written after the messages that it was about is owed an answer
// of its own.
func (s *Store) EndAiTurn(ctx context.Context, d model.AiDuty, t *model.AiTurn, newest int64) error {
	batch := &pgx.Batch{}
	if newest > t.UpToSeq && t.Outcome != model.AiResolved && t.Outcome != model.AiHandedOver {
		batch.Queue(`UPDATE ai_duties SET after_seq = $4, first_at = least(last_at, now()), lease_until = NULL, tries = 0, overtaken = 0 WHERE account_id = $1 AND conversation_id = $2 AND fence = $3`,
			d.AccountID, string(d.ConversationID), d.Fence, t.UpToSeq)
	} else {
		batch.Queue(`DELETE FROM ai_duties WHERE account_id = $1 AND conversation_id = $2 AND fence = $3`, d.AccountID, string(d.ConversationID), d.Fence)
	}
	batch.Queue(`INSERT INTO ai_turns (account_id, id, conversation_id, channel_id, ai_agent_id, ai_version, epoch, up_to_seq, outcome, hand_over, model, calls,
			prompt_tokens, completion_tokens, took, articles, message_id, ended_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16::uuid[], $17, $18)`,
		t.AccountID, string(t.ID), string(t.ConversationID), string(t.ChannelID), string(t.AiAgentID), t.Version, t.Epoch, t.UpToSeq, string(t.Outcome), nullText(string(t.HandOver)), t.Model, t.Calls,
		t.PromptTokens, t.CompletionTokens, t.Took, texts(t.Articles), null(t.MessageID), t.EndedAt)
	if err := s.hot.SendBatch(ctx, batch).Close(); err != nil {
		return fmt.Errorf("end the turn in conversation %s: %w", d.ConversationID, err)
	}
	return nil
}

// Heed notes that what the customer wrote needs no answer, and tells of it.
func (s *Store) Heed(ctx context.Context, c *model.Conversation) error {
	_, err := s.hot.Exec(ctx, `WITH saved AS (UPDATE conversations SET waiting_since = NULL, unread_count = 0 WHERE account_id = $1 AND id = $2 RETURNING *)
		INSERT INTO event_outbox (account_id, kind, channel_id, conversation_id) SELECT account_id, 'CONVERSATION_CHANGED', channel_id, id FROM saved`, c.AccountID, string(c.ID))
	if err != nil {
		return fmt.Errorf("note that conversation %s needs no answer: %w", c.ID, err)
	}
	return nil
}
