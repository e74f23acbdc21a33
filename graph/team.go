package graph

import (
	"context"

	"github.com/livedesk/livedesk/graph/exec"
	"github.com/livedesk/livedesk/model"
	"github.com/livedesk/livedesk/server/desk"
)

type teamResolver struct{ *Resolver }

// Teams lists the teams of the account.
func (r *queryResolver) Teams(ctx context.Context, first *int, after *string, last *int, before *string) (*exec.TeamConnection, error) {
	v, err := model.ViewerFrom(ctx)
	if err != nil {
		return nil, err
	}
	return teamConnection(r.DB.TeamPage(ctx, v.Account, page(first, after, last, before)))
}

// Team finds one team.
func (r *queryResolver) Team(ctx context.Context, id model.ID) (*model.Team, error) {
	v, err := model.ViewerFrom(ctx)
	if err != nil {
		return nil, err
	}
	return first(ctx, &r.load(ctx, v.Account).Teams, id)
}

// Agents are the members of each team.
func (r *teamResolver) Agents(ctx context.Context, teams []*model.Team) ([][]*model.Agent, error) {
	lists, err := r.load(ctx, teams[0].AccountID).TeamAgents.Get(ctx, idsOf(teams, func(t *model.Team) model.ID { return t.ID }))
	return listed(ctx, lists, err)
}

// CreateTeam adds a team.
func (r *mutationResolver) CreateTeam(ctx context.Context, in exec.CreateTeamInput) (*exec.CreateTeamPayload, error) {
	team, err := r.Desk.CreateTeam(ctx, in.Name, in.AgentIds)
	errs, err := refused(err)
	return &exec.CreateTeamPayload{Team: team, UserErrors: errs}, err
}

// UpdateTeam renames a team or replaces its members.
func (r *mutationResolver) UpdateTeam(ctx context.Context, in exec.UpdateTeamInput) (*exec.UpdateTeamPayload, error) {
	change := desk.TeamChange{Team: in.TeamID, Name: in.Name}
	if in.AgentIds != nil {
		change.Agents = &in.AgentIds
	}
	team, err := r.Desk.UpdateTeam(ctx, change)
	errs, err := refused(err)
	return &exec.UpdateTeamPayload{Team: team, UserErrors: errs}, err
}

// DeleteTeam deletes a team.
func (r *mutationResolver) DeleteTeam(ctx context.Context, in exec.DeleteTeamInput) (*exec.DeleteTeamPayload, error) {
	err := r.Desk.DeleteTeam(ctx, in.TeamID)
	deleted := gone(in.TeamID, err)
	errs, err := refused(err)
	return &exec.DeleteTeamPayload{DeletedTeamID: deleted, UserErrors: errs}, err
}

// gone is the id of what was deleted, or nil when it was not.
func gone(id model.ID, err error) *model.ID {
	if err != nil {
		return nil
	}
	return &id
}
