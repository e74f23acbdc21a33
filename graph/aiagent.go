package graph

import (
	"context"
	"slices"

	"github.com/livedesk/livedesk/graph/exec"
	"github.com/livedesk/livedesk/model"
	"github.com/livedesk/livedesk/server/desk"
)

type aiAgentResolver struct{ *Resolver }

// AiAgents lists the AI Agents of the account.
func (r *queryResolver) AiAgents(ctx context.Context, first *int, after *string, last *int, before *string) (*exec.AiAgentConnection, error) {
	v, err := model.ViewerFrom(ctx)
	if err != nil {
		return nil, err
	}
	return aiAgentConnection(r.DB.AiAgentPage(ctx, v.Account, page(first, after, last, before)))
}

// AiAgent finds one AI Agent.
func (r *queryResolver) AiAgent(ctx context.Context, id model.ID) (*model.AiAgent, error) {
	v, err := model.ViewerFrom(ctx)
	if err != nil {
		return nil, err
	}
	return first(ctx, &r.load(ctx, v.Account).AiAgents, id)
}

// forLeads is a setting that supervisors and admins are told, and nil for others.
func forLeads[T any](ctx context.Context, setting *T) (*T, error) {
	if v, err := viewer(ctx); err != nil || !v.SeesAll() {
		return nil, err
	}
	return setting, nil
}

// Instructions are told to supervisors and admins.
func (*aiAgentResolver) Instructions(ctx context.Context, a *model.AiAgent) (*string, error) {
	return forLeads(ctx, &a.Instructions)
}

// Model is told to supervisors and admins.
func (*aiAgentResolver) Model(ctx context.Context, a *model.AiAgent) (*string, error) {
	return forLeads(ctx, &a.Model)
}

// BaseURL is told to supervisors and admins.
func (*aiAgentResolver) BaseURL(ctx context.Context, a *model.AiAgent) (*string, error) {
	return forLeads(ctx, &a.BaseURL)
}

// KeyHint is told to supervisors and admins.
func (*aiAgentResolver) KeyHint(ctx context.Context, a *model.AiAgent) (*string, error) {
	return forLeads(ctx, present(a.KeyHint))
}

// KeyHeader is told to supervisors and admins.
func (*aiAgentResolver) KeyHeader(ctx context.Context, a *model.AiAgent) (*model.AiKeyHeader, error) {
	return forLeads(ctx, &a.KeyHeader)
}

// Temperature is told to supervisors and admins.
func (*aiAgentResolver) Temperature(ctx context.Context, a *model.AiAgent) (*float64, error) {
	return forLeads(ctx, a.Temperature)
}

// MaxTokens are told to supervisors and admins.
func (*aiAgentResolver) MaxTokens(ctx context.Context, a *model.AiAgent) (*int, error) {
	return forLeads(ctx, &a.MaxTokens)
}

// TimeoutSeconds are told to supervisors and admins.
func (*aiAgentResolver) TimeoutSeconds(ctx context.Context, a *model.AiAgent) (*int, error) {
	return forLeads(ctx, &a.TimeoutSeconds)
}

// MaxTurns are told to supervisors and admins.
func (*aiAgentResolver) MaxTurns(ctx context.Context, a *model.AiAgent) (*int, error) {
	return forLeads(ctx, &a.MaxTurns)
}

// HandOverTopics are told to supervisors and admins.
func (*aiAgentResolver) HandOverTopics(ctx context.Context, a *model.AiAgent) ([]string, error) {
	topics, err := forLeads(ctx, &a.HandOverTopics)
	if topics == nil {
		return nil, err
	}
	return filled(*topics), nil
}

// ClosingText is told to supervisors and admins.
func (*aiAgentResolver) ClosingText(ctx context.Context, a *model.AiAgent) (*string, error) {
	return forLeads(ctx, present(a.ClosingText))
}

// Disabled tells whether the AI Agent answers nowhere.
func (*aiAgentResolver) Disabled(_ context.Context, a *model.AiAgent) (bool, error) {
	return a.DisabledAt != nil, nil
}

