package db

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/livedesk/livedesk/model"
)

// ConversationFilter says which conversations. All conditions hold together; an empty list is no condition, another
// means any of its values.
type ConversationFilter struct {
	Statuses []model.ConversationStatus
	Channels []model.ID
	Contacts []model.ID
	Labels   []model.ID
	Text     string // words that begin words of the contact's name or address
	Owner    OwnedBy
	Waiting  bool // longest waiting first, in place of newest activity first

	terms string // the text as a query, when more contacts match than can be named
	none  bool   // no contact matches the text
}

// OwnedBy is who owns a conversation. The zero value is no condition; only one field is set.
type OwnedBy struct {
	Agent, Team, AiAgent model.ID
	Nobody               bool
}

// The orders of conversations. WAITING has two parts: those who wait, and behind them those who do not.
const (
	byActivity    = 'a'
	byWaiting     = 'w'
	notWaiting    = 'n'
	waitingOrder  = "wn"
	activityOrder = "a"
)

var (
	activityColumns = []string{"last_activity_at", "id"}
	waitingColumns  = []string{"waiting_since", "id"}
)

// Conversations returns a page of what the viewer may see.
func (s *Store) Conversations(ctx context.Context, v *model.Viewer, f ConversationFilter, p model.Page) (*model.Slice[*model.Conversation], error) {
	itself := func(c *model.Conversation) *model.Conversation { return c }
	return conversationPage(ctx, s, v, f, p, itself, func(q *query) ([]*model.Conversation, error) {
		return rowsOf(ctx, s, "SELECT "+conversationColumns+" FROM "+q.String(), q.args, fieldsOf)
	})
}

// conversationPage reads a page from the parts of its order, one after another. The query that read completes is what
// stands behind FROM: the conversations c in their order.
func conversationPage[T any](ctx context.Context, s *Store, v *model.Viewer, f ConversationFilter, p model.Page, of func(T) *model.Conversation, read func(*query) ([]T, error)) (*model.Slice[T], error) {
	order := activityOrder
	if f.Waiting {
		order = waitingOrder
	}
	w, err := newWindow(p, order)
	if err != nil {
		return nil, err
	}
	segments := []byte(order)
	if w.backward {
		slices.Reverse(segments)
	}
	if f, err = s.findContacts(ctx, v.Account, f); err != nil {
		return nil, fmt.Errorf("search contacts: %w", err)
	}
	var rows []T
	for _, segment := range segments {
		part, ok := w.part(order, segment)
		if part.n = w.n - len(rows); !ok || part.n < 0 || f.none {
			continue
		}
		more, err := read(conversationQuery(v, f, segment, part))
		if err != nil {
			return nil, fmt.Errorf("list conversations: %w", err)
		}
		rows = append(rows, more...)
	}
	return slice(w, rows, func(row T) key { return conversationKey(of(row), f.Waiting) }), nil
}

func conversationKey(c *model.Conversation, waiting bool) key {
	switch {
	case waiting && c.WaitingSince != nil:
		return key{segment: byWaiting, number: c.WaitingSince.UnixMicro(), id: c.ID}
	case waiting:
		return key{segment: notWaiting, number: c.LastActivityAt.UnixMicro(), id: c.ID}
	}
	return key{segment: byActivity, number: c.LastActivityAt.UnixMicro(), id: c.ID}
}

// conversationQuery is what to read one part of the order from: the conversations c of a page.
func conversationQuery(v *model.Viewer, f ConversationFilter, segment byte, w window) *query {
	q := &query{args: []any{v.Account}}
	columns, desc := activityColumns, true
	switch {
	case segment == byWaiting:
		columns, desc = waitingColumns, false
		q.whole(v, f, " AND v.waiting_since IS NOT NULL")
	case len(f.Contacts) > 0:
		q.whole(v, f, restOf(segment))
	default:
		q.streams(v, f, restOf(segment))
	}
	q.bounds(w, prefixed("v.", columns), desc, q.moment)
	q.add(w.order(prefixed("v.", columns), desc), " LIMIT ", w.limit(), ") c")
	q.last = w.order(prefixed("c.", columns), desc)
	q.add(q.last, " LIMIT ", w.limit())
	return q
}

func restOf(segment byte) string {
	if segment == notWaiting {
		return " AND v.waiting_since IS NULL"
	}
	return ""
}

