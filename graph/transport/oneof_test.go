package transport_test

import (
	"strings"
	"testing"

	"github.com/livedesk/livedesk/graph/transport"
	"github.com/livedesk/livedesk/graph/transport/internal/testschema"
)

func TestOneOfVariables(t *testing.T) {
	t.Parallel()
	type object = map[string]any
	const (
		one  = "query($v:FindBy!){find(by:$v)}"
		list = "query($v:[FindBy!]!){findAll(by:$v)}"
		deep = "query($v:Filter){search(filter:$v)}"
		in   = "query($v:Nested!){find(by:{nested:$v})}"
		leaf = "query($v:ID!){find(by:{id:$v})}"
	)
	good, two, null, none := object{"id": "1"}, object{"id": "1", "name": "a"}, object{"id": nil}, object{}
	cases := []struct {
		name  string
		query string
		value any
		want  string // what the resolver saw, or "" for refused
	}{
		{"one member", one, good, `"find":"id"`},
		{"with its type name", one, object{"id": "1", "__typename": "FindBy"}, `"find":"id"`},
		{"two members", one, two, ""},
		{"no member", one, none, ""},
		{"null member", one, null, ""},
		{"second member null", one, object{"id": "1", "name": nil}, ""},
		{"nested good", one, object{"nested": object{"by": good}}, `"find":"nested"`},
		{"nested two members", one, object{"nested": object{"by": two}}, ""},
		{"twice nested", one, object{"nested": object{"by": object{"nested": object{"by": none}}}}, ""},
		{"list good", list, []any{good, good}, `"findAll":["id","id"]`},
		{"list, last bad", list, []any{good, two}, ""},
		{"single value for a list", list, good, `"findAll":["id"]`},
		{"single bad value for a list", list, two, ""},
		{"list inside an object", one, object{"any": []any{good, null}}, ""},
		{"list of lists", deep, object{"any": []any{[]any{good}, []any{good, two}}}, ""},
		{"list of lists, single value", deep, object{"any": two}, ""},
		{"list of lists good", deep, object{"any": []any{[]any{good}}}, `"search":"searched"`},
		{"absent and nullable", deep, nil, `"search":"searched"`},
		{"variable inside a literal", in, object{"by": two}, ""},
		{"leaf variable inside a literal", leaf, "1", `"find":"id"`},
	}
	h := newHandler(&testschema.Root{}, transport.HTTP{})
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			got := post(t, h, c.query, object{"v": c.value})
			if c.want != "" && !strings.Contains(got, c.want) {
				t.Errorf("got %s, want %s", got, c.want)
			}
			if c.want == "" && (strings.Contains(got, `"data"`) || !strings.Contains(got, `OneOf Input Object \"FindBy\"`)) {
				t.Errorf("got %s, want a refusal", got)
			}
		})
	}
}

func TestOneOfDefaultsAndLiterals(t *testing.T) {
	t.Parallel()
	h := newHandler(&testschema.Root{}, transport.HTTP{})
	refused := map[string]string{
		"default":           `query($v:FindBy={id:"1",name:"a"}){find(by:{nested:{by:{any:[]}}}) search(filter:{any:[[$v]]})}`,
		"literal":           `{find(by:{id:"1",name:"a"})}`,
		"nullable variable": `query($v:ID){find(by:{id:$v})}`,
	}
	for name, query := range refused {
		if got := post(t, h, query, nil); strings.Contains(got, `"data"`) {
			t.Errorf("%s: accepted: %s", name, got)
		}
	}
}
