package graph

import (
	"context"
	"time"

	"github.com/livedesk/livedesk/graph/exec"
	"github.com/livedesk/livedesk/model"
	"github.com/livedesk/livedesk/server/desk"
)

// Viewer is the agent who is signed in.
func (r *queryResolver) Viewer(ctx context.Context) (*model.Agent, error) {
	v, err := model.ViewerFrom(ctx)
	if err != nil {
		return nil, err
	}
	return first(ctx, &r.load(ctx, v.Account).Agents, v.Agent)
}

// SignIn begins a session.
func (r *mutationResolver) SignIn(ctx context.Context, in exec.SignInInput) (*exec.SignInPayload, error) {
	s, err := r.Desk.SignIn(ctx, desk.SignIn{Email: in.Email, Password: in.Password, Address: model.AddressFrom(ctx)})
	token, ends, agent := begun(ctx, s)
	errs, err := refused(err)
	return &exec.SignInPayload{Token: token, ExpiresAt: ends, Viewer: agent, UserErrors: errs}, err
}

// SignOut ends the session of the request.
func (r *mutationResolver) SignOut(ctx context.Context) (*exec.SignOutPayload, error) {
	errs, err := refused(r.Desk.SignOut(ctx))
	return &exec.SignOutPayload{UserErrors: errs}, err
}

// SetPassword uses the token of an invitation or a reset.
func (r *mutationResolver) SetPassword(ctx context.Context, in exec.SetPasswordInput) (*exec.SetPasswordPayload, error) {
	s, err := r.Desk.SetPassword(ctx, in.Token, in.Password, model.AddressFrom(ctx))
	token, ends, agent := begun(ctx, s)
	errs, err := refused(err)
	return &exec.SetPasswordPayload{Token: token, ExpiresAt: ends, Viewer: agent, UserErrors: errs}, err
}

// ChangePassword changes one's own.
func (r *mutationResolver) ChangePassword(ctx context.Context, in exec.ChangePasswordInput) (*exec.ChangePasswordPayload, error) {
	s, err := r.Desk.ChangePassword(ctx, in.CurrentPassword, in.Password)
	token, ends, agent := begun(ctx, s)
	errs, err := refused(err)
	return &exec.ChangePasswordPayload{Token: token, ExpiresAt: ends, Viewer: agent, UserErrors: errs}, err
}

// ResetPassword makes a link for somebody who forgot theirs.
func (r *mutationResolver) ResetPassword(ctx context.Context, in exec.ResetPasswordInput) (*exec.ResetPasswordPayload, error) {
	agent, link, err := r.Desk.ResetPassword(ctx, in.AgentID)
	errs, err := refused(err)
	return &exec.ResetPasswordPayload{Agent: agent, Invitation: invitation(link), UserErrors: errs}, err
}

// begun takes a new session apart for a payload; below it, who has signed in is the viewer.
func begun(ctx context.Context, s *desk.SignedIn) (*string, *time.Time, *model.Agent) {
	if s == nil {
		return nil, nil, nil
	}
	responseOf(ctx).signedIn = &model.Viewer{Account: s.Agent.AccountID, Agent: s.Agent.ID, Role: s.Agent.Role}
	return &s.Token, &s.ExpiresAt, s.Agent
}
