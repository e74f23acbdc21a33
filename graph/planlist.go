package graph

import (
	"context"
	"io"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"
	"golang.org/x/sync/errgroup"

	"github.com/livedesk/livedesk/db"
	"github.com/livedesk/livedesk/graph/exec"
	"github.com/livedesk/livedesk/graph/scalar"
	"github.com/livedesk/livedesk/model"
)

// row is a conversation with what a plan writes of what belongs to it.
type row struct {
	*model.Conversation
	cursor  string
	contact *model.Contact
	channel *model.Channel
	owner   exec.Assignee
	team    *model.Team
	last    *model.Message
	labels  []*model.Label
	window  model.ReplyWindow
}

// rows is a page of conversations.
type rows struct {
	page *model.Slice[*model.Conversation]
	list []row
}

// relations says what a plan needs besides the conversations.
type relations struct{ contact, channel, owner, team, last, labels bool }

// planned answers Query.conversations by a plan, if it can.
func (r *Resolver) planned(ctx context.Context, next graphql.RootResolver) graphql.Marshaler {
	field := graphql.GetRootFieldContext(ctx).Field
	if field.Name != "conversations" || r.unplanned {
		return next(ctx)
	}
	c := &compiler{op: graphql.GetOperationContext(ctx)}
	needs := &relations{}
	p := compile(c, "ConversationConnection", field.Selections, func(f graphql.CollectedField) write[*rows] { return connectionField(c, needs, f) })
	if c.foiled {
		return next(ctx)
	}
	list, ok := r.readRows(ctx, field, needs)
	if !ok {
		return next(ctx)
	}
	b := p.append(make([]byte, 0, 256+768*len(list.list)), list)
	return graphql.WriterFunc(func(w io.Writer) { w.Write(b) })
}

func connectionField(c *compiler, needs *relations, f graphql.CollectedField) write[*rows] {
	switch f.Name {
	case "nodes":
		p := compile(c, "Conversation", f.Selections, func(f graphql.CollectedField) write[*row] { return conversationField(c, needs, f) })
		return func(b []byte, all *rows) []byte { return appendRows(b, all.list, p) }
	case "edges":
		p := compile(c, "ConversationEdge", f.Selections, func(f graphql.CollectedField) write[*row] { return edgeField(c, needs, f) })
		return func(b []byte, all *rows) []byte { return appendRows(b, all.list, p) }
	case "pageInfo":
		p := plain(c, "PageInfo", f.Selections, pageFields)
		return func(b []byte, all *rows) []byte { return p.append(b, all.page) }
	}
	return nil
}

func appendRows(b []byte, list []row, p plan[*row]) []byte {
	b = append(b, '[')
	for i := range list {
		if i > 0 {
			b = append(b, ',')
		}
		b = p.append(b, &list[i])
	}
	return append(b, ']')
}

func edgeField(c *compiler, needs *relations, f graphql.CollectedField) write[*row] {
	switch f.Name {
	case "cursor":
		return func(b []byte, r *row) []byte { return scalar.AppendString(b, r.cursor) }
	case "node":
		return compile(c, "Conversation", f.Selections, func(f graphql.CollectedField) write[*row] { return conversationField(c, needs, f) }).append
	}
	return nil
}

func conversationField(c *compiler, needs *relations, f graphql.CollectedField) write[*row] {
	if w := conversationFields[f.Name]; w != nil {
		return func(b []byte, r *row) []byte { return w(b, r.Conversation) }
	}
	set := f.Selections
	switch f.Name {
	case "contact":
		p := plain(c, "Contact", set, contactFields)
		needs.contact = true
		return func(b []byte, r *row) []byte { return p.append(b, r.contact) }
	case "channel":
		p := plain(c, "Channel", set, channelFields)
		needs.channel = true
		return func(b []byte, r *row) []byte { return p.append(b, r.channel) }
	case "replyWindow":
		p := plain(c, "ReplyWindow", set, windowFields)
		needs.channel = true
		return func(b []byte, r *row) []byte { return p.append(b, r.window) }
	case "team":
		w := optional(plain(c, "Team", set, teamFields))
		needs.team = true
		return func(b []byte, r *row) []byte { return w(b, r.team) }
	case "lastMessage":
		w := optional(plain(c, "Message", set, messageFields))
		needs.last = true
		return func(b []byte, r *row) []byte { return w(b, r.last) }
	case "labels":
		p := plain(c, "Label", set, labelFields)
		needs.labels = true
		return func(b []byte, r *row) []byte { return each(b, r.labels, p.append) }
	case "assignee":
		needs.owner = true
		return assigneeField(c, set)
	}
	return nil
}

