package server

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/livedesk/livedesk/db"
	"github.com/livedesk/livedesk/server/blob"
)

// health answers whether the process lives and whether it can work.
type health struct {
	db       *db.DB
	blobs    *blob.Store
	stopping atomic.Bool
}

// finding is one thing that readiness looks at, and what to do when it is not well.
type finding struct {
	Name string `json:"name"`
	OK   bool   `json:"ok"`
	Do   string `json:"do,omitempty"`
}

func (h *health) live(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	fmt.Fprintln(w, "ok")
}

// ready answers 200 when webhooks and agents can be served, else 503, with a line per finding.
func (h *health) ready(w http.ResponseWriter, r *http.Request) {
	ctx, cancel := context.WithTimeout(r.Context(), 3*time.Second)
	defer cancel()
	findings := h.look(ctx)
	status := http.StatusOK
	for _, f := range findings {
		if !f.OK {
			status = http.StatusServiceUnavailable
		}
	}
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(map[string]any{"ready": status == http.StatusOK, "findings": findings})
}

func (h *health) look(ctx context.Context) []finding {
	all := []finding{check("server", !h.stopping.Load(), "The process is stopping; send requests to another one.")}
	if err := h.db.Ping(ctx); err != nil {
		return append(all, check("database", false, "Postgres does not answer. Check that it runs and that DATABASE_URL is right."))
	}
	all = append(all, check("database", true, ""))
	migrated, err := h.db.Migrated(ctx)
	all = append(all, check("migrations", err == nil && migrated, "Run `livedesk migrate`."))
	all = append(all, check("attachments", h.blobs.Ping(ctx) == nil, "The attachment store does not answer. Check LIVEDESK_BLOB_URL or the data folder."))
	b, err := h.db.Backlog(ctx)
	if err != nil {
		return append(all, check("backlog", false, "The backlog cannot be read: look at the database's load."))
	}
	all = append(all, check("events", b.OutboxAge < 10*time.Second, "Events are not numbered: look for errors of 'number events' in the log."))
	var jobs time.Duration
	for _, q := range b.Queues {
		jobs = max(jobs, q.Age)
	}
	return append(all, check("jobs", jobs < time.Minute, "Jobs wait over a minute: look at livedesk_job_seconds and the log, or start another process."))
}

func check(name string, ok bool, do string) finding {
	if ok {
		do = ""
	}
	return finding{Name: name, OK: ok, Do: do}
}
