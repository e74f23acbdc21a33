package db

import (
	"context"
	"errors"
	"sync"

	"github.com/livedesk/livedesk/model"
)

// Batch is some consecutive events of an account. What they are about is read once per process, by the first who
// asks, however many follow.
type Batch struct {
	Events []*model.Event
	Loads  *Loads // reads what belongs to them, once for all who are told; there after Load

	once          sync.Once
	conversations map[model.ID]*model.Conversation
	messages      map[model.ID]*model.Message
	agents        map[model.ID]*model.Agent
	channels      map[model.ID]*model.Channel
	err           error
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
	account := b.Events[0].AccountID
	var conversations, messages, agents, channels []model.ID
	for _, e := range b.Events {
		switch {
		case e.ConversationID != "":
			conversations = append(conversations, e.ConversationID)
		case e.Kind == model.AgentChanged:
			agents = append(agents, e.AgentID)
		case e.Kind == model.ChannelChanged:
			channels = append(channels, e.ChannelID)
		}
		if e.MessageID != "" {
			messages = append(messages, e.MessageID)
		}
	}
	var err [4]error
	b.conversations, err[0] = fetch(ctx, account, conversations, s.ConversationsByID)
	b.messages, err[1] = fetch(ctx, account, messages, s.MessagesByID)
	b.agents, err[2] = fetch(ctx, account, agents, filed(s.Agents, func(a *model.Agent) model.ID { return a.ID }))
	b.channels, err[3] = fetch(ctx, account, channels, filed(s.Channels, func(c *model.Channel) model.ID { return c.ID }))
	b.Loads = s.Loads(account)
	known(&b.Loads.Conversations, b.conversations)
	known(&b.Loads.Messages, b.messages)
	known(&b.Loads.Agents, b.agents)
	known(&b.Loads.Channels, b.channels)
	b.expect()
	return errors.Join(err[:]...)
}

// expect lets the first event of which somebody asks what belongs to it read that of all the others with it.
func (b *Batch) expect() {
	for id, c := range b.conversations {
		b.Loads.Labels.Want(id)
		b.Loads.LastMessages.Want(id)
		b.Loads.Contacts.Want(c.ContactID)
		b.Loads.Identities.Want(c.ContactID)
		b.Loads.Channels.Want(c.ChannelID)
		if c.AgentID != "" {
			b.Loads.Agents.Want(c.AgentID)
		}
	}
	for id, m := range b.messages {
		b.Loads.Attachments.Want(id)
		if m.AgentID != "" {
			b.Loads.Agents.Want(m.AgentID)
		}
	}
}

func known[T any](l *Load[model.ID, *T], found map[model.ID]*T) {
	for id, one := range found {
		l.Put(id, one)
	}
}

type reader[R any] = func(context.Context, int64, []model.ID) (R, error)

// fetch reads unless there is nothing to read.
func fetch[T any](ctx context.Context, account int64, ids []model.ID, from reader[map[model.ID]*T]) (map[model.ID]*T, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	return from(ctx, account, ids)
}

// filed makes a reader of lists one of maps.
func filed[T any](from reader[[]*T], id func(*T) model.ID) reader[map[model.ID]*T] {
	return func(ctx context.Context, account int64, ids []model.ID) (map[model.ID]*T, error) {
		list, err := from(ctx, account, ids)
		found := make(map[model.ID]*T, len(list))
		for _, one := range list {
			found[id(one)] = one
		}
		return found, err
	}
}

// Conversation returns what the event is about, or nil when it is gone. Load comes first.
func (b *Batch) Conversation(e *model.Event) *model.Conversation {
	return b.conversations[e.ConversationID]
}

// Message returns what the event is about, or nil when it is gone.
func (b *Batch) Message(e *model.Event) *model.Message { return b.messages[e.MessageID] }

// Agent returns whom the event is about, or nil when they are gone.
func (b *Batch) Agent(e *model.Event) *model.Agent { return b.agents[e.AgentID] }

// Channel returns what the event is about, or nil when it is gone.
func (b *Batch) Channel(e *model.Event) *model.Channel { return b.channels[e.ChannelID] }
