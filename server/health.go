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
	Name    string `json:"name"`
	OK      bool   `json:"ok"`
	Warning bool   `json:"warning,omitempty"` // not well, but webhooks and agents can be served
	Do      string `json:"do,omitempty"`
}

func (h *health) live(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	fmt.Fprintln(w, "ok")
}

// ready answers 200 when webhooks and agents can be served, else 503, with a line per finding. What all processes have
// in common, and sending requests elsewhere does not mend, is a warning, unless nothing works without it.
func (h *health) ready(w http.ResponseWriter, r *http.Request) {
	ctx, cancel := context.WithTimeout(r.Context(), 3*time.Second)
	defer cancel()
	findings := h.look(ctx)
	status := http.StatusOK
	for _, f := range findings {
		if !f.OK && !f.Warning {
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
	return append(all, h.warnings(ctx)...)
}

func (h *health) warnings(ctx context.Context) []finding {
	// A store that does not answer must not make the answer too late for a balancer.
	soon, cancel := context.WithTimeout(ctx, time.Second)
	defer cancel()
	all := []finding{warn("attachments", h.blobs.Ping(soon) == nil, "The attachment store does not answer. Check LIVEDESK_BLOB_URL or the data folder.")}
	b, err := h.db.Backlog(ctx)
	if err != nil {
		return append(all, warn("backlog", false, "The backlog cannot be read: look at the database's load."))
	}
	all = append(all, warn("events", b.OutboxAge < 10*time.Second, "Events are not numbered: look for errors of 'number events' in the log."))
	var jobs time.Duration
	for _, q := range b.Queues {
		jobs = max(jobs, q.Age)
	}
	return append(all, warn("jobs", jobs < time.Minute, "Jobs wait over a minute: look at livedesk_job_seconds and the log, or start another process."))
}

func warn(name string, ok bool, do string) finding {
	f := check(name, ok, do)
	f.Warning = !ok
	return f
}

func check(name string, ok bool, do string) finding {
	if ok {
		do = ""
	}
	return finding{Name: name, OK: ok, Do: do}
}
