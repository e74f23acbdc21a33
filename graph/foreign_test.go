package graph_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	gql "github.com/vektah/gqlparser/v2/ast"

	"github.com/livedesk/livedesk/graph"
	"github.com/livedesk/livedesk/model"
)

// sample writes a valid value of each input type, with the id under test at one place and harmless values elsewhere.
type sample struct {
	schema *gql.Schema
	own    map[string]string // ids that the caller may use, by what the argument's name says
	id     string
}

// kinds are the sorts of objects that arguments name, the longer names first.
var kinds = []string{"aiagent", "agent", "team", "label", "channel", "contact", "conversation", "message", "attachment", "rule", "article"}

// place is one spot of the schema that takes an id: its path from a root field.
type place struct {
	root *gql.FieldDefinition
	kind string // query, mutation or subscription
	path []string
}

func (p place) String() string { return p.root.Name + "(" + strings.Join(p.path, ".") + ":)" }

// places lists every spot that takes an id.
func places(schema *gql.Schema) (all []place) {
	for kind, root := range map[string]*gql.Definition{"query": schema.Query, "mutation": schema.Mutation, "subscription": schema.Subscription} {
		for _, field := range root.Fields {
			if strings.HasPrefix(field.Name, "__") {
				continue
			}
			for _, argument := range field.Arguments {
				walk(schema, argument.Type, []string{argument.Name}, func(path []string) { all = append(all, place{field, kind, path}) })
			}
		}
	}
	return all
}

func walk(schema *gql.Schema, typ *gql.Type, path []string, found func([]string)) {
	definition := schema.Types[typ.Name()]
	if definition.Name == "ID" {
		found(slices.Clone(path))
	}
	if definition.Kind == gql.InputObject {
		for _, field := range definition.Fields {
			walk(schema, field.Type, append(path, field.Name), found)
		}
	}
}

// value writes a value of the type for a request whose id under test is at the rest of the path; [""] leads nowhere.
func (s sample) value(name string, typ *gql.Type, path []string) any {
	if typ.Elem != nil {
		return []any{s.value(name, typ.Elem, path)}
	}
	definition := s.schema.Types[typ.NamedType]
	switch {
	case definition.Kind == gql.InputObject:
		return s.object(definition, path)
	case definition.Kind == gql.Enum:
		return definition.EnumValues[0].Name
	case definition.Name == "ID" && len(path) == 0:
		return s.id
	case definition.Name == "ID":
		return s.own[name]
	case definition.Name == "Int":
		return 1
	case definition.Name == "Boolean":
		return true
	case definition.Name == "DateTime":
		return "2030-01-01T00:00:00Z"
	}
	return "#a0b0c0"
}

// object fills what is required and what leads to the id; of a @oneOf input only that, or its first member.
func (s sample) object(definition *gql.Definition, path []string) vars {
	object := vars{}
	oneOf := definition.Directives.ForName("oneOf") != nil
	for i, field := range definition.Fields {
		onPath := field.Name == path[0]
		switch {
		case onPath:
			object[field.Name] = s.value(field.Name, field.Type, path[1:])
		case field.Type.NonNull, field.Name == "text", oneOf && path[0] == "" && i == 0:
			object[field.Name] = s.value(field.Name, field.Type, []string{""})
		}
	}
	return object
}

// request writes an operation whose id under test is at the place.
func (s sample) request(p place) (document string, variables vars) {
	var definitions, arguments []string
	variables = vars{}
	for _, argument := range p.root.Arguments {
		onPath := argument.Name == p.path[0]
		if !onPath && !argument.Type.NonNull {
			continue
		}
		rest := []string{""}
		if onPath {
			rest = p.path[1:]
		}
		definitions = append(definitions, "$"+argument.Name+": "+argument.Type.String())
		arguments = append(arguments, argument.Name+": $"+argument.Name)
		variables[argument.Name] = s.value(argument.Name, argument.Type, rest)
	}
	if len(definitions) == 0 {
		return fmt.Sprintf("%s { %s %s }", p.kind, p.root.Name, s.selection(p.root.Type)), variables
	}
	return fmt.Sprintf("%s(%s) { %s(%s) %s }", p.kind, strings.Join(definitions, ", "), p.root.Name, strings.Join(arguments, ", "), s.selection(p.root.Type)), variables
}

