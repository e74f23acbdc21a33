package graph

import (
	"slices"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"

	"github.com/livedesk/livedesk/db"
	"github.com/livedesk/livedesk/graph/scalar"
	"github.com/livedesk/livedesk/model"
)

// gqlgen spends a goroutine, a context and a dozen allocations on each field of each object, which made a list of 50
// conversations cost six milliseconds, four fifths of them in gqlgen. The list that every app shows all day is
// therefore written by a plan: what a request selects is compiled once into a row of writers, which append to one
// buffer. A selection that holds anything else than the plans know goes through gqlgen, and so does whatever fails, so
// that there is one place that tells of faults. A test holds the bytes of both ways against each other.

// write appends the value of one field as JSON.
type write[T any] func(b []byte, from T) []byte

// plan is a selection of an object's fields, in their order.
type plan[T any] []member[T]

type member[T any] struct {
	key   string // "alias":
	write write[T]
}

func (p plan[T]) append(b []byte, from T) []byte {
	b = append(b, '{')
	for i := range p {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(b, p[i].key...)
		b = p[i].write(b, from)
	}
	return append(b, '}')
}

// compiler turns the selections of one operation into plans. It is foiled by a field that no plan knows.
type compiler struct {
	op     *graphql.OperationContext
	foiled bool
}

// compile plans the selection of an object of the type. fieldOf gives the writer of a field, or nil.
func compile[T any](c *compiler, typ string, set ast.SelectionSet, fieldOf func(f graphql.CollectedField) write[T]) plan[T] {
	var p plan[T]
	for _, f := range graphql.CollectFields(c.op, set, satisfied[typ]) {
		w := fieldOf(f)
		if f.Name == "__typename" {
			name := scalar.AppendString(nil, typ)
			w = func(b []byte, _ T) []byte { return append(b, name...) }
		}
		if w == nil {
			c.foiled = true
			return nil
		}
		key := string(scalar.AppendString(nil, f.Alias)) + ":"
		if !slices.ContainsFunc(p, func(m member[T]) bool { return m.key == key }) { // selected of a union and of its member
			p = append(p, member[T]{key, w})
		}
	}
	return p
}

// satisfied lists the type conditions that hold for an object of each type that plans know.
var satisfied = map[string][]string{
	"ConversationConnection": {"ConversationConnection"}, "ConversationEdge": {"ConversationEdge"}, "PageInfo": {"PageInfo"}, "ReplyWindow": {"ReplyWindow"},
	"Conversation": {"Conversation", "Node"}, "Message": {"Message", "Node"}, "Label": {"Label", "Node"}, "Team": {"Team", "Node"}, "Channel": {"Channel", "Node"},
	"Contact": {"Contact", "Node", "MessageSender"}, "Agent": {"Agent", "Node", "Assignee", "MessageSender"}, "AiAgent": {"AiAgent", "Node", "Assignee", "MessageSender"},
}

// plain plans a selection of scalars, which are written from a table.
func plain[T any](c *compiler, typ string, set ast.SelectionSet, table map[string]write[T]) plan[T] {
	return compile(c, typ, set, func(f graphql.CollectedField) write[T] { return table[f.Name] })
}

// optional writes null in place of an object that is not there.
func optional[T any](b []byte, id model.ID, p plan[*T], from *T) []byte {
	if id == "" {
		return append(b, "null"...)
	}
	return p.append(b, from)
}

// each writes a list of objects.
func each[T any](b []byte, list []T, w write[T]) []byte {
	b = append(b, '[')
	for i, one := range list {
		if i > 0 {
			b = append(b, ',')
		}
		b = w(b, one)
	}
	return append(b, ']')
}

// pageFields are those of PageInfo.
var pageFields = map[string]write[*model.Slice[*db.Row]]{
	"hasNextPage":     func(b []byte, s *model.Slice[*db.Row]) []byte { return appendBool(b, s.HasNext) },
	"hasPreviousPage": func(b []byte, s *model.Slice[*db.Row]) []byte { return appendBool(b, s.HasPrevious) },
	"startCursor":     func(b []byte, s *model.Slice[*db.Row]) []byte { return appendFirst(b, s.Cursors) },
	"endCursor": func(b []byte, s *model.Slice[*db.Row]) []byte {
		return appendFirst(b, s.Cursors[max(0, len(s.Cursors)-1):])
	},
}

func appendFirst(b []byte, cursors []string) []byte {
	if len(cursors) == 0 {
		return append(b, "null"...)
	}
	return scalar.AppendString(b, cursors[0])
}
