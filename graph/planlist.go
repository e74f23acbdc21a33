package graph

import (
	"context"
	"io"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"

	"github.com/livedesk/livedesk/db"
	"github.com/livedesk/livedesk/graph/exec"
	"github.com/livedesk/livedesk/graph/scalar"
	"github.com/livedesk/livedesk/model"
)

// row is a conversation with what a plan writes of it.
type row struct {
	*db.Row
	cursor string
	window model.ReplyWindow
}

// rows is a page of conversations.
type rows struct {
	page *model.Slice[*db.Row]
	list []row
}

// planned answers Query.conversations by a plan, if it can.
func (r *Resolver) planned(ctx context.Context, next graphql.RootResolver) graphql.Marshaler {
	field := graphql.GetRootFieldContext(ctx).Field
	if field.Name != "conversations" || r.unplanned {
		return next(ctx)
	}
	c := &compiler{op: graphql.GetOperationContext(ctx)}
	needs := &db.Parts{}
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

func connectionField(c *compiler, needs *db.Parts, f graphql.CollectedField) write[*rows] {
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

func edgeField(c *compiler, needs *db.Parts, f graphql.CollectedField) write[*row] {
	switch f.Name {
	case "cursor":
		return func(b []byte, r *row) []byte { return scalar.AppendString(b, r.cursor) }
	case "node":
		return compile(c, "Conversation", f.Selections, func(f graphql.CollectedField) write[*row] { return conversationField(c, needs, f) }).append
	}
	return nil
}

func conversationField(c *compiler, needs *db.Parts, f graphql.CollectedField) write[*row] {
	if w := conversationFields[f.Name]; w != nil {
		return func(b []byte, r *row) []byte { return w(b, &r.Conversation) }
	}
	set := f.Selections
	switch f.Name {
	case "contact":
		p := plain(c, "Contact", set, contactFields)
		needs.Contact = true
		return func(b []byte, r *row) []byte { return p.append(b, &r.Contact) }
	case "channel":
		p := plain(c, "Channel", set, channelFields)
		needs.Channel = true
		return func(b []byte, r *row) []byte { return p.append(b, &r.Channel) }
	case "replyWindow":
		p := plain(c, "ReplyWindow", set, windowFields)
		needs.Channel = true
		return func(b []byte, r *row) []byte { return p.append(b, r.window) }
	case "team":
		p := plain(c, "Team", set, teamFields)
		needs.Team = true
		return func(b []byte, r *row) []byte { return optional(b, r.Team.ID, p, &r.Team) }
	case "lastMessage":
		p := plain(c, "Message", set, messageFields)
		needs.Last = true
		return func(b []byte, r *row) []byte { return optional(b, r.Last.ID, p, &r.Last) }
	case "labels":
		p := plain(c, "Label", set, labelFields)
		needs.Labels = true
		return func(b []byte, r *row) []byte { return each(b, r.Labels, p.append) }
	case "assignee":
		needs.Owner = true
		return assigneeField(c, set)
	}
	return nil
}

func assigneeField(c *compiler, set ast.SelectionSet) write[*row] {
	agent, ai := plain(c, "Agent", set, agentFields), plain(c, "AiAgent", set, aiAgentFields)
	return func(b []byte, r *row) []byte {
		if r.Agent.ID != "" {
			return agent.append(b, &r.Agent)
		}
		return optional(b, r.AiAgent.ID, ai, &r.AiAgent)
	}
}

// readRows reads the page that the field asks for and what the plan needs. It is not ok when anything is wrong.
func (r *Resolver) readRows(ctx context.Context, field graphql.CollectedField, needs *db.Parts) (*rows, bool) {
	v, err := model.ViewerFrom(ctx)
	if err != nil {
		return nil, false
	}
	f, p, err := conversationArguments(ctx, v, field)
	if err != nil {
		return nil, false
	}
	page, err := r.DB.ConversationRows(ctx, v, f, p, *needs)
	if err != nil {
		return nil, false
	}
	all := &rows{page: page, list: make([]row, len(page.Nodes))}
	for i, c := range page.Nodes {
		all.list[i] = row{Row: c, cursor: page.Cursors[i]}
		if needs.Channel {
			all.list[i].window = model.ReplyWindowAt(c.Channel.Kind, c.LastInboundAt, r.Now())
		}
	}
	return all, true
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
