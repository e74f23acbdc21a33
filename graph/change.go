package graph

import (
	"context"

	"github.com/livedesk/livedesk/graph/exec"
	"github.com/livedesk/livedesk/model"
	"github.com/livedesk/livedesk/server/desk"
)

type changeResolver struct{ *Resolver }

// Actor is the agent who made each change.
func (r *changeResolver) Actor(ctx context.Context, list []*model.ConversationChange) ([]*model.Agent, error) {
	v, err := viewer(ctx)
	if err != nil {
		return nil, err
	}
	return some(ctx, &r.load(ctx, v.Account).Agents, idsOf(list, func(c *model.ConversationChange) model.ID { return c.ActorID }))
}

// Assignee is who owned the conversation after each change.
func (r *changeResolver) Assignee(ctx context.Context, list []*model.ConversationChange) ([]exec.Assignee, error) {
	v, err := viewer(ctx)
	if err != nil {
		return nil, err
	}
	return assignees(ctx, r.load(ctx, v.Account), idsOf(list, func(c *model.ConversationChange) model.ID { return c.AgentID }),
		idsOf(list, func(c *model.ConversationChange) model.ID { return c.AiAgentID }))
}

// Team is whose queue the conversation was in after each change.
func (r *changeResolver) Team(ctx context.Context, list []*model.ConversationChange) ([]*model.Team, error) {
	v, err := viewer(ctx)
	if err != nil {
		return nil, err
	}
	return some(ctx, &r.load(ctx, v.Account).Teams, idsOf(list, func(c *model.ConversationChange) model.ID { return c.TeamID }))
}

// HandOver is why the AI Agent no longer has the conversation.
func (r *changeResolver) HandOver(_ context.Context, c *model.ConversationChange) (*model.HandOverReason, error) {
	return present(c.HandOver), nil
}

// AssignConversation gives a conversation to somebody.
func (r *mutationResolver) AssignConversation(ctx context.Context, in exec.AssignConversationInput) (*exec.AssignConversationPayload, error) {
	if err := onlyTrue(in.To.Unassigned, "to", "unassigned"); err != nil {
		errs, err := refused(err)
		return &exec.AssignConversationPayload{UserErrors: errs}, err
	}
	conversation, err := r.Desk.Assign(ctx, desk.Assign{Conversation: in.ConversationID, Agent: given(in.To.AgentID), Team: given(in.To.TeamID),
		AiAgent: given(in.To.AiAgentID), Unassigned: given(in.To.Unassigned), Version: in.Version, Force: given(in.Force)})
	errs, err := refused(err)
	return &exec.AssignConversationPayload{Conversation: conversation, UserErrors: errs}, err
}

// SetConversationStatus moves a conversation to another status.
func (r *mutationResolver) SetConversationStatus(ctx context.Context, in exec.SetConversationStatusInput) (*exec.SetConversationStatusPayload, error) {
	conversation, err := r.Desk.SetStatus(ctx, desk.StatusChange{Conversation: in.ConversationID, Status: in.Status, SnoozeUntil: in.SnoozeUntil, Version: in.Version})
	errs, err := refused(err)
	return &exec.SetConversationStatusPayload{Conversation: conversation, UserErrors: errs}, err
}

// UpdateConversation changes priority and labels.
func (r *mutationResolver) UpdateConversation(ctx context.Context, in exec.UpdateConversationInput) (*exec.UpdateConversationPayload, error) {
	conversation, err := r.Desk.UpdateConversation(ctx, desk.ConversationChange{Conversation: in.ConversationID, Priority: in.Priority,
		AddLabels: in.AddLabelIds, RemoveLabels: in.RemoveLabelIds, Version: in.Version})
	errs, err := refused(err)
	return &exec.UpdateConversationPayload{Conversation: conversation, UserErrors: errs}, err
}

// MarkRead clears the count of unread messages.
func (r *mutationResolver) MarkRead(ctx context.Context, in exec.MarkReadInput) (*exec.MarkReadPayload, error) {
	conversation, err := r.Desk.MarkRead(ctx, in.ConversationID, given(in.UpToMessageID))
	errs, err := refused(err)
	return &exec.MarkReadPayload{Conversation: conversation, UserErrors: errs}, err
}
