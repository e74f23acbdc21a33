package graph_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	gql "github.com/vektah/gqlparser/v2/ast"

	"github.com/livedesk/livedesk/graph"
	"github.com/livedesk/livedesk/model"
)

// author writes random selections of the schema.
type author struct {
	*rand.Rand
	schema *gql.Schema
	only   []string // names of fields; nil for all
}

// aside are fields whose values differ from one request to the next.
var aside = map[string]bool{"url": true}

// selection selects some fields of the type, sometimes under another name, in a fragment, or not after all.
func (a author) selection(typ string, depth int) string {
	definition := a.schema.Types[typ]
	if definition.Kind == gql.Union {
		return fmt.Sprintf("{ __typename ... on Agent %s ... on AiAgent %s }", a.selection("Agent", 0), a.selection("AiAgent", 0))
	}
	parts := []string{"__typename"}
	for _, field := range definition.Fields {
		if strings.HasPrefix(field.Name, "__") || aside[field.Name] || a.IntN(3) == 0 || a.only != nil && !slices.Contains(a.only, field.Name) {
			continue
		}
		text := field.Name
		if len(field.Arguments) > 0 {
			text += "(first: 2)"
		}
		if inner := a.schema.Types[field.Type.Name()]; inner.IsCompositeType() {
			if depth == 0 {
				continue
			}
			text += " " + a.selection(inner.Name, depth-1)
		}
		switch a.IntN(12) {
		case 0:
			text = "other" + field.Name + ": " + text
		case 1:
			text = "... on " + typ + " { " + text + " }"
		case 2:
			text = "... @include(if: $yes) { " + text + " }"
		case 3:
			text = "... @skip(if: $yes) { " + text + " }"
		case 4:
			text = text + " " + text
		}
		parts = append(parts, text)
	}
	a.Shuffle(len(parts), func(i, j int) { parts[i], parts[j] = parts[j], parts[i] })
	return "{ " + strings.Join(parts, " ") + " }"
}

// known selects only what plans know.
const known = `{ nodes { __typename id status priority version unreadCount openedAt lastActivityAt waitingSince snoozedUntil resolvedAt closedAt
	labels { id name color } contact { id name phoneNumber blockedAt createdAt } channel { id name kind provider state } team { id name } replyWindow { open closesAt }
	assignee { __typename ... on Node { id } ... on Agent { name availability connected } ... on AiAgent { name } }
	lastMessage { __typename id version direction kind text createdAt } }
	edges { __typename cursor node { id: status } } pageInfo { hasNextPage hasPreviousPage startCursor endCursor } }`

// A plan writes, byte for byte, what gqlgen does; what it does not know it leaves to gqlgen.
func TestPlansWriteWhatGqlgenDoes(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	viewer := seed(t, a.db, a.account())
	a.disorder()
	now := time.Now()
	options := graph.Options{Desk: a.desk, DB: a.db, Now: func() time.Time { return now }}
	planned, unplanned := graph.NewHandler(options), graph.NewUnplannedHandler(options)
	random := author{rand.New(rand.NewPCG(1, 2)), graph.Schema().Schema(), nil}
	selections := []string{known}
	for i := range 300 {
		if random.only = nil; i%3 > 0 {
			random.only = strings.Fields(known)
		}
		selections = append(selections, random.selection("ConversationConnection", 2))
	}
	arguments := []string{"first: 20", "last: 7", `first: 5, order: WAITING`, `first: 5, filter: {text: "customer", assignee: {unassigned: true}}`, `first: $n, filter: $filter`,
		`first: 0`, `first: -1`, `after: "nonsense"`, `filter: {assignee: {me: false}}`, `filter: {statuses: [CLOSED]}`}
	for i, selection := range selections {
		document := `query($yes: Boolean!, $n: Int, $filter: ConversationFilter) { list: conversations(` + arguments[i%len(arguments)] + `) ` + selection + ` filter: conversations(first: $n, filter: $filter) @include(if: $yes) { nodes { id } } }`
		body, err := json.Marshal(vars{"query": document, "variables": vars{"yes": true, "n": 3, "filter": vars{"statuses": "OPEN"}}})
		if err != nil {
			t.Fatal(err)
		}
		got, want := post(t, planned, viewer, body), post(t, unplanned, viewer, body)
		if got != want {
			t.Errorf("%s\nis planned as\n%s\nbut is\n%s", document, got, want)
		}
		if strings.Contains(want, "GRAPHQL_") {
			t.Errorf("%s\nis no request: %s", document, want)
		}
	}
}

func post(t *testing.T, h http.Handler, viewer *model.Viewer, body []byte) string {
	t.Helper()
	request := httptest.NewRequestWithContext(model.WithViewer(t.Context(), viewer), "POST", "/graphql", bytes.NewReader(body))
	request.Header.Set("Content-Type", "application/json")
	w := httptest.NewRecorder()
	h.ServeHTTP(w, request)
	return w.Body.String()
}

// disorder puts odd texts and rare states into what was seeded.
func (a *api) disorder() {
	a.t.Helper()
	a.exec(`UPDATE messages SET text = E'"quoted" \\ back\nnew\ttab\r\x01\x1f\x7f <b> & \u2028 家 👍' WHERE seq = 3 AND conversation_id IN (SELECT id FROM conversations ORDER BY last_activity_at DESC LIMIT 3)`)
	a.exec(`UPDATE contacts SET name = '' WHERE id IN (SELECT contact_id FROM conversations ORDER BY last_activity_at DESC LIMIT 4)`)
	a.exec(`UPDATE contacts SET phone_number = NULL, address = 'user"name' WHERE id IN (SELECT contact_id FROM conversations ORDER BY last_activity_at DESC LIMIT 2)`)
	a.exec(`INSERT INTO ai_agents (account_id, id, name) VALUES ($1, $2, 'Robin')`, a.account(), "00000000-0000-7000-8000-000000000003")
	a.exec(`INSERT INTO teams (account_id, id, name) VALUES ($1, $2, 'Team')`, a.account(), "00000000-0000-7000-8000-000000000002")
	a.exec(`UPDATE conversations SET status = 'AI_REPLYING', agent_id = NULL, ai_agent_id = '00000000-0000-7000-8000-000000000003' WHERE id IN (SELECT id FROM conversations ORDER BY last_activity_at DESC OFFSET 4 LIMIT 2)`)
	a.exec(`UPDATE conversations SET team_id = '00000000-0000-7000-8000-000000000002', snoozed_until = now() + interval '1 hour', waiting_since = NULL, last_inbound_at = NULL, last_seq = 99
		WHERE id IN (SELECT id FROM conversations ORDER BY last_activity_at DESC OFFSET 6 LIMIT 2)`)
}