// streams begins a query that reads one page of each status, and of each channel if they are restricted, along an
// index that has the page's order, and merges them: the time does not grow with the number of conversations, whatever
// is rare among them.
func (q *query) streams(v *model.Viewer, f ConversationFilter, also string) {
	q.add("unnest(", q.arg(statusesOf(f)), "::text[]) st(status)")
	channels, condition := q.channels(v, f), ""
	switch {
	case channels == "":
	case f.Owner.Agent != "" || f.Owner.Team != "": // few own more than a page; their index is the better one
		condition = " AND v.channel_id IN (" + channels + ")"
	default:
		q.add(" CROSS JOIN (", channels, ") ch(id)")
		condition = " AND v.channel_id = ch.id"
	}
	q.add(" CROSS JOIN LATERAL (SELECT v.* FROM conversations v WHERE v.account_id = $1 AND v.status = st.status", condition, also)
	q.conditions(f)
}

// whole begins a query that reads all at once, for what is few: those who wait, and those of a few contacts.
func (q *query) whole(v *model.Viewer, f ConversationFilter, also string) {
	q.add("(SELECT v.* FROM conversations v WHERE v.account_id = $1", also)
	if len(f.Statuses) > 0 {
		q.add(" AND v.status = ANY (", q.arg(statusesOf(f)), ")")
	}
	if channels := q.channels(v, f); channels != "" {
		q.add(" AND v.channel_id IN (", channels, ")")
	}
	q.conditions(f)
}

// channels is a query for the channels that the conversations are on, or "" for all of the account.
func (q *query) channels(v *model.Viewer, f ConversationFilter) string {
	var named string
	if len(f.Channels) > 0 {
		named = q.arg(texts(f.Channels)) + "::uuid[]"
	}
	if v.SeesAll() {
		if named == "" {
			return ""
		}
		return "SELECT DISTINCT unnest(" + named + ")"
	}
	seen := q.arg(eyes(v)) + "::uuid[]"
	mine := "SELECT x.channel_id FROM channel_agents x WHERE x.account_id = $1 AND x.agent_id = ANY (" + seen + ")"
	if v.Channels != nil {
		mine = "SELECT x.channel_id FROM unnest(" + seen + ") x(channel_id) WHERE true"
	}
	if named != "" {
		mine += " AND x.channel_id = ANY (" + named + ")"
	}
	return mine
}

func (q *query) conditions(f ConversationFilter) {
	if len(f.Contacts) > 0 {
		q.add(" AND v.contact_id = ANY (", q.arg(texts(f.Contacts)), "::uuid[])")
	}
	if len(f.Labels) > 0 {
		q.add(` AND EXISTS (SELECT 1 FROM conversation_labels l WHERE l.account_id = $1 AND l.conversation_id = v.id AND l.label_id = ANY (`, q.arg(texts(f.Labels)), "::uuid[]))")
	}
	if f.terms != "" {
		q.add(` AND (SELECT `, contactWords, ` @@ to_tsquery('simple', `, q.arg(f.terms), ") FROM contacts k WHERE k.account_id = $1 AND k.id = v.contact_id)")
	}
	switch o := f.Owner; {
	case o.Nobody:
		q.add(" AND v.agent_id IS NULL AND v.ai_agent_id IS NULL")
	case o.Agent != "":
		q.add(" AND v.agent_id = ", q.arg(string(o.Agent)))
	case o.Team != "":
		q.add(" AND v.team_id = ", q.arg(string(o.Team)))
	case o.AiAgent != "":
		q.add(" AND v.agent_id IS NULL AND v.ai_agent_id = ", q.arg(string(o.AiAgent)))
	}
}

// maxNamed is how many contacts a text is resolved to. When more match, each conversation's contact is looked at: then
// many match, and a page is soon full.
const maxNamed = 5000

// findContacts resolves the filter's text to the contacts that match it.
func (s *Store) findContacts(ctx context.Context, account int64, f ConversationFilter) (ConversationFilter, error) {
	if f.Text == "" {
		return f, nil
	}
	terms := searchTerms(f.Text)
	ids, err := s.ids(ctx, `SELECT k.id::text FROM contacts k WHERE k.account_id = $1 AND `+contactWords+` @@ to_tsquery('simple', $2) LIMIT $3`, account, terms, maxNamed+1)
	switch {
	case err != nil:
		return f, err
	case len(ids) > maxNamed:
		f.terms = terms
		return f, nil
	case len(f.Contacts) > 0:
		ids = slices.DeleteFunc(ids, func(id model.ID) bool { return !slices.Contains(f.Contacts, id) })
	}
	f.Contacts, f.none = ids, len(ids) == 0
	return f, nil
}

