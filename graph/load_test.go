package graph_test

import (
	"bytes"
	"encoding/json"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/livedesk/livedesk/graph"
	"github.com/livedesk/livedesk/model"
)

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
		w, before := httptest.NewRecorder(), a.db.Pool().Stat().AcquireCount()
		alone.ServeHTTP(w, request)
		// The feed looks for events each second, which may fall into the request.
		if got := a.db.Pool().Stat().AcquireCount() - before; got > most+1 {
			t.Errorf("%s took %d queries, want %d", name, got, most)
		}
		if strings.Contains(w.Body.String(), "errors") || w.Body.Len() < 500 {
			t.Errorf("%s gave %s", name, w.Body)
		}
	}
}