// Deleted tells whether the AI Agent stands in the history only.
func (*aiAgentResolver) Deleted(_ context.Context, a *model.AiAgent) (bool, error) {
	return a.DeletedAt != nil, nil
}

// Channels are those that each AI Agent is on and that the viewer sees.
func (r *aiAgentResolver) Channels(ctx context.Context, ais []*model.AiAgent) ([][]*model.Channel, error) {
	v, err := viewer(ctx)
	if err != nil {
		return nil, err
	}
	lists, err := r.load(ctx, v.Account).AiChannels.Get(ctx, idsOf(ais, func(a *model.AiAgent) model.ID { return a.ID }))
	if err != nil || v.SeesAll() {
		return listed(ctx, lists, err)
	}
	mine, err := r.DB.ChannelsInSight(ctx, v)
	if err != nil {
		return nil, err
	}
	for i, list := range lists {
		lists[i] = slices.DeleteFunc(slices.Clone(list), func(c *model.Channel) bool { return !slices.Contains(mine, c.ID) })
	}
	return listed(ctx, lists, nil)
}

// CreateAiAgent adds an AI Agent.
func (r *mutationResolver) CreateAiAgent(ctx context.Context, in exec.CreateAiAgentInput) (*exec.CreateAiAgentPayload, error) {
	change := desk.AiAgentChange{Name: &in.Name, Instructions: &in.Instructions, Model: &in.Model, BaseURL: in.BaseURL, Key: in.APIKey, KeyHeader: in.KeyHeader,
		Temperature: &in.Temperature, MaxTokens: in.MaxTokens, TimeoutSeconds: in.TimeoutSeconds, MaxTurns: in.MaxTurns, HandOverTopics: listGiven(in.HandOverTopics), ClosingText: in.ClosingText}
	ai, err := r.Desk.CreateAiAgent(ctx, change)
	errs, err := refused(err)
	return &exec.CreateAiAgentPayload{AiAgent: ai, UserErrors: errs}, err
}

// UpdateAiAgent changes an AI Agent.
func (r *mutationResolver) UpdateAiAgent(ctx context.Context, in exec.UpdateAiAgentInput) (*exec.UpdateAiAgentPayload, error) {
	change := desk.AiAgentChange{AiAgent: in.AiAgentID, Name: in.Name, Instructions: in.Instructions, Model: in.Model, BaseURL: in.BaseURL, Key: in.APIKey, KeyHeader: in.KeyHeader,
		MaxTokens: in.MaxTokens, TimeoutSeconds: in.TimeoutSeconds, MaxTurns: in.MaxTurns, HandOverTopics: listGiven(in.HandOverTopics), ClosingText: in.ClosingText, Disabled: in.Disabled}
	if temperature, set := in.Temperature.ValueOK(); set {
		change.Temperature = &temperature
	}
	ai, err := r.Desk.UpdateAiAgent(ctx, change)
	errs, err := refused(err)
	return &exec.UpdateAiAgentPayload{AiAgent: ai, UserErrors: errs}, err
}

// listGiven is nil for a list that is not given.
func listGiven(list []string) *[]string {
	if list == nil {
		return nil
	}
	return &list
}

// DeleteAiAgent deletes an AI Agent.
func (r *mutationResolver) DeleteAiAgent(ctx context.Context, in exec.DeleteAiAgentInput) (*exec.DeleteAiAgentPayload, error) {
	err := r.Desk.DeleteAiAgent(ctx, in.AiAgentID)
	deleted := gone(in.AiAgentID, err)
	errs, err := refused(err)
	return &exec.DeleteAiAgentPayload{DeletedAiAgentID: deleted, UserErrors: errs}, err
}

// TestAiAgent asks whether an AI Agent's endpoint works.
func (r *mutationResolver) TestAiAgent(ctx context.Context, in exec.TestAiAgentInput) (*exec.TestAiAgentPayload, error) {
	works, sentence, err := r.Desk.TestAiAgent(ctx, in.AiAgentID)
	payload := &exec.TestAiAgentPayload{Message: present(sentence)}
	if err == nil {
		payload.Works = &works
	}
	payload.UserErrors, err = refused(err)
	return payload, err
}