// moment adds a key of a time and an id.
func (q *query) moment(k key) string {
	return q.arg(time.UnixMicro(k.number).UTC()) + ", " + q.arg(string(k.id))
}

var allStatuses = []string{string(model.Open), string(model.AiReplying), string(model.Snoozed), string(model.Resolved), string(model.Closed)}

func statusesOf(f ConversationFilter) []string {
	if len(f.Statuses) == 0 {
		return allStatuses
	}
	list := make([]string, len(f.Statuses))
	for i, status := range f.Statuses {
		list[i] = string(status)
	}
	slices.Sort(list)
	return slices.Compact(list)
}

// ConversationsOf returns a page for each of the contacts, newest activity first, of what the viewer may see.
func (s *Store) ConversationsOf(ctx context.Context, v *model.Viewer, contacts []model.ID, p model.Page) (map[model.ID]*model.Slice[*model.Conversation], error) {
	w, err := newWindow(p, activityOrder)
	if err != nil {
		return nil, err
	}
	q := &query{args: []any{v.Account, texts(contacts), eyes(v)}}
	q.add("SELECT ", conversationColumns, ` FROM unnest($2::uuid[]) k(id) CROSS JOIN LATERAL (
		SELECT c.* FROM conversations c WHERE c.account_id = $1 AND c.contact_id = k.id AND `, inSight(v, "c.channel_id", "$3"))
	columns := prefixed("c.", activityColumns)
	q.bounds(w, columns, true, q.moment)
	q.add(w.order(columns, true), " LIMIT ", w.limit(), ") c", w.order(columns, true))
	rows, err := listed(ctx, s, q, fieldsOf)
	if err != nil {
		return nil, fmt.Errorf("list the conversations of contacts: %w", err)
	}
	return slicesOf(w, contacts, rows, func(c *model.Conversation) model.ID { return c.ContactID },
		func(c *model.Conversation) key { return conversationKey(c, false) }), nil
}

// SeeConversations returns those of the conversations that the viewer may see.
func (s *Store) SeeConversations(ctx context.Context, v *model.Viewer, ids []model.ID) (map[model.ID]*model.Conversation, error) {
	rows, err := rowsOf(ctx, s, `SELECT `+conversationColumns+` FROM conversations c WHERE c.account_id = $1 AND c.id = ANY ($2::uuid[]) AND `+inSight(v, "c.channel_id", "$3"),
		[]any{v.Account, texts(ids), eyes(v)}, fieldsOf)
	return keyed(rows, err, func(c *model.Conversation) model.ID { return c.ID })
}

// SeeConversation returns the conversation, or nil when there is none that the viewer may see.
func (s *Store) SeeConversation(ctx context.Context, v *model.Viewer, id model.ID) (*model.Conversation, error) {
	found, err := s.SeeConversations(ctx, v, []model.ID{id})
	return found[id], err
}

// ConversationsByID returns those of the conversations that the account has. It is for what is in sight already: it
// does not ask who may see them.
func (s *Store) ConversationsByID(ctx context.Context, account int64, ids []model.ID) (map[model.ID]*model.Conversation, error) {
	rows, err := rowsOf(ctx, s, `SELECT `+conversationColumns+` FROM conversations c WHERE c.account_id = $1 AND c.id = ANY ($2::uuid[])`,
		[]any{account, texts(ids)}, fieldsOf)
	return keyed(rows, err, func(c *model.Conversation) model.ID { return c.ID })
}

// labelOn is a label on a conversation.
type labelOn struct {
	model.Label
	conversation model.ID
}

const labelsOn = `SELECT l.conversation_id::text, ` + labelColumns + ` FROM conversation_labels l JOIN labels t ON t.account_id = l.account_id AND t.id = l.label_id
	WHERE l.account_id = $1 AND l.conversation_id = ANY ($2::uuid[]) ORDER BY lower(t.name), t.id`

func labelOnFields(l *labelOn) []any {
	return append([]any{(*string)(&l.conversation)}, labelFields(&l.Label)...)
}

// LabelsOn returns the labels on each of the conversations, by name.
func (s *Store) LabelsOn(ctx context.Context, account int64, conversations []model.ID) (map[model.ID][]*model.Label, error) {
	rows, err := rowsOf(ctx, s, labelsOn, []any{account, texts(conversations)}, labelOnFields)
	if err != nil {
		return nil, fmt.Errorf("read labels of conversations: %w", err)
	}
	on := map[model.ID][]*model.Label{}
	for _, l := range rows {
		on[l.conversation] = append(on[l.conversation], &l.Label)
	}
	return on, nil
}
