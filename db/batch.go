package db

import (
	"context"
	"fmt"
	"sync"

	"github.com/jackc/pgx/v5"

	"github.com/livedesk/livedesk/model"
)

// Batch is some consecutive events of an account. What they are about is read once per process, by the first who
// asks, however many follow.
type Batch struct {
	Events []*model.Event
	Loads  *Loads // reads what belongs to them, once for all who are told; there after Load

	once sync.Once
	*reading
	err error
}

func newBatch(events []*model.Event, seen *reading) *Batch {
	b := &Batch{Events: events}
	if seen != nil {
		b.once.Do(func() { b.take(seen) })
	}
	return b
}

// Load reads what the events are about, as it is now.
func (b *Batch) Load(ctx context.Context, s *Store) error {
	b.once.Do(func() { b.err = b.load(context.WithoutCancel(ctx), s) })
	return b.err
}

func (b *Batch) load(ctx context.Context, s *Store) error {
	if len(b.Events) == 0 {
		return nil
	}
	r := newReading(s, b.Events[0].AccountID)
	p := &pgx.Batch{}
	r.queue(p, idsOf(b.Events))
	if err := s.hot.SendBatch(ctx, p).Close(); err != nil {
		return fmt.Errorf("read what events are about: %w", err)
	}
	b.take(r)
	return nil
}

// take makes the batch know what was read.
func (b *Batch) take(r *reading) {
	r.complete()
	b.reading, b.Loads = r, r.loads
}

// Conversation returns what the event is about, or nil when it is gone. Load comes first.
func (b *Batch) Conversation(e *model.Event) *model.Conversation {
	return b.reading.conversations[e.ConversationID]
}

// Message returns what the event is about, or nil when it is gone.
func (b *Batch) Message(e *model.Event) *model.Message { return b.reading.messages[e.MessageID] }

// Agent returns whom the event is about, or nil when they are gone.
func (b *Batch) Agent(e *model.Event) *model.Agent { return b.reading.agents[e.AgentID] }

// Channel returns what the event is about, or nil when it is gone.
func (b *Batch) Channel(e *model.Event) *model.Channel { return b.reading.channels[e.ChannelID] }
