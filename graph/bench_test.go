package graph_test

import (
	"bytes"
	"encoding/json"
	"net/http/httptest"
	"syscall"
	"testing"
	"time"

	"github.com/livedesk/livedesk/graph"
	"github.com/livedesk/livedesk/model"
)

// BenchmarkConversations answers the contract's list of 50 conversations. cpu-µs/op is the time of this process, which
// is what a server pays beside its database.
func BenchmarkConversations(b *testing.B) {
	a := newAPI(b)
	viewer := seed(b, a.db, a.account())
	handler := graph.NewHandler(graph.Options{Desk: a.desk, DB: a.db})
	body, err := json.Marshal(vars{"query": contract(b)["Conversations"], "variables": vars{"first": 50, "filter": vars{"statuses": []string{"OPEN"}}}})
	if err != nil {
		b.Fatal(err)
	}
	ask := func() int {
		request := httptest.NewRequestWithContext(model.WithViewer(b.Context(), viewer), "POST", "/graphql", bytes.NewReader(body))
		request.Header.Set("Content-Type", "application/json")
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, request)
		return w.Body.Len()
	}
	if n := ask(); n < 20_000 {
		b.Fatal("the answer has only", n, "bytes")
	}
	start := cpu(b)
	for b.Loop() {
		ask()
	}
	b.ReportMetric(float64((cpu(b)-start).Microseconds())/float64(b.N), "cpu-µs/op")
}

// cpu is the time that this process has used.
func cpu(b *testing.B) time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
