package db

import (
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
	noFiles       bool // the messages are known to have none
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

// queue adds the queries for the objects, and for those of the conversations that the messages are in.
func (r *reading) queue(p *pgx.Batch, ids eventIDs) {
	if len(ids.conversations)+len(ids.messages) > 0 {
		r.queueConversations(p, texts(ids.conversations), texts(ids.messages))
	}
	if len(ids.messages) > 0 {
		r.queueMessages(p, texts(ids.messages))
	}
	if len(ids.agents) > 0 {
		into(p, `SELECT `+agentColumns+` FROM agents t WHERE t.account_id = $1 AND t.id = ANY ($2::uuid[])`, agentFields, r.agent, r.account, texts(ids.agents))
	}
	if len(ids.channels) > 0 {
		into(p, `SELECT `+channelColumns+` FROM channels t WHERE t.account_id = $1 AND t.id = ANY ($2::uuid[])`, channelFields,
			func(c *model.Channel) { r.channels[c.ID] = c }, r.account, texts(ids.channels))
	}
}

// those are the conversations meant: $2 names them, $3 messages of others.
const those = `(ARRAY(SELECT unnest($2::uuid[]) UNION SELECT n.conversation_id FROM messages n WHERE n.account_id = $1 AND n.id = ANY ($3::uuid[])))`

func (r *reading) queueConversations(p *pgx.Batch, conversations, messages string) {
	into(p, `SELECT `+conversationColumns+`, `+contactColumns+` FROM conversations c JOIN contacts k ON k.account_id = c.account_id AND k.id = c.contact_id
		WHERE c.account_id = $1 AND c.id = ANY `+those, withContactFields, r.withContact, r.account, conversations, messages)
	into(p, `SELECT `+agentColumns+` FROM agents t WHERE t.account_id = $1
		AND t.id = ANY (ARRAY(SELECT c.agent_id FROM conversations c WHERE c.account_id = $1 AND c.id = ANY `+those+`))`, agentFields, r.agent, r.account, conversations, messages)
	into(p, labelsOn+those+labelsOrder, labelOnFields,
		func(l *labelOn) { r.labels[l.conversation] = append(r.labels[l.conversation], &l.Label) }, r.account, conversations, messages)
}

func (r *reading) queueMessages(p *pgx.Batch, messages string) {
	into(p, `SELECT `+messageColumns+` FROM messages m WHERE m.account_id = $1 AND m.id = ANY ($2::uuid[])`, partsOf,
		func(m *model.Message) { r.messages[m.ID] = m }, r.account, messages)
	if !r.noFiles {
		into(p, attachmentsOf, attachmentFields, func(f *model.Attachment) { r.files[f.MessageID] = append(r.files[f.MessageID], f) }, r.account, messages)
	}
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

func (r *reading) agent(a *model.Agent) { r.agents[a.ID] = a }

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
