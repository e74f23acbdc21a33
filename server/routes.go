package server

import (
	"net/http"
	"time"

	"github.com/livedesk/livedesk/model"
	"github.com/livedesk/livedesk/server/graphiql"
)

// requestTime bounds every request but uploads, downloads and websockets.
const requestTime = 15 * time.Second

// routes lists every address that the program answers.
func (s *Server) routes() http.Handler {
	mux := http.NewServeMux()
	o := newOrigins(s.config)
	limit := func(h http.Handler) http.Handler {
		return http.TimeoutHandler(h, requestTime, "The desk took too long. Try again.\n")
	}
	hooks := &webhooks{desk: s.desk, routes: s.hooks, metrics: s.metrics, log: s.log}
	mux.Handle("POST /webhooks/{provider}/{key}", hooks)
	mux.Handle("GET /webhooks/{provider}/{key}", hooks)
	mux.Handle("/graphql", o.cors(s.signedIn(s.graphql)))
	files := &files{desk: s.desk, log: s.log}
	mux.Handle("/uploads", o.cors(s.signedIn(http.HandlerFunc(files.upload))))
	mux.Handle("/media/{id}", o.cors(http.HandlerFunc(files.download)))
	exports := &exports{desk: s.desk, log: s.log}
	mux.Handle("/exports/{id}", o.cors(http.HandlerFunc(exports.download)))
	mux.Handle("GET /healthz", http.HandlerFunc(s.health.live))
	mux.Handle("GET /readyz", limit(http.HandlerFunc(s.health.ready)))
	mux.Handle("GET /metrics", limit(s.metrics.handler()))
	passwords := &passwordPage{desk: s.desk}
	mux.Handle("GET /password/{token}", limit(http.HandlerFunc(passwords.form)))
	mux.Handle("POST /password/{token}", limit(http.HandlerFunc(passwords.set)))
	surveys := &csatPage{desk: s.desk, log: s.log}
	mux.Handle("GET /csat/{token}", limit(http.HandlerFunc(surveys.show)))
	mux.Handle("POST /csat/{token}", limit(http.HandlerFunc(surveys.answer)))
	if s.config.Mode == Development {
		mux.Handle("GET /{$}", http.HandlerFunc(graphiql.Page))
		mux.Handle("GET /assets/", graphiql.Assets())
	}
	return contained(withAddress(secured(mux), s.config.proxies), s.log)
}

// secured sets the headers that every answer carries.
func secured(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("X-Content-Type-Options", "nosniff")
		w.Header().Set("Referrer-Policy", "no-referrer")
		w.Header().Set("X-Frame-Options", "DENY")
		next.ServeHTTP(w, r)
	})
}

// signedIn puts the viewer of the bearer token into the context. A request without a token goes on without a viewer:
// some operations are for everybody. One with a token that is no longer good is answered as the GraphQL API would.
func (s *Server) signedIn(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		token := bearer(r.Header.Get("Authorization"))
		if token == "" {
			next.ServeHTTP(w, r)
			return
		}
		viewer, _, err := s.desk.Authenticate(r.Context(), token)
		switch {
		case model.CodeOf(err) == model.Unauthenticated:
			next.ServeHTTP(w, r) // resolvers say so, in the form that the client asked for
		case err != nil:
			s.log.ErrorContext(r.Context(), "authenticate", "error", err)
			w.Header().Set("Retry-After", "1")
			http.Error(w, "The desk cannot check who you are now. Try again.", http.StatusServiceUnavailable)
		default:
			next.ServeHTTP(w, r.WithContext(model.WithViewer(r.Context(), viewer)))
		}
	})
}
