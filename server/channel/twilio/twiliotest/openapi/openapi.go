// Package openapi holds what is said between the desk and Twilio against Twilio's own OpenAPI documents. Tests put a
// Validator around the emulator: it checks the desk's requests and the emulator's answers, and reports what the
// documents do not allow. It is for tests only: the program must not link it.
//
// The documents in testdata are cut from github.com/twilio/twilio-oai (Apache License 2.0) by internal/trim.
package openapi

//go:generate go run ../internal/trim testdata

import (
	"bytes"
	"embed"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"sync"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
)

//go:embed testdata/twilio_*.json
var documents embed.FS

// Validator collects violations. It is safe for concurrent use.
type Validator struct {
	routes []*route

	mu         sync.Mutex
	violations []string
}

// New makes a Validator that has seen nothing.
func New() (*Validator, error) {
	routes, err := operations()
	return &Validator{routes: routes}, err
}

// operations are those of all documents. Reading them takes longer than most tests, and nobody changes them.
var operations = sync.OnceValues(func() ([]*route, error) {
	names, err := fs.Glob(documents, "testdata/twilio_*.json")
	if err != nil {
		return nil, err
	}
	var routes []*route
	for _, name := range names {
		text, err := documents.ReadFile(name)
		if err != nil {
			return nil, err
		}
		document, err := openapi3.NewLoader().LoadFromData(text)
		if err != nil {
			return nil, fmt.Errorf("read %s: %w", name, err)
		}
		routes = append(routes, routesOf(document)...)
	}
	return routes, nil
})

// Around wraps the handler, usually the emulator, and fails the test at its end for each violation.
func Around(tb testing.TB, next http.Handler) http.Handler {
	tb.Helper()
	v, err := New()
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		for _, violation := range v.Violations() {
			tb.Errorf("Twilio's OpenAPI: %s", violation)
		}
	})
	return v.Wrap(next)
}

// Violations returns what was not as the documents say so far, in the order it was seen.
func (v *Validator) Violations() []string {
	v.mu.Lock()
	defer v.mu.Unlock()
	return append([]string(nil), v.violations...)
}

func (v *Validator) note(r *http.Request, format string, about ...any) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.violations = append(v.violations, r.Method+" "+r.URL.Path+": "+fmt.Sprintf(format, about...))
}

// Wrap checks what goes through the handler. Paths that are not Twilio's API (the page, the CDN) are left alone.
func (v *Validator) Wrap(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !isAPI(r.URL.Path) {
			next.ServeHTTP(w, r)
			return
		}
		body, err := io.ReadAll(r.Body)
		if err != nil {
			v.note(r, "the body cannot be read: %v", err)
		}
		again := func() { r.Body = io.NopCloser(bytes.NewReader(body)) }
		again()
		input := v.request(r)
		again()
		heard := &recorder{ResponseWriter: w}
		next.ServeHTTP(heard, r)
		if heard.status != 0 {
			v.response(r, input, heard)
		}
	})
}

// recorder keeps a copy of the answer. A connection that the handler takes over has none.
type recorder struct {
	http.ResponseWriter
	status int
	body   bytes.Buffer
}

func (r *recorder) WriteHeader(status int) {
	r.status = status
	r.ResponseWriter.WriteHeader(status)
}

func (r *recorder) Write(p []byte) (int, error) {
	if r.status == 0 {
		r.status = http.StatusOK
	}
	r.body.Write(p)
	return r.ResponseWriter.Write(p)
}

// Unwrap lets the handler flush and hijack.
func (r *recorder) Unwrap() http.ResponseWriter { return r.ResponseWriter }
