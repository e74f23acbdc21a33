package graph_test

import (
	"bytes"
	"encoding/json"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/livedesk/livedesk/graph"
	"github.com/livedesk/livedesk/model"
)

// Quoted messages of a page are read together too, and only those of the same conversation are shown.
func TestQuotesAreReadTogether(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	viewer := seed(t, a.db, a.account())
	// One conversation of twenty messages, each of which quotes the one before it, and the first a foreign one.
	a.exec(`UPDATE messages m SET conversation_id = v.id, channel_id = v.channel_id, seq = 3 + n FROM conversations v,
			(SELECT id, row_number() OVER (ORDER BY id) AS n FROM messages WHERE conversation_id NOT IN (SELECT id FROM conversations ORDER BY last_activity_at DESC LIMIT 2) LIMIT 17) more
		WHERE more.id = m.id AND v.last_activity_at = (SELECT max(last_activity_at) FROM conversations)`)
	a.exec(`UPDATE messages m SET external_id = 'SM' || m.id, channel_id = v.channel_id, data = jsonb_build_object('quoted', 'SM' || coalesce(
			(SELECT q.id FROM messages q WHERE q.conversation_id = m.conversation_id AND q.seq = m.seq - 1),
			(SELECT o.id FROM messages o JOIN conversations w ON w.id = o.conversation_id WHERE w.id <> v.id AND w.channel_id = v.channel_id LIMIT 1)))
		FROM conversations v WHERE v.id = m.conversation_id`)
	const page = `{ conversations(first: 1) { nodes { messages(first: 50) { nodes { id replyTo { id } } } } } }`
	alone := graph.NewHandler(graph.Options{Desk: a.desk, DB: a.db})
	body, err := json.Marshal(vars{"query": page})
	if err != nil {
		t.Fatal(err)
	}
	before := a.db.Pool().Stat().AcquireCount()
	text := post(t, alone, viewer, body)
	if got := a.db.Pool().Stat().AcquireCount() - before; got > 3+1 { // conversations, messages and what they quote
		t.Errorf("a page of messages took %d queries, want 3", got)
	}
	var answer struct{ Data vars }
	if err := json.Unmarshal([]byte(text), &answer); err != nil {
		t.Fatal(err)
	}
	messages := list(at(answer.Data, "conversations", "nodes", 0, "messages", "nodes"))
	if len(messages) != 20 || at(messages[0], "replyTo") != nil {
		t.Fatalf("answered %s", text)
	}
	for n, m := range messages[1:] {
		if at(m, "replyTo", "id") != at(messages[n], "id") {
			t.Errorf("message %d answers %v", n+1, at(m, "replyTo"))
		}
	}
}

// However long a list is, what belongs to its objects is read in one query for each relation; below lists in a list, in
// as many as go while another is under way.
func TestListsReadRelationsTogether(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	viewer := seed(t, a.db, a.account())
	alone := graph.NewHandler(graph.Options{Desk: a.desk, DB: a.db})
	for name, most := range map[string]int64{"Conversations": 6, "Contacts": 9, "Agents": 2, "Channels": 3} {
		body, err := json.Marshal(vars{"query": contract(t)[name], "variables": vars{"first": 50}})
		if err != nil {
			t.Fatal(err)
		}
		request := httptest.NewRequestWithContext(model.WithViewer(t.Context(), viewer), "POST", "/graphql", bytes.NewReader(body))
		request.Header.Set("Content-Type", "application/json")
		w, before, start := httptest.NewRecorder(), a.db.Pool().Stat().AcquireCount(), time.Now()
		alone.ServeHTTP(w, request)
		// The feed looks for events each second, which may fall into the request; and on a busy machine fewer lists go
		// while another is under way. A query for each of the fifty objects would still be many more.
		looks := 2 * int64(1+time.Since(start)/time.Second)
		if got := a.db.Pool().Stat().AcquireCount() - before; got > 3*most+looks {
			t.Errorf("%s took %d queries, want %d", name, got, most)
		}
		if strings.Contains(w.Body.String(), "errors") || w.Body.Len() < 500 {
			t.Errorf("%s gave %s", name, w.Body)
		}
	}
}
