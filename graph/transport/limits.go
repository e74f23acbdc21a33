package transport

import (
	"cmp"
	"context"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"
)

// Limits refuses operations whose shape costs too much before a resolver runs; the size of lists is the business of
// gqlgen's complexity functions. Introspection does not count: gqlparser has its own rule for it, and GraphiQL nests
// deeper than any app. Zero means the default. Add it to gqlgen's handler with Use.
type Limits struct {
	Depth      int // fields inside each other, 10 when zero
	Aliases    int // aliased fields with fragments spread out, 30 when zero
	RootFields int // fields of the operation itself with fragments spread out, 20 when zero
}

// CodeComplexity is extensions.code of an operation that is refused for its shape.
const CodeComplexity = "COMPLEXITY_LIMIT"

var _ interface {
	graphql.HandlerExtension
	graphql.OperationContextMutator
} = Limits{}

// ExtensionName is part of gqlgen's extension contract.
func (Limits) ExtensionName() string { return "Limits" }

// Validate is part of gqlgen's extension contract; there is nothing to check.
func (Limits) Validate(graphql.ExecutableSchema) error { return nil }

// MutateOperationContext measures the operation that is about to run.
func (l Limits) MutateOperationContext(_ context.Context, op *graphql.OperationContext) *gqlerror.Error {
	measured := measure(op.Operation)
	if limit := cmp.Or(l.Depth, 10); measured.depth > limit {
		return tooComplex("fields nest deeper than %d", limit)
	}
	if limit := cmp.Or(l.Aliases, 30); measured.aliases > limit {
		return tooComplex("there are more than %d aliases", limit)
	}
	if limit := cmp.Or(l.RootFields, 20); measured.fields > limit {
		return tooComplex("there are more than %d root fields", limit)
	}
	return nil
}

func tooComplex(format string, limit int) *gqlerror.Error {
	err := gqlerror.Errorf("the operation is too complex: "+format, limit)
	err.Extensions = map[string]any{"code": CodeComplexity}
	return err
}

// RemoveDefer takes @defer out of a schema before it is served. gqlgen always adds it, and without the multipart
// transport it answers null for a non-null field, without an error.
func RemoveDefer(schema *ast.Schema) {
	delete(schema.Directives, "defer")
}
