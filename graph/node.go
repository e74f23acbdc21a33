package graph

import (
	"context"
	"fmt"
	"sync"

	"github.com/livedesk/livedesk/graph/exec"
	"github.com/livedesk/livedesk/model"
)

// Node finds any object that the viewer may see.
func (r *queryResolver) Node(ctx context.Context, id model.ID) (exec.Node, error) {
	v, err := model.ViewerFrom(ctx)
	if err != nil {
		return nil, err
	}
	return r.node(ctx, v, id)
}

// Nodes finds several objects at once.
func (r *queryResolver) Nodes(ctx context.Context, ids []model.ID) ([]exec.Node, error) {
	v, err := model.ViewerFrom(ctx)
	if err != nil {
		return nil, err
	}
	if len(ids) > maxNodes {
		return nil, model.Refuse(model.Invalid, fmt.Sprintf("Ask for at most %d objects.", maxNodes), "ids")
	}
	nodes, errs := make([]exec.Node, len(ids)), make([]error, len(ids))
	var all sync.WaitGroup
	for i, id := range ids {
		all.Go(func() { nodes[i], errs[i] = r.node(ctx, v, id) })
	}
	all.Wait()
	for _, err := range errs {
		if err != nil {
			return nil, err
		}
	}
	return nodes, nil
}

// node looks where ids of the kind are kept. The result is a nil interface when there is nothing.
func (r *Resolver) node(ctx context.Context, v *model.Viewer, id model.ID) (exec.Node, error) {
	l := r.load(ctx, v.Account)
	switch id.Kind() {
	case model.KindAgent:
		return found(first(ctx, &l.Agents, id))
	case model.KindTeam:
		return found(first(ctx, &l.Teams, id))
	case model.KindAiAgent:
		return found(first(ctx, &l.AiAgents, id))
	case model.KindLabel:
		return found(r.label(ctx, v, id))
	case model.KindChannel:
		return found(r.DB.SeeChannel(ctx, v, id))
	case model.KindContact:
		return found(r.DB.SeeContact(ctx, v, id))
	case model.KindConversation:
		return found(r.DB.SeeConversation(ctx, v, id))
	case model.KindMessage:
		return found(r.DB.SeeMessage(ctx, v, id))
	case model.KindAttachment:
		return found(r.DB.SeeAttachment(ctx, v, id))
	case kindAccount:
		if id == accountID(v.Account) {
			return found(r.DB.Account(ctx, v.Account))
		}
	}
	return nil, nil
}

func found[T any](object *T, err error) (exec.Node, error) {
	if object == nil || err != nil {
		return nil, err
	}
	return object, nil
}
