package twiliotest

import (
	"embed"
	"encoding/json"
	"io/fs"
	"mime"
	"net/http"
)

// The page and its scripts are part of the program; nothing is loaded from elsewhere.
//
//go:embed page
var pageFiles embed.FS

const (
	pagePolicy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; media-src 'self'; " +
		"connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
	maxRequest = 24 << 20 // a file of 16 MB in base64, and some
)

func (t *Twilio) pageRoutes(mux *http.ServeMux) {
	files, err := fs.Sub(pageFiles, "page")
	if err != nil {
		panic("twiliotest: " + err.Error())
	}
	static := http.StripPrefix("/emulator/page/", http.FileServerFS(files))
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Security-Policy", pagePolicy)
		w.Header().Set("Referrer-Policy", "no-referrer")
		http.ServeFileFS(w, r, files, "index.html")
	})
	mux.HandleFunc("GET /emulator/page/", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Cache-Control", "no-cache")
		static.ServeHTTP(w, r)
	})
	mux.HandleFunc("GET /emulator/api/state", t.pageState)
	mux.HandleFunc("GET /emulator/api/events", t.pageEvents)
	mux.HandleFunc("POST /emulator/api/messages", t.pageSend)
	mux.HandleFunc("POST /emulator/api/customers", t.pageCustomer)
	mux.HandleFunc("POST /emulator/api/read", t.pageRead)
	mux.HandleFunc("POST /emulator/api/webhooks", t.pageWebhook)
	mux.HandleFunc("POST /emulator/api/redeliver", t.pageRedeliver)
	mux.HandleFunc("POST /emulator/api/faults", t.pageFault)
	mux.HandleFunc("POST /emulator/api/advance", t.pageAdvance)
}

// readJSON reads a request of the page or of curl, and answers 4xx itself when it cannot. Asking for the content type
// keeps other sites' pages out: a browser lets them send JSON only after it asked here.
func readJSON(w http.ResponseWriter, r *http.Request, into any) bool {
	if kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type")); kind != "application/json" {
		sayError(w, http.StatusUnsupportedMediaType, "Send Content-Type: application/json.")
		return false
	}
	d := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxRequest))
	d.DisallowUnknownFields()
	if err := d.Decode(into); err != nil {
		sayError(w, http.StatusBadRequest, err.Error())
		return false
	}
	return true
}

func sayError(w http.ResponseWriter, status int, text string) {
	reply(status, map[string]string{"error": text}).write(w)
}

func done(w http.ResponseWriter) { answer{status: http.StatusNoContent}.write(w) }
