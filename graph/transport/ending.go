package transport

import (
	"context"
	"errors"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/gqlerror"
)

// ending is how a member's operation ends: with the close of its socket if there is a code, with errors, or with
// complete.
type ending struct {
	close  CloseError
	errors gqlerror.List
}

var errNoPosition = errors.New("a shared subscription sent an event before Started or without At")

// endingOf turns what a resolver said into an ending; errors pass the error presenter.
func endingOf(ctx context.Context, exec graphql.GraphExecutor, op *graphql.OperationContext, err error) ending {
	if err == nil {
		return ending{}
	}
	if closed := (CloseError{}); errors.As(err, &closed) {
		return ending{close: closed}
	}
	return ending{errors: present(ctx, exec, op, err)}
}

// presentPanic does the same for a panic, which passes the recover function first.
func presentPanic(ctx context.Context, exec graphql.GraphExecutor, op *graphql.OperationContext, cause any) gqlerror.List {
	recovered := graphql.DefaultRecover
	if op != nil && op.RecoverFunc != nil {
		recovered = op.RecoverFunc
	}
	return present(ctx, exec, op, recovered(ctx, cause))
}

func present(ctx context.Context, exec graphql.GraphExecutor, op *graphql.OperationContext, err error) gqlerror.List {
	if op != nil {
		ctx = graphql.WithOperationContext(ctx, op)
	}
	return exec.DispatchError(ctx, gqlerror.List{gqlerror.WrapIfUnwrapped(err)}).Errors
}
