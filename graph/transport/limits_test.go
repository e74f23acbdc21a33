package transport_test

import (
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/99designs/gqlgen/graphql/handler"
	"github.com/99designs/gqlgen/graphql/introspection"
	"github.com/livedesk/livedesk/graph/transport"
	"github.com/livedesk/livedesk/graph/transport/internal/testschema"
	gqlparser "github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/ast"
)

// post sends one operation and returns the body of the answer.
func post(t *testing.T, h *handler.Server, query string, variables any) string {
	t.Helper()
	body, err := json.Marshal(map[string]any{"query": query, "variables": variables})
	if err != nil {
		t.Fatal(err)
	}
	return do(h, "POST", "/graphql", string(body), "Content-Type", "application/json").Body.String()
}

func TestLimitsAtTheEdge(t *testing.T) {
	t.Parallel()
	h := newHandler(&testschema.Root{}, transport.HTTP{})
	h.Use(transport.Limits{})
	cases := []struct {
		name    string
		query   func(n int) string
		allowed int
		refusal string
	}{
		{"depth", nested, 10, "fields nest deeper than 10"},
		{"depth through fragments", nestedFragments, 10, "fields nest deeper than 10"},
		{"aliases", func(n int) string { return "{node{" + repeated("a%d:id ", n) + "}}" }, 30, "more than 30 aliases"},
		{"aliases in a fragment spread twice", func(n int) string {
			return "{node{...F next{...F " + repeated("b%d:id ", n-30) + "}}} fragment F on Node{" + repeated("a%d:id ", 15) + "}"
		}, 30, "more than 30 aliases"},
		{"root fields", func(n int) string { return "{" + strings.Repeat("__typename ", n) + "}" }, 20, "more than 20 root fields"},
		{"root fields in fragments", func(n int) string {
			return "{...F ..." + " on Query{" + strings.Repeat("ping ", n-10) + "}} fragment F on Query{" + strings.Repeat("ping ", 10) + "}"
		}, 20, "more than 20 root fields"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if got := post(t, h, c.query(c.allowed), nil); !strings.HasPrefix(got, `{"data":`) {
				t.Errorf("%d refused: %s", c.allowed, got)
			}
			got := post(t, h, c.query(c.allowed+1), nil)
			if !strings.Contains(got, c.refusal) || !strings.Contains(got, `"code":"COMPLEXITY_LIMIT"`) || strings.Contains(got, `"data"`) {
				t.Errorf("%d accepted: %s", c.allowed+1, got)
			}
		})
	}
}

// nested is {node{next{… id}}}, n fields deep.
func nested(n int) string {
	return "{node" + strings.Repeat("{next", n-2) + "{id}" + strings.Repeat("}", n-2) + "}"
}

// nestedFragments is the same depth, each level in a fragment of its own.
func nestedFragments(n int) string {
	query := "{node{...F0}}"
	for i := range n - 2 {
		query += fmt.Sprintf(" fragment F%d on Node{next{...F%d}}", i, i+1)
	}
	return query + fmt.Sprintf(" fragment F%d on Node{id}", n-2)
}

func repeated(format string, n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, format, i)
	}
	return b.String()
}

// Every fragment spreads the next one twice: 2^40 fields, which must neither take time nor wrap around.
func TestLimitsMeasureAFragmentBombOnce(t *testing.T) {
	t.Parallel()
	h := newHandler(&testschema.Root{}, transport.HTTP{})
	h.Use(transport.Limits{Depth: 100})
	query := "{node{...F0}}"
	for i := range 40 {
		query += fmt.Sprintf(" fragment F%d on Node{...F%d ...F%d}", i, i+1, i+1)
	}
	query += " fragment F40 on Node{a:id}"
	if got := post(t, h, query, nil); !strings.Contains(got, "more than 30 aliases") {
		t.Errorf("got %.200s", got)
	}
}

func TestLimitsLetIntrospectionPass(t *testing.T) {
	t.Parallel()
	h := newHandler(&testschema.Root{}, transport.HTTP{})
	h.Use(transport.Limits{})
	if got := post(t, h, introspection.Query, nil); !strings.HasPrefix(got, `{"data":{"__schema"`) {
		t.Errorf("got %.200s", got)
	}
}

// @defer comes from gqlparser's prelude, so every schema has it until it is taken out.
func TestRemoveDefer(t *testing.T) {
	t.Parallel()
	source, err := os.ReadFile("internal/testschema/schema.graphqls")
	if err != nil {
		t.Fatal(err)
	}
	schema, err := gqlparser.LoadSchema(&ast.Source{Input: string(source)})
	if err != nil {
		t.Fatal(err)
	}
	h := handler.New(testschema.NewExecutableSchema(testschema.Config{Schema: schema, Resolvers: &testschema.Root{}}))
	h.AddTransport(transport.HTTP{})
	const query = "{node{id ... @defer{next{id}}}}"
	if got := post(t, h, query, nil); strings.Contains(got, `"errors"`) {
		t.Fatalf("@defer is gone before it was removed: %s", got)
	}
	transport.RemoveDefer(schema)
	if got := post(t, h, query, nil); !strings.Contains(got, `Unknown directive \"@defer\"`) {
		t.Errorf("got %s", got)
	}
}
