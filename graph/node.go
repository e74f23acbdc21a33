package graph

import (
	"context"
	"fmt"

	"github.com/livedesk/livedesk/graph/exec"
	"github.com/livedesk/livedesk/model"
)

// Node finds any object that the viewer may see.
func (r *queryResolver) Node(ctx context.Context, id model.ID) (exec.Node, error) {
	nodes, err := r.Nodes(ctx, []model.ID{id})
	if err != nil {
		return nil, err
	}
	return nodes[0], nil
}

// Nodes finds several objects, those of a kind at once.
func (r *queryResolver) Nodes(ctx context.Context, ids []model.ID) ([]exec.Node, error) {
	v, err := model.ViewerFrom(ctx)
	if err != nil {
		return nil, err
	}
	if len(ids) > maxNodes {
		return nil, model.Refuse(model.Invalid, fmt.Sprintf("Ask for at most %d objects.", maxNodes), "ids")
	}
	byKind := map[model.Kind][]model.ID{}
	for _, id := range ids {
		byKind[id.Kind()] = append(byKind[id.Kind()], id)
	}
	found := map[model.ID]exec.Node{}
	for kind, some := range byKind {
		if err := r.find(ctx, v, kind, some, found); err != nil {
			return nil, err
		}
	}
	nodes := make([]exec.Node, len(ids))
	for i, id := range ids {
		nodes[i] = found[id]
	}
	return nodes, nil
}

// find adds what there is of the kind, and the viewer may see, to what was found.
func (r *Resolver) find(ctx context.Context, v *model.Viewer, kind model.Kind, ids []model.ID, found map[model.ID]exec.Node) error {
	switch kind {
	case model.KindAgent:
		objects, err := r.DB.AgentsByID(ctx, v.Account, ids)
		return keep(found, objects, err)
	case model.KindTeam:
		objects, err := r.DB.TeamsByID(ctx, v.Account, ids)
		return keep(found, objects, err)
	case model.KindAiAgent:
		objects, err := r.DB.AiAgentsByID(ctx, v.Account, ids)
		return keep(found, objects, err)
	case model.KindLabel:
		objects, err := r.DB.LabelsByID(ctx, v.Account, ids)
		return keep(found, objects, err)
	case model.KindChannel:
		objects, err := r.DB.SeeChannels(ctx, v, ids)
		return keep(found, objects, err)
	case model.KindContact:
		objects, err := r.DB.SeeContacts(ctx, v, ids)
		return keep(found, objects, err)
	case model.KindConversation:
		objects, err := r.DB.SeeConversations(ctx, v, ids)
		return keep(found, objects, err)
	case model.KindMessage:
		objects, err := r.DB.SeeMessages(ctx, v, ids)
		return keep(found, objects, err)
	case model.KindAttachment:
		objects, err := r.DB.SeeAttachments(ctx, v, ids)
		return keep(found, objects, err)
	case model.KindRule:
		objects, err := r.DB.SeeRules(ctx, v, ids)
		return keep(found, objects, err)
	case model.KindArticle:
		objects, err := r.DB.ArticlesByID(ctx, v.Account, ids)
		return keep(found, objects, err)
	case model.KindSurvey:
		objects, err := r.DB.SeeSurveys(ctx, v, ids)
		return keep(found, objects, err)
	case model.KindAuditEntry:
		if !v.SeesAll() {
			return nil
		}
		objects, err := r.DB.AuditEntriesByID(ctx, v.Account, ids)
		return keep(found, objects, err)
	case kindAccount:
		account, err := r.DB.Account(ctx, v.Account)
		return keep(found, map[model.ID]*model.Account{accountID(v.Account): account}, err)
	}
	return nil
}

func keep[T any](found map[model.ID]exec.Node, objects map[model.ID]*T, err error) error {
	for id, object := range objects {
		found[id] = object
	}
	return err
}
