package graph

import (
	"context"
	"log/slog"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/99designs/gqlgen/graphql"
	"github.com/99designs/gqlgen/graphql/handler"
	"github.com/99designs/gqlgen/graphql/handler/extension"
	"github.com/99designs/gqlgen/graphql/handler/lru"
	"github.com/vektah/gqlparser/v2/ast"

	"github.com/livedesk/livedesk/db"
	"github.com/livedesk/livedesk/graph/exec"
	"github.com/livedesk/livedesk/graph/transport"
	"github.com/livedesk/livedesk/server/desk"
)

// Options are what the API is made of. Desk and DB are needed.
type Options struct {
	Desk        *desk.Desk
	DB          *db.DB
	Feed        *db.Feed             // for subscriptions
	WebSocket   *transport.WebSocket // nil: HTTP only
	Log         *slog.Logger         // nil: the default logger
	Now         func() time.Time     // nil: time.Now
	Development bool                 // suggests names for unknown fields, and shows the schema without a sign-in

	// Observe is told of each root field of a query or a mutation: its name, the code of its first error or "", and the
	// time that it took. It may be nil.
	Observe func(field, code string, took time.Duration)
}

// NewHandler makes the handler of /graphql, over HTTP and the websocket. Who asks is the model.Viewer in the context.
func NewHandler(o Options) http.Handler { return newResolver(o).handler(o) }

func newResolver(o Options) *Resolver {
	r := &Resolver{Desk: o.Desk, DB: o.DB, Feed: o.Feed, Log: o.Log, Now: o.Now, open: o.Development}
	if r.Log == nil {
		r.Log = slog.Default()
	}
	if r.Now == nil {
		r.Now = time.Now
	}
	return r
}

func (r *Resolver) handler(o Options) http.Handler {
	server := handler.New(newSchema(r))
	if o.WebSocket != nil {
		server.AddTransport(o.WebSocket)
	}
	server.AddTransport(transport.HTTP{Allow: longBody})
	server.SetQueryCache(lru.New[*ast.QueryDocument](cachedDocuments))
	server.SetParserTokenLimit(maxTokens)
	server.SetDisableSuggestion(!o.Development)
	server.SetErrorPresenter(r.show)
	server.SetRecoverFunc(r.recovered)
	server.Use(extension.Introspection{})
	server.Use(new(transport.OneOf))
	server.Use(transport.Limits{})
	server.Use(extension.FixedComplexityLimit(maxComplexity))
	server.AroundOperations(r.guardStream)
	server.AroundOperations(limitTime)
	server.AroundResponses(withResponse)
	server.AroundResponses(limitLists)
	if o.Observe != nil {
		server.AroundRootFields(observed(o.Observe))
	}
	server.AroundRootFields(r.guardField)
	return server
}

// gqlgen parses the schema once per process, so it is changed once.
var removeDefer = sync.OnceFunc(func() {
	transport.RemoveDefer(exec.NewExecutableSchema(exec.Config{}).Schema())
})

func newSchema(r *Resolver) graphql.ExecutableSchema {
	removeDefer()
	config := exec.Config{Resolvers: r}
	price(&config.Complexity)
	return exec.NewExecutableSchema(config)
}

// limitTime ends queries and mutations that take too long; a subscription ends with its socket.
func limitTime(ctx context.Context, next graphql.OperationHandler) graphql.ResponseHandler {
	if graphql.GetOperationContext(ctx).Operation.Operation == ast.Subscription {
		return next(ctx)
	}
	ctx, cancel := context.WithTimeout(ctx, maxTime)
	respond := next(ctx)
	return func(ctx context.Context) *graphql.Response {
		defer cancel()
		return respond(ctx)
	}
}

func observed(observe func(field, code string, took time.Duration)) graphql.RootFieldMiddleware {
	return func(ctx context.Context, next graphql.RootResolver) graphql.Marshaler {
		start, field := time.Now(), graphql.GetRootFieldContext(ctx).Field
		defer func() { observe(field.Name, firstCode(ctx, field.Alias), time.Since(start)) }()
		return next(ctx)
	}
}

// firstCode is the code of the first error below the root field, or "".
func firstCode(ctx context.Context, alias string) string {
	for _, err := range graphql.GetErrors(ctx) {
		if slices.Equal(err.Path[:min(1, len(err.Path))], ast.Path{ast.PathName(alias)}) {
			code, _ := err.Extensions["code"].(string)
			return code
		}
	}
	return ""
}
