package db

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"
)

// Backlog is what waits in the database, for those who watch it.
type Backlog struct {
	OutboxAge  time.Duration // of the oldest event without a number
	SendAge    time.Duration // of the oldest QUEUED message on a channel that sends
	DutyAge    time.Duration // of what an AI Agent has owed for longest
	EventAge   time.Duration // of the oldest day of events kept
	RequestAge time.Duration // of the oldest day of raw requests kept
	Sessions   int64
	Queues     []QueueBacklog
}

// QueueBacklog is what waits in one job queue.
type QueueBacklog struct {
	Queue  string
	Age    time.Duration // of the oldest job that is due
	Counts map[string]int64
}

// Backlog reads what waits. It visits indexes and small tables only.
func (s *Store) Backlog(ctx context.Context) (*Backlog, error) {
	b := &Backlog{}
	var outbox, send, duty, event, request float64
	err := s.hot.QueryRow(ctx, `SELECT
		coalesce(extract(epoch FROM now() - (SELECT min(created_at) FROM event_outbox)), 0)::float8,
		coalesce(extract(epoch FROM now() - (SELECT min(m.created_at) FROM messages m JOIN channels c ON c.account_id = m.account_id AND c.id = m.channel_id
			WHERE m.status = 'QUEUED' AND NOT c.paused AND c.credentials_bad_at IS NULL AND c.removed_at IS NULL)), 0)::float8,
		coalesce(extract(epoch FROM now() - (SELECT min(first_at) FROM ai_duties)), 0)::float8,
		extract(epoch FROM now() - (SELECT min(to_timestamp(substring(c.relname FROM 8), 'YYYYMMDD')) FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid WHERE i.inhparent = 'events'::regclass))::float8,
		extract(epoch FROM now() - (SELECT min(to_timestamp(substring(c.relname FROM 18), 'YYYYMMDD')) FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid WHERE i.inhparent = 'webhook_requests'::regclass))::float8,
		(SELECT count(*) FROM sessions)`).Scan(&outbox, &send, &duty, &event, &request, &b.Sessions)
	if err != nil {
		return nil, fmt.Errorf("read the backlog: %w", err)
	}
	for at, age := range map[*time.Duration]float64{&b.OutboxAge: outbox, &b.SendAge: send, &b.DutyAge: duty, &b.EventAge: event, &b.RequestAge: request} {
		*at = time.Duration(age * float64(time.Second))
	}
	b.Queues, err = s.queueBacklog(ctx)
	return b, err
}

func (s *Store) queueBacklog(ctx context.Context) ([]QueueBacklog, error) {
	rows, err := s.hot.Query(ctx, `SELECT queue, state::text, count(*), coalesce(extract(epoch FROM now() - min(scheduled_at) FILTER (WHERE state = 'available')), 0)::float8
		FROM river_job WHERE state NOT IN ('completed', 'cancelled') GROUP BY 1, 2 ORDER BY 1, 2`)
	if err != nil {
		return nil, fmt.Errorf("read the job queues: %w", err)
	}
	all := []QueueBacklog{{Queue: ClockQueue}, {Queue: MediaQueue}, {Queue: SendQueue}} // a queue with nothing in it is told of too
	for i := range all {
		all[i].Counts = map[string]int64{"available": 0}
	}
	var queue, state string
	var n int64
	var age float64
	_, err = pgx.ForEachRow(rows, []any{&queue, &state, &n, &age}, func() error {
		i := slices.IndexFunc(all, func(q QueueBacklog) bool { return q.Queue == queue })
		if i < 0 {
			i, all = len(all), append(all, QueueBacklog{Queue: queue, Counts: map[string]int64{}})
		}
		q := &all[i]
		q.Counts[state] = n
		q.Age = max(q.Age, time.Duration(age*float64(time.Second)))
		return nil
	})
	return all, err
}
