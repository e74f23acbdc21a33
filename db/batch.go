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
	b.Loads = s.Loads(b.Events[0].AccountID)
	b.conversations, b.messages, b.agents, b.channels = map[model.ID]*model.Conversation{}, map[model.ID]*model.Message{}, map[model.ID]*model.Agent{}, map[model.ID]*model.Channel{}
	labels, files := map[model.ID][]*model.Label{}, map[model.ID][]*model.Attachment{}
	p := &pgx.Batch{}
	b.queue(p, labels, files)
	if err := s.hot.SendBatch(ctx, p).Close(); err != nil {
		return fmt.Errorf("read what events are about: %w", err)
	}
	known(&b.Loads.Conversations, b.conversations)
	known(&b.Loads.Messages, b.messages)
	known(&b.Loads.Agents, b.agents)
	known(&b.Loads.Channels, b.channels)
	for id, c := range b.conversations {
		b.Loads.Labels.Put(id, labels[id])
		b.Loads.LastMessages.Want(id)
		b.Loads.Identities.Want(c.ContactID)
	}
	for id, m := range b.messages {
		b.Loads.Attachments.Put(id, files[id])
		if c := b.conversations[m.ConversationID]; c != nil && c.LastSeq == m.Seq {
			b.Loads.LastMessages.Put(c.ID, m)
		}
	}
	return nil
}

// queue puts everything that the contract shows of the events into one round trip: a query after another for each event
// took longer than all the rest between the commit and the agent's screen.
func (b *Batch) queue(p *pgx.Batch, labels map[model.ID][]*model.Label, files map[model.ID][]*model.Attachment) {
	account, ids := b.Events[0].AccountID, b.ids()
	conversations, messages, agents, channels := texts(ids.conversations), texts(ids.messages), texts(ids.agents), texts(ids.channels)
	if len(ids.conversations) > 0 {
		into(p, `SELECT `+conversationColumns+` FROM conversations c WHERE c.account_id = $1 AND c.id = ANY ($2::uuid[])`, fieldsOf,
			func(c *model.Conversation) { b.conversations[c.ID] = c }, account, conversations)
		into(p, `SELECT `+contactColumns+` FROM contacts k WHERE k.account_id = $1 AND k.id IN (SELECT c.contact_id FROM conversations c WHERE c.account_id = $1 AND c.id = ANY ($2::uuid[]))`, contactFields,
			func(k *model.Contact) { b.Loads.Contacts.Put(k.ID, k) }, account, conversations)
		into(p, labelsOn, labelOnFields, func(l *labelOn) { labels[l.conversation] = append(labels[l.conversation], &l.Label) }, account, conversations)
	}
	if len(ids.messages) > 0 {
		into(p, `SELECT `+messageColumns+` FROM messages m WHERE m.account_id = $1 AND m.id = ANY ($2::uuid[])`, partsOf,
			func(m *model.Message) { b.messages[m.ID] = m }, account, messages)
		into(p, attachmentsOf, attachmentFields, func(f *model.Attachment) { files[f.MessageID] = append(files[f.MessageID], f) }, account, messages)
	}
	into(p, `SELECT `+agentColumns+` FROM agents t WHERE t.account_id = $1 AND t.id IN (
		SELECT unnest($2::uuid[]) UNION ALL SELECT c.agent_id FROM conversations c WHERE c.account_id = $1 AND c.id = ANY ($3::uuid[])
		UNION ALL SELECT m.agent_id FROM messages m WHERE m.account_id = $1 AND m.id = ANY ($4::uuid[]))`, agentFields,
		func(a *model.Agent) { b.agents[a.ID] = a }, account, agents, conversations, messages)
	if len(ids.channels) > 0 {
		into(p, `SELECT `+channelColumns+` FROM channels t WHERE t.account_id = $1 AND t.id = ANY ($2::uuid[])`, channelFields,
			func(c *model.Channel) { b.channels[c.ID] = c }, account, channels)
	}
}

// into adds a query to the round trip. Its rows are scanned into objects of one kind and handed over.
func into[T any](p *pgx.Batch, sql string, fields func(*T) []any, put func(*T), args ...any) {
	p.Queue(sql, args...).Query(func(rows pgx.Rows) error {
		for rows.Next() {
			x := new(T)
			if err := rows.Scan(fields(x)...); err != nil {
				return err
			}
			put(x)
		}
		return rows.Err()
	})
}

type eventIDs struct{ conversations, messages, agents, channels []model.ID }

// ids are of the objects that the events name.
func (b *Batch) ids() (ids eventIDs) {
	add := func(list *[]model.ID, id model.ID) {
		if id != "" {
			*list = append(*list, id)
		}
	}
	for _, e := range b.Events {
		add(&ids.conversations, e.ConversationID)
		add(&ids.messages, e.MessageID)
		add(&ids.channels, e.ChannelID)
		if e.Kind == model.AgentChanged {
			add(&ids.agents, e.AgentID)
		}
	}
	return ids
}

func known[T any](l *Load[model.ID, *T], found map[model.ID]*T) {
	for id, one := range found {
		l.Put(id, one)
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
