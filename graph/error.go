package graph

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"

	"github.com/99designs/gqlgen/graphql"
	"github.com/99designs/gqlgen/graphql/errcode"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"github.com/livedesk/livedesk/graph/transport"
	"github.com/livedesk/livedesk/model"
)

// codeInternal is extensions.code of a fault of the desk.
const codeInternal = "INTERNAL"

// refused sorts what a mutation came to: a refusal that the caller can do something about goes into the payload, every
// other error is one of the field. The list is never nil, since the schema's is not.
func refused(err error) ([]*model.Error, error) {
	var e *model.Error
	switch {
	case err == nil:
		return []*model.Error{}, nil
	case errors.As(err, &e) && e.Code.IsUserError():
		return []*model.Error{e}, nil
	}
	return nil, err
}

// show is how an error appears in a response. A refusal is shown with its code, and so is what gqlgen says about
// the request; everything else is a fault of the desk, which is logged once and whose text is hidden.
func (r *Resolver) show(ctx context.Context, err error) *gqlerror.Error {
	shown := &gqlerror.Error{Path: graphql.GetPath(ctx)}
	var located *gqlerror.Error
	if errors.As(err, &located) {
		shown.Locations = located.Locations
		if located.Path != nil {
			shown.Path = located.Path
		}
	}
	var refusal *model.Error
	if errors.As(err, &refusal) {
		shown.Message, shown.Extensions = refusal.Text, map[string]any{"code": string(refusal.Code)}
		if len(refusal.Field) > 0 {
			shown.Extensions["field"] = refusal.Field
		}
		return shown
	}
	if code := requestCode(located); code != "" {
		shown.Message, shown.Extensions, shown.Rule = located.Message, map[string]any{"code": code}, located.Rule
		return shown
	}
	r.report(ctx, err)
	shown.Message, shown.Extensions = "Something broke. It was logged under the id of this request.", map[string]any{"code": codeInternal}
	return shown
}

// requestCode is the code of an error that gqlgen found in the request itself, and "" for one that a resolver made.
func requestCode(e *gqlerror.Error) string {
	if e == nil {
		return ""
	}
	code, _ := e.Extensions["code"].(string)
	switch {
	case code == "COMPLEXITY_LIMIT_EXCEEDED":
		return transport.CodeComplexity
	case code != "":
		return code
	case e.Rule != "":
		return errcode.ValidationFailed
	}
	return ""
}

// report logs a fault, once however many fields it broke. A caller who left is none.
func (r *Resolver) report(ctx context.Context, err error) {
	if ctx.Err() != nil && errors.Is(err, context.Canceled) {
		return
	}
	cause := err
	for inner := errors.Unwrap(err); inner != nil; inner = errors.Unwrap(inner) {
		if _, isLocation := cause.(*gqlerror.Error); !isLocation {
			break
		}
		cause = inner
	}
	shared := responseOf(ctx)
	shared.mu.Lock()
	seen := shared.logged[cause]
	if shared.logged == nil {
		shared.logged = map[error]bool{}
	}
	shared.logged[cause] = true
	shared.mu.Unlock()
	if !seen {
		r.Log.ErrorContext(ctx, "graphql", "error", cause, "path", graphql.GetPath(ctx).String())
	}
}

// recovered turns a panic into a fault. The value may hold what the caller sent; the stack says where it was.
func (r *Resolver) recovered(_ context.Context, value any) error {
	return fmt.Errorf("panic of type %T: %s", value, debug.Stack())
}
