package server

import (
	"context"
	"crypto/rand"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"runtime"
	"runtime/debug"
	"time"
)

type requestKey struct{}

// requestID returns the id under which the request's faults are logged.
func requestID(ctx context.Context) string {
	id, _ := ctx.Value(requestKey{}).(string)
	return id
}

// NewLog writes structured lines with the id of the request they belong to. Texts, numbers and tokens are never put
// into a log; the handler does not have to find them.
func NewLog(w io.Writer, mode string) *slog.Logger {
	if mode == Development {
		return slog.New(withRequest{slog.NewTextHandler(w, &slog.HandlerOptions{Level: slog.LevelInfo})})
	}
	return slog.New(withRequest{slog.NewJSONHandler(w, nil)})
}

type withRequest struct{ slog.Handler }

func (h withRequest) Handle(ctx context.Context, r slog.Record) error {
	if id := requestID(ctx); id != "" {
		r.AddAttrs(slog.String("request", id))
	}
	return h.Handler.Handle(ctx, r)
}

func (h withRequest) WithAttrs(a []slog.Attr) slog.Handler {
	return withRequest{h.Handler.WithAttrs(a)}
}
func (h withRequest) WithGroup(name string) slog.Handler {
	return withRequest{h.Handler.WithGroup(name)}
}

// contained gives each request an id, and keeps a panic from ending the process or telling the caller its stack.
func contained(next http.Handler, log *slog.Logger) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		id := rand.Text()
		w.Header().Set("X-Request-Id", id)
		r = r.WithContext(context.WithValue(r.Context(), requestKey{}, id))
		start := time.Now()
		defer func() {
			if p := recover(); p != nil {
				if p == http.ErrAbortHandler {
					panic(p)
				}
				log.ErrorContext(r.Context(), "panic", "panic", panicText(p), "took", time.Since(start), "stack", string(debug.Stack()))
				http.Error(w, "Something broke. The request's id is "+id+".", http.StatusInternalServerError)
			}
		}()
		next.ServeHTTP(w, r)
	})
}

// panicText is what the runtime says of a fault, and of every other panic its type: the value may hold what a caller sent.
func panicText(p any) string {
	if fault, ok := p.(runtime.Error); ok {
		return fault.Error()
	}
	return fmt.Sprintf("of type %T", p)
}

// warnings leaves out what a library finds worth telling about its ordinary work.
type warnings struct{ slog.Handler }

func (h warnings) Enabled(ctx context.Context, level slog.Level) bool {
	return level >= slog.LevelWarn && h.Handler.Enabled(ctx, level)
}
func (h warnings) WithAttrs(a []slog.Attr) slog.Handler { return warnings{h.Handler.WithAttrs(a)} }
func (h warnings) WithGroup(name string) slog.Handler   { return warnings{h.Handler.WithGroup(name)} }
