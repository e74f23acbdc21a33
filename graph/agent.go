package graph

import (
	"context"
	"slices"

	"github.com/livedesk/livedesk/graph/exec"
	"github.com/livedesk/livedesk/model"
	"github.com/livedesk/livedesk/server/desk"
)

type agentResolver struct{ *Resolver }

// Agents lists the people of the account.
func (r *queryResolver) Agents(ctx context.Context, first *int, after *string, last *int, before *string) (*exec.AgentConnection, error) {
	v, err := model.ViewerFrom(ctx)
	if err != nil {
		return nil, err
	}
	return agentConnection(r.DB.AgentPage(ctx, v.Account, page(first, after, last, before)))
}

// Agent finds one person.
func (r *queryResolver) Agent(ctx context.Context, id model.ID) (*model.Agent, error) {
	v, err := model.ViewerFrom(ctx)
	if err != nil {
		return nil, err
	}
	return first(ctx, &r.load(ctx, v.Account).Agents, id)
}

// Channels are those of each agent that the viewer may see.
func (r *agentResolver) Channels(ctx context.Context, agents []*model.Agent) ([][]*model.Channel, error) {
	v, err := viewer(ctx)
	if err != nil {
		return nil, err
	}
	lists, err := r.load(ctx, v.Account).AgentChannels.Get(ctx, idsOf(agents, func(a *model.Agent) model.ID { return a.ID }))
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

// Account is the one that each agent belongs to, which is the same.
func (r *agentResolver) Account(ctx context.Context, agents []*model.Agent) ([]*model.Account, error) {
	account, err := r.DB.Account(ctx, agents[0].AccountID)
	return slices.Repeat([]*model.Account{account}, len(agents)), err
}

// CreateAgent adds a person.
func (r *mutationResolver) CreateAgent(ctx context.Context, in exec.CreateAgentInput) (*exec.CreateAgentPayload, error) {
	agent, link, err := r.Desk.CreateAgent(ctx, desk.NewAgent{Name: in.Name, Email: in.Email, Role: in.Role, Password: in.Password, MaxLoad: in.MaxLoad})
	errs, err := refused(err)
	return &exec.CreateAgentPayload{Agent: agent, Invitation: invitation(link), UserErrors: errs}, err
}

// UpdateAgent changes or disables a person.
func (r *mutationResolver) UpdateAgent(ctx context.Context, in exec.UpdateAgentInput) (*exec.UpdateAgentPayload, error) {
	agent, err := r.Desk.UpdateAgent(ctx, desk.AgentChange{Agent: in.AgentID, Name: in.Name, Role: in.Role, MaxLoad: in.MaxLoad, Disabled: in.Disabled})
	errs, err := refused(err)
	return &exec.UpdateAgentPayload{Agent: agent, UserErrors: errs}, err
}

// SetAvailability says whether an agent takes conversations.
func (r *mutationResolver) SetAvailability(ctx context.Context, in exec.SetAvailabilityInput) (*exec.SetAvailabilityPayload, error) {
	set := r.Desk.SetAvailability
	if given(in.PassOn) {
		set = r.Desk.PassOn
	}
	agent, err := set(ctx, given(in.AgentID), in.Availability)
	errs, err := refused(err)
	return &exec.SetAvailabilityPayload{Agent: agent, UserErrors: errs}, err
}

func invitation(link *desk.Invitation) *exec.Invitation {
	if link == nil {
		return nil
	}
	return &exec.Invitation{URL: link.URL, ExpiresAt: link.ExpiresAt}
}

// given is the value of an optional field, and the zero value when it was left out.
func given[T any](p *T) T {
	if p == nil {
		var none T
		return none
	}
	return *p
}
