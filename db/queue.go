package db

import (
	"context"
	"fmt"
	"time"

	"github.com/livedesk/livedesk/model"
)

// The queues of jobs. They are apart so that slow files do not hold up messages.
const (
	SendQueue  = "send"
	MediaQueue = "media"
	ClockQueue = "clock" // what is due by time: snoozed conversations, clean-up
)

// SendMessages wakes the sender of a conversation. The QUEUED messages are what there is to do, so a job too many does
// nothing and a lost one is found by the sweep.
type SendMessages struct {
	Account      int64    `json:"account"`
	Conversation model.ID `json:"conversation"`
}

// Kind is the job's name in the queue.
func (SendMessages) Kind() string { return "send_messages" }

// SettleMessage asks the provider about a message whose answer was lost. Asked counts the times it was asked before.
type SettleMessage struct {
	Account int64    `json:"account"`
	Message model.ID `json:"message"`
	Attempt int      `json:"attempt"`
	Asked   int      `json:"asked"`
}

// Kind is the job's name in the queue.
func (SettleMessage) Kind() string { return "settle_message" }

// FetchMedia fetches a file that a customer sent. The intake queues it by its own SQL.
type FetchMedia struct {
	Account    int64    `json:"account"`
	Attachment model.ID `json:"attachment"`
}

// Kind is the job's name in the queue.
func (FetchMedia) Kind() string { return "fetch_media" }

// QueueSend wakes the sender of the conversation once the transaction has committed.
func (s *Store) QueueSend(ctx context.Context, account int64, conversation model.ID) error {
	if _, err := s.hot.Exec(ctx, `SELECT queue_send($1, $2, NULL)`, account, string(conversation)); err != nil {
		return fmt.Errorf("queue the sending of conversation %s: %w", conversation, err)
	}
	s.wake(SendQueue)
	return nil
}

// QueueSettle asks the provider about the message after a while.
func (s *Store) QueueSettle(ctx context.Context, job SettleMessage, after time.Duration) error {
	_, err := s.hot.Exec(ctx, `INSERT INTO river_job (args, kind, max_attempts, priority, queue, state, scheduled_at)
		VALUES ($1, $2, 8, 3, $3, 'available', now() + $4::interval)`, job, job.Kind(), SendQueue, after)
	if err != nil {
		return fmt.Errorf("queue the settling of message %s: %w", job.Message, err)
	}
	return nil
}

// QueueUnsent wakes the senders of all conversations of the channel that have something to send, and ends their
// waiting for a better moment.
func (s *Store) QueueUnsent(ctx context.Context, account int64, channel model.ID) error {
	_, err := s.hot.Exec(ctx, `WITH unsent AS MATERIALIZED (
			SELECT DISTINCT m.conversation_id FROM messages m WHERE m.account_id = $1 AND m.channel_id = $2 AND m.status IN ('QUEUED','SENDING')),
		ready AS (
			UPDATE send_leases l SET not_before = NULL FROM unsent u
			WHERE l.account_id = $1 AND l.conversation_id = u.conversation_id AND l.not_before IS NOT NULL)
		SELECT queue_send($1, u.conversation_id, NULL) FROM unsent u`, account, string(channel))
	if err != nil {
		return fmt.Errorf("queue what waits on channel %s: %w", channel, err)
	}
	s.wake(SendQueue)
	return nil
}