// selection asks for the ids of what comes back, and for the refusals.
func (s sample) selection(typ *gql.Type) string {
	definition := s.schema.Types[typ.Name()]
	var fields []string
	for _, field := range definition.Fields {
		inner := s.schema.Types[field.Type.Name()]
		switch {
		case field.Name == "userErrors":
			fields = append(fields, "userErrors { code field message }")
		case field.Name == "nodes" || definition.Kind == gql.Interface:
			fields = append(fields, field.Name+strings.Repeat(" { id }", min(1, len(inner.Fields))))
		case inner.Fields.ForName("id") != nil && field.Type.Elem == nil && strings.HasSuffix(definition.Name, "Payload"):
			fields = append(fields, field.Name+" { id }")
		case field.Name == "id":
			fields = append(fields, "id")
		}
	}
	return "{ " + strings.Join(append(fields, "__typename"), " ") + " }"
}

// kindAt says what sort of object the id at the place names; "" for any.
func (p place) kindAt(t *testing.T) string {
	t.Helper()
	name := p.path[len(p.path)-1]
	switch name {
	case "id", "ids":
		return strings.TrimSuffix(strings.TrimSuffix(p.root.Name, "s"), "node")
	case "subjectId":
		return ""
	case "upToMessageId", "replyToId":
		return "message"
	}
	for _, kind := range kinds {
		if strings.HasSuffix(strings.ToLower(strings.TrimRight(name, "s")), kind+"id") {
			return kind
		}
	}
	t.Errorf("this test does not know what %s names", p)
	return ""
}

// With an id of another account, whatever takes one answers as it does for an id of nothing, byte for byte, and nothing
// of the other account changes. The cases are made from the schema, so a new argument is tested when it is added.
func TestIdsOfOthersAreIdsOfNothing(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	theirs := a.furnish(a.admin)
	token := a.secondAccount()
	own := map[string]string{}
	for kind, id := range a.furnish(token) {
		for _, name := range []string{kind + "Id", kind + "Ids"} {
			own[name] = id
		}
	}
	before := a.fingerprint()
	schema := graph.Schema().Schema()
	for _, p := range places(schema) {
		for kind, id := range theirs {
			if only := p.kindAt(t); p.kind == "subscription" || only != "" && only != kind {
				continue
			}
			nothing := string(model.NewID(model.ID(id).Kind()))
			got, want := a.probe(token, p, own, id), a.probe(token, p, own, nothing)
			if got != want || strings.Contains(got, "INTERNAL") || strings.Contains(got, "GRAPHQL_") {
				t.Errorf("%s with another account's %s gave\n%s, with an id of nothing\n%s", p, kind, got, want)
			}
		}
	}
	if after := a.fingerprint(); after != before {
		t.Errorf("the other account changed from\n%s to\n%s", before, after)
	}
}

// probe asks with the id at the place and returns the answer without it.
func (a *api) probe(token string, p place, own map[string]string, id string) string {
	a.t.Helper()
	document, variables := sample{graph.Schema().Schema(), own, id}.request(p)
	return strings.ReplaceAll(a.send(token, document, variables).raw, id, "<id>")
}

// The same with ids that the caller may see gives something else: the probe does reach what it asks for.
func TestProbesReachWhatTheyAskFor(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	mine := a.furnish(a.admin)
	for _, p := range places(graph.Schema().Schema()) {
		if p.root.Name != "node" {
			continue
		}
		for kind, id := range mine {
			if got := a.probe(a.admin, p, nil, id); !strings.Contains(got, `"id":"<id>"`) {
				t.Errorf("node of one's own %s gave %s", kind, got)
			}
		}
	}
}

func TestStreamsOfOthers(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	theirs := a.furnish(a.admin)
	token := a.secondAccount()
	s := &story{api: a, documents: contract(t), sent: map[string]bool{}}
	foreign := s.refusedStream(token, theirs["conversation"])
	nothing := s.refusedStream(token, string(model.NewID(model.KindConversation)))
	if foreign != nothing || !strings.Contains(foreign, "NOT_FOUND") {
		t.Errorf("another account's conversation gave %s, an id of nothing %s", foreign, nothing)
	}
}
