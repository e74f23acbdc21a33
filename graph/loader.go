package graph

import (
	"context"
	"sync"

	"github.com/99designs/gqlgen/graphql"

	"github.com/livedesk/livedesk/db"
	"github.com/livedesk/livedesk/model"
)

// response is what the fields of one response share.
type response struct {
	mu       sync.Mutex
	loads    *db.Loads
	logged   map[error]bool
	signedIn *model.Viewer
	listed   int // objects in lists without pages
}

type responseKey struct{}

// withResponse is run around each response: of a query, a mutation, or one event of a subscription.
func withResponse(ctx context.Context, next graphql.ResponseHandler) *graphql.Response {
	return next(context.WithValue(ctx, responseKey{}, &response{}))
}

func responseOf(ctx context.Context) *response {
	if r, ok := ctx.Value(responseKey{}).(*response); ok {
		return r
	}
	return &response{} // a resolver that runs before the first response, as those of subscriptions do
}

// use makes the fields below read from what others have read already.
func (r *response) use(l *db.Loads) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if l != nil {
		r.loads = l
	}
}

// spend counts objects, and is false when there are more than a response may list.
func (r *response) spend(objects int) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.listed += objects
	return r.listed <= maxListed
}

// forget is called after each mutation of an operation: the next one's payload shows what it changed.
func (r *response) forget() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.loads, r.signedIn = nil, nil
}

// load returns what the fields of the response read objects of the account with.
func (r *Resolver) load(ctx context.Context, account int64) *db.Loads {
	shared := responseOf(ctx)
	shared.mu.Lock()
	defer shared.mu.Unlock()
	if shared.loads == nil {
		shared.loads = r.DB.Loads(account)
	}
	return shared.loads
}

// idsOf lists an id of each object.
func idsOf[T any](objects []T, idOf func(T) model.ID) []model.ID {
	ids := make([]model.ID, len(objects))
	for i, o := range objects {
		ids[i] = idOf(o)
	}
	return ids
}

// some reads the values of those keys that are not empty, in the order of the keys.
func some[T any](ctx context.Context, l *db.Load[model.ID, *T], keys []model.ID) ([]*T, error) {
	values := make([]*T, len(keys))
	var present []model.ID
	for _, k := range keys {
		if k != "" {
			present = append(present, k)
		}
	}
	if len(present) == 0 {
		return values, nil
	}
	found, err := l.Get(ctx, present)
	if err != nil {
		return nil, err
	}
	next := 0
	for i, k := range keys {
		if k != "" {
			values[i] = found[next]
			next++
		}
	}
	return values, nil
}

// first reads one value, the zero value when there is none.
func first[K comparable, V any](ctx context.Context, l *db.Load[K, V], k K) (V, error) {
	values, err := l.Get(ctx, []K{k})
	if err != nil {
		var none V
		return none, err
	}
	return values[0], nil
}
