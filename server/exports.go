package server

import (
	"log/slog"
	"mime"
	"net/http"
	"strings"
	"time"

	"github.com/livedesk/livedesk/model"
	"github.com/livedesk/livedesk/server/desk"
)

// exports serves GET /exports/{id}.
type exports struct {
	desk *desk.Desk
	log  *slog.Logger
}

// download writes an export to whoever holds its signed address, as it is read. One that breaks off is cut, so that
// nobody takes it for whole.
func (x *exports) download(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		w.Header().Set("Allow", "GET, HEAD, OPTIONS")
		http.Error(w, "Exports are fetched with GET.", http.StatusMethodNotAllowed)
		return
	}
	e, err := x.desk.OpenExport(r.Context(), r.PathValue("id"), r.URL.Query())
	if err != nil {
		status, text := http.StatusNotFound, "There is no such export, or the address expired."
		if model.CodeOf(err) == "" {
			x.log.ErrorContext(r.Context(), "open an export", "error", err)
			status, text = http.StatusServiceUnavailable, "The export cannot be made now. Try again."
		}
		http.Error(w, text, status)
		return
	}
	h := w.Header()
	name := strings.ReplaceAll(strings.ToLower(string(e.Rows)), "_", "-") + ".csv"
	h.Set("Content-Type", "text/csv; charset=utf-8; header=present")
	h.Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": name}))
	h.Set("Content-Security-Policy", "default-src 'none'; sandbox")
	h.Set("Cache-Control", "no-store")
	if r.Method == http.MethodHead {
		return
	}
	if err := x.desk.WriteExport(r.Context(), e, &patient{w, http.NewResponseController(w)}); err != nil {
		if r.Context().Err() == nil {
			x.log.ErrorContext(r.Context(), "write an export", "error", err)
		}
		panic(http.ErrAbortHandler)
	}
}

// patient gives every piece of a long answer its own time to be taken.
type patient struct {
	http.ResponseWriter
	c *http.ResponseController
}

func (p *patient) Write(b []byte) (int, error) {
	_ = p.c.SetWriteDeadline(time.Now().Add(transferTime)) // a writer without deadlines waits for ever, as it would without this
	return p.ResponseWriter.Write(b)
}
