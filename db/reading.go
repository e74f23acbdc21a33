package db

import (
	"slices"

	"github.com/jackc/pgx/v5"

	"github.com/livedesk/livedesk/model"
)

// reading is what events are about, and what the contract shows of that. It is read in one round trip: a query after
// another for each event took longer than all the rest between the commit and the agent's screen.
type reading struct {
	account       int64
	loads         *Loads
	conversations map[model.ID]*model.Conversation
	messages      map[model.ID]*model.Message
	agents        map[model.ID]*model.Agent
	channels      map[model.ID]*model.Channel
	labels        map[model.ID][]*model.Label
	files         map[model.ID][]*model.Attachment
}

func newReading(s *Store, account int64) *reading {
	return &reading{account: account, loads: s.Loads(account), conversations: map[model.ID]*model.Conversation{}, messages: map[model.ID]*model.Message{},
		agents: map[model.ID]*model.Agent{}, channels: map[model.ID]*model.Channel{}, labels: map[model.ID][]*model.Label{}, files: map[model.ID][]*model.Attachment{}}
}

// eventIDs are those of the objects that events name.
type eventIDs struct{ conversations, messages, agents, channels []model.ID }

func idsOf(events []*model.Event) (ids eventIDs) {
	add := func(list *[]model.ID, id model.ID) {
		if id != "" {
			*list = append(*list, id)
		}
	}
	for _, e := range events {
		add(&ids.conversations, e.ConversationID)
		add(&ids.messages, e.MessageID)
		add(&ids.channels, e.ChannelID)
		if e.Kind == model.AgentChanged {
			add(&ids.agents, e.AgentID)
		}
	}
	return ids
}

// queue adds the queries for the objects.
func (r *reading) queue(p *pgx.Batch, ids eventIDs) {
	if len(ids.conversations) > 0 {
		r.queueConversations(p, texts(ids.conversations))
	}
	if len(ids.messages) > 0 {
		r.queueMessages(p, texts(ids.messages))
	}
	if len(ids.agents) > 0 {
		into(p, `SELECT `+agentColumns+` FROM agents t WHERE t.account_id = $1 AND t.id = ANY ($2::uuid[])`, agentFields, r.agent, r.account, texts(ids.agents))
	}
	if len(ids.channels) > 0 {
		into(p, `SELECT `+channelColumns+` FROM channels t WHERE t.account_id = $1 AND t.id = ANY ($2::uuid[])`, channelFields, r.channel, r.account, texts(ids.channels))
	}
}

func (r *reading) queueConversations(p *pgx.Batch, conversations string) {
	into(p, `SELECT `+conversationColumns+`, `+contactColumns+` FROM conversations c JOIN contacts k ON k.account_id = c.account_id AND k.id = c.contact_id
		WHERE c.account_id = $1 AND c.id = ANY ($2::uuid[])`, withContactFields, r.withContact, r.account, conversations)
	into(p, `SELECT `+agentColumns+` FROM agents t WHERE t.account_id = $1
		AND t.id = ANY (ARRAY(SELECT c.agent_id FROM conversations c WHERE c.account_id = $1 AND c.id = ANY ($2::uuid[])))`, agentFields, r.agent, r.account, conversations)
	into(p, labelsOn, labelOnFields, func(l *labelOn) { r.labels[l.conversation] = append(r.labels[l.conversation], &l.Label) }, r.account, conversations)
}

func (r *reading) queueMessages(p *pgx.Batch, messages string) {
	into(p, `SELECT `+messageColumns+` FROM messages m WHERE m.account_id = $1 AND m.id = ANY ($2::uuid[])`, partsOf,
		func(m *model.Message) { r.messages[m.ID] = m }, r.account, messages)
	into(p, attachmentsOf, attachmentFields, func(f *model.Attachment) { r.files[f.MessageID] = append(r.files[f.MessageID], f) }, r.account, messages)
}

type withContact struct {
	conversation model.Conversation
	contact      model.Contact
}

func withContactFields(w *withContact) []any {
	return append(fieldsOf(&w.conversation), contactFields(&w.contact)...)
}

func (r *reading) withContact(w *withContact) {
	r.conversations[w.conversation.ID] = &w.conversation
	r.loads.Contacts.Put(w.contact.ID, &w.contact)
}

// queueNew adds the one query for a message that is being stored, which has no files, and for all that is shown with it.
func (r *reading) queueNew(p *pgx.Batch, message model.ID) {
	into(p, `SELECT `+messageColumns+`, `+conversationColumns+`, `+contactColumns+`, `+channelColumns+`, `+ownerColumns+`, `+labelsJoin.columns+`
		FROM messages m JOIN conversations c ON c.account_id = $1 AND c.id = m.conversation_id JOIN contacts k ON k.account_id = $1 AND k.id = c.contact_id
		JOIN channels t ON t.account_id = $1 AND t.id = m.channel_id LEFT JOIN agents o ON o.account_id = $1 AND o.id = c.agent_id
		WHERE m.account_id = $1 AND m.id = $2`, newFields, r.new, r.account, string(message))
}

// newMessage is a message that is being stored with all that is shown with it.
type newMessage struct {
	withContact
	message model.Message
	channel model.Channel
	owner   model.Agent // no id: nobody
	labels  [][]string
}

const ownerColumns = `$1::bigint, coalesce(o.id::text, ''), coalesce(o.name, ''), coalesce(o.email, ''), coalesce(o.role, ''), coalesce(o.availability, ''), coalesce(o.connected, false),
	coalesce(o.open_count, 0), coalesce(o.max_load, 0), o.disabled_at, coalesce(o.created_at, 'epoch')`

func newFields(n *newMessage) []any {
	return slices.Concat(partsOf(&n.message), withContactFields(&n.withContact), channelFields(&n.channel), agentFields(&n.owner), []any{&n.labels})
}

func (r *reading) new(n *newMessage) {
	r.withContact(&n.withContact)
	r.messages[n.message.ID] = &n.message
	r.channel(&n.channel)
	if n.owner.ID != "" {
		r.agent(&n.owner)
	}
	r.labels[n.conversation.ID] = labelsFrom(r.account, n.labels)
}

func (r *reading) agent(a *model.Agent) { r.agents[a.ID] = a }

func (r *reading) channel(c *model.Channel) { r.channels[c.ID] = c }

// complete lets the loads know what was read. What they are asked for besides is read for all at once.
func (r *reading) complete() {
	known(&r.loads.Conversations, r.conversations)
	known(&r.loads.Messages, r.messages)
	known(&r.loads.Agents, r.agents)
	known(&r.loads.Channels, r.channels)
	for id, c := range r.conversations {
		r.loads.Labels.Put(id, r.labels[id])
		r.loads.LastMessages.Want(id)
		r.loads.Identities.Want(c.ContactID)
	}
	for id, m := range r.messages {
		r.loads.Attachments.Put(id, r.files[id])
		if m.AgentID != "" {
			r.loads.Agents.Want(m.AgentID)
		}
		if c := r.conversations[m.ConversationID]; c != nil && c.LastSeq == m.Seq {
			r.loads.LastMessages.Put(c.ID, m)
		}
	}
}

func known[T any](l *Load[model.ID, *T], found map[model.ID]*T) {
	for id, one := range found {
		l.Put(id, one)
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