func assigneeField(c *compiler, set ast.SelectionSet) write[*row] {
	agent, ai := plain(c, "Agent", set, agentFields), plain(c, "AiAgent", set, aiAgentFields)
	return func(b []byte, r *row) []byte {
		switch owner := r.owner.(type) {
		case *model.Agent:
			return agent.append(b, owner)
		case *model.AiAgent:
			return ai.append(b, owner)
		}
		return append(b, "null"...)
	}
}

// readRows reads the page that the field asks for and what the plan needs. It is not ok when anything is wrong.
func (r *Resolver) readRows(ctx context.Context, field graphql.CollectedField, needs *relations) (*rows, bool) {
	v, err := model.ViewerFrom(ctx)
	if err != nil {
		return nil, false
	}
	f, p, err := conversationArguments(ctx, v, field)
	if err != nil {
		return nil, false
	}
	page, err := r.DB.Conversations(ctx, v, f, p)
	if err != nil {
		return nil, false
	}
	all := &rows{page: page, list: make([]row, len(page.Nodes))}
	for i, c := range page.Nodes {
		all.list[i] = row{Conversation: c, cursor: page.Cursors[i]}
	}
	return all, len(page.Nodes) == 0 || r.relate(ctx, all, needs)
}

func conversationArguments(ctx context.Context, v *model.Viewer, field graphql.CollectedField) (f db.ConversationFilter, p model.Page, err error) {
	var in struct {
		filter        *exec.ConversationFilter
		first, last   *int
		after, before *string
	}
	raw := field.ArgumentMap(graphql.GetOperationContext(ctx).Variables)
	if raw["filter"] != nil {
		in.filter = &exec.ConversationFilter{}
		if err := graphql.UnmarshalNamedInputFromContext(ctx, "ConversationFilter", raw["filter"], in.filter); err != nil {
			return f, p, err
		}
	}
	for name, into := range map[string]**int{"first": &in.first, "last": &in.last} {
		if *into, err = argument(raw[name], scalar.UnmarshalInt); err != nil {
			return f, p, err
		}
	}
	for name, into := range map[string]**string{"after": &in.after, "before": &in.before} {
		if *into, err = argument(raw[name], scalar.UnmarshalString); err != nil {
			return f, p, err
		}
	}
	f, err = filterOf(v, in.filter)
	f.Waiting = raw["order"] == string(exec.ConversationOrderWaiting)
	return f, page(in.first, in.after, in.last, in.before), err
}

func argument[T any](raw any, read func(any) (T, error)) (*T, error) {
	if raw == nil {
		return nil, nil
	}
	value, err := read(raw)
	return &value, err
}

// relate reads what belongs to the conversations, each relation beside the others.
func (r *Resolver) relate(ctx context.Context, all *rows, needs *relations) bool {
	conversations := &conversationResolver{r}
	list := all.page.Nodes
	var together errgroup.Group
	relation(&together, needs.contact, func() ([]*model.Contact, error) { return conversations.Contact(ctx, list) }, func(i int, c *model.Contact) { all.list[i].contact = c })
	relation(&together, needs.channel, func() ([]*model.Channel, error) { return conversations.Channel(ctx, list) }, func(i int, c *model.Channel) { all.list[i].channel = c })
	relation(&together, needs.owner, func() ([]exec.Assignee, error) { return conversations.Assignee(ctx, list) }, func(i int, a exec.Assignee) { all.list[i].owner = a })
	relation(&together, needs.team, func() ([]*model.Team, error) { return conversations.Team(ctx, list) }, func(i int, t *model.Team) { all.list[i].team = t })
	relation(&together, needs.last, func() ([]*model.Message, error) { return conversations.LastMessage(ctx, list) }, func(i int, m *model.Message) { all.list[i].last = m })
	relation(&together, needs.labels, func() ([][]*model.Label, error) { return conversations.Labels(ctx, list) }, func(i int, l []*model.Label) { all.list[i].labels = l })
	if together.Wait() != nil {
		return false
	}
	for i := range all.list {
		one := &all.list[i]
		if needs.contact && one.contact == nil || needs.channel && one.channel == nil {
			return false
		}
		if needs.channel {
			one.window = model.ReplyWindowAt(one.channel.Kind, one.LastInboundAt, r.Now())
		}
	}
	return true
}

func relation[T any](together *errgroup.Group, needed bool, read func() ([]T, error), put func(i int, value T)) {
	if !needed {
		return
	}
	together.Go(func() error {
		values, err := read()
		for i, value := range values {
			put(i, value)
		}
		return err
	})
}
