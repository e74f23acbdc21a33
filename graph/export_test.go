package graph

import (
	"maps"
	"net/http"
	"slices"

	"github.com/99designs/gqlgen/graphql"
)

// Schema is the schema with its prices, for tests that look at it as a whole.
func Schema() graphql.ExecutableSchema { return newSchema(&Resolver{}) }

// Needs lists the root fields whose role is known.
func Needs() []string { return slices.Sorted(maps.Keys(needs)) }

// NewUnplannedHandler is NewHandler without plans: every field goes through gqlgen.
func NewUnplannedHandler(o Options) http.Handler {
	r := newResolver(o)
	r.unplanned = true
	return r.handler(o)
}
