package graph

import (
	"context"

	"github.com/livedesk/livedesk/db"
	"github.com/livedesk/livedesk/graph/exec"
	"github.com/livedesk/livedesk/model"
)

type auditEntryResolver struct{ *Resolver }

// AuditLog lists who changed which setting.
func (r *queryResolver) AuditLog(ctx context.Context, in *exec.AuditFilter, first *int, after *string, last *int, before *string) (*exec.AuditEntryConnection, error) {
	v, err := seesAll(ctx)
	if err != nil {
		return nil, err
	}
	var f db.AuditFilter
	if in != nil {
		f = db.AuditFilter{Channel: given(in.ChannelID), Subject: given(in.SubjectID), Actor: given(in.AgentID), Actions: in.Actions}
	}
	return auditConnection(r.DB.AuditPage(ctx, v.Account, f, page(first, after, last, before)))
}

// seesAll returns who asks, if every channel is open to them.
func seesAll(ctx context.Context) (*model.Viewer, error) {
	v, err := model.ViewerFrom(ctx)
	if err == nil && !v.SeesAll() {
		return nil, model.Refuse(model.Forbidden, "Only supervisors and admins may see this.")
	}
	return v, err
}

func auditConnection(s *model.Slice[*model.AuditEntry], err error) (*exec.AuditEntryConnection, error) {
	if err != nil {
		return nil, err
	}
	edge := func(cursor string, node *model.AuditEntry) *exec.AuditEntryEdge {
		return &exec.AuditEntryEdge{Cursor: cursor, Node: node}
	}
	return &exec.AuditEntryConnection{Edges: edges(s, edge), Nodes: s.Nodes, PageInfo: pageInfo(s)}, nil
}

// Actor is the agent who made each change.
func (r *auditEntryResolver) Actor(ctx context.Context, list []*model.AuditEntry) ([]*model.Agent, error) {
	return some(ctx, &r.load(ctx, list[0].AccountID).Agents, idsOf(list, func(e *model.AuditEntry) model.ID { return e.ActorID }))
}

// System is the part of the desk that made the change.
func (*auditEntryResolver) System(_ context.Context, e *model.AuditEntry) (*string, error) {
	return present(e.System), nil
}

// Channel is the one whose setting each is.
func (r *auditEntryResolver) Channel(ctx context.Context, list []*model.AuditEntry) ([]*model.Channel, error) {
	return some(ctx, &r.load(ctx, list[0].AccountID).Channels, idsOf(list, func(e *model.AuditEntry) model.ID { return e.ChannelID }))
}
