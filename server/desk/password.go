package desk

import (
	"context"
	"time"

	"github.com/livedesk/livedesk/db"
	"github.com/livedesk/livedesk/model"
)

// Invitation is a link with which an agent sets their password, once.
type Invitation struct {
	URL       string // of the desk's own page; an app with one of its own takes the last part, the token
	ExpiresAt time.Time
}

// How long a link to set a password works. An invitation is handed over by people, who may not be at work today; it
// opens an account in which nothing was done yet.
const (
	resetLife      = time.Hour
	invitationLife = 72 * time.Hour
)

var deadLink = model.Refuse(model.WrongCredentials, "This link was used or is too old. Ask an admin for a new one.", "token")

// SetPassword sets the password of whoever the invitation or reset link is for, and signs them in.
func (d *Desk) SetPassword(ctx context.Context, token, password, address string) (*SignedIn, error) {
	try, err := d.attempt(ctx, addressLimit(callerAddress(ctx, address)))
	if err != nil {
		return nil, err
	}
	account, key := model.AccountOfKey(token), hashToken(token)
	agent, err := d.db.PasswordTokenOf(ctx, account, key, d.now())
	if err != nil {
		return nil, err
	}
	if agent == "" {
		return nil, deadLink
	}
	hash, err := d.newHash(ctx, password)
	if err != nil {
		return nil, err
	}
	var in *SignedIn
	err = d.commit(ctx, account, func(s *db.Store) error {
		a, err := d.lockEnabled(ctx, s, account, agent, deadLink)
		if err != nil {
			return err
		}
		if taken, err := s.TakePasswordToken(ctx, account, key, d.now()); err != nil || taken != agent {
			return orElse(err, deadLink)
		}
		if in, err = d.replacePassword(ctx, s, a, hash, model.AuditPasswordSet); err != nil {
			return err
		}
		return try.takeBack(ctx, s)
	})
	return in, err
}

// ChangePassword replaces the viewer's own password. Of their sessions only the new one remains.
func (d *Desk) ChangePassword(ctx context.Context, current, password string) (*SignedIn, error) {
	v, err := model.ViewerFrom(ctx)
	if err != nil {
		return nil, err
	}
	before, err := d.db.Agent(ctx, v.Account, v.Agent)
	if err != nil {
		return nil, err
	}
	try, err := d.attempt(ctx, loginLimit(before.Email), addressLimit(callerAddress(ctx, "")))
	if err != nil {
		return nil, err
	}
	wrong := model.Refuse(model.WrongCredentials, "This is not your present password.", "currentPassword")
	if ok, err := d.hashing.matches(ctx, before.PasswordHash, current); err != nil || !ok {
		return nil, orElse(err, wrong)
	}
	hash, err := d.newHash(ctx, password)
	if err != nil {
		return nil, err
	}
	var in *SignedIn
	err = d.commit(ctx, v.Account, func(s *db.Store) error {
		a, err := d.lockEnabled(ctx, s, v.Account, v.Agent, wrong)
		if err != nil {
			return err
		}
		if a.PasswordHash != before.PasswordHash {
			return wrong
		}
		if in, err = d.replacePassword(ctx, s, a, hash, model.AuditPasswordChanged); err != nil {
			return err
		}
		return try.takeBack(ctx, s)
	})
	return in, err
}

// ResetPassword ends an agent's sessions and password at once and returns the link with which they set a new one.
func (d *Desk) ResetPassword(ctx context.Context, agent model.ID) (*model.Agent, *Invitation, error) {
	v, err := asAdmin(ctx)
	if err != nil {
		return nil, nil, err
	}
	if agent == v.Agent {
		return nil, nil, model.Refuse(model.Invalid, "This would lock you out. Change your own password instead.", "agentId")
	}
	var a *model.Agent
	var link *Invitation
	err = d.commit(ctx, v.Account, func(s *db.Store) error {
		gone := model.Refuse(model.Unavailable, "This agent is disabled. Enable them first.", "agentId")
		if a, err = d.lockEnabled(ctx, s, v.Account, agent, gone); err != nil {
			return err
		}
		a.PasswordHash = ""
		if err := s.SaveAgent(ctx, a); err != nil {
			return err
		}
		if err := d.audit(ctx, s, v, ofAccount(model.AuditPasswordReset, model.AuditAgent, agent), nil, nil); err != nil {
			return err
		}
		if _, err := s.EndSessions(ctx, v.Account, agent); err != nil {
			return err
		}
		if link, err = d.passwordLink(ctx, s, a, "RESET"); err != nil {
			return err
		}
		return s.Tell(ctx, v.Account, model.Event{Kind: model.SessionEnded, AgentID: agent})
	})
	return a, link, err
}

// replacePassword ends every other session of the agent. It names each: the new one must not end with them. Who holds
// the link or the old password is taken for the agent, also by the audit log.
func (d *Desk) replacePassword(ctx context.Context, s *db.Store, a *model.Agent, hash string, action model.AuditAction) (*SignedIn, error) {
	a.PasswordHash = hash
	if err := s.SaveAgent(ctx, a); err != nil {
		return nil, err
	}
	self := &model.Viewer{Account: a.AccountID, Agent: a.ID, Role: a.Role}
	if err := d.audit(ctx, s, self, ofAccount(action, model.AuditAgent, a.ID), nil, nil); err != nil {
		return nil, err
	}
	ended, err := s.EndSessions(ctx, a.AccountID, a.ID)
	if err != nil {
		return nil, err
	}
	in, err := d.newSession(ctx, s, a)
	if err != nil {
		return nil, err
	}
	events := make([]model.Event, len(ended))
	for i, id := range ended {
		events[i] = model.Event{Kind: model.SessionEnded, AgentID: a.ID, SessionID: id}
	}
	return in, s.Tell(ctx, a.AccountID, events...)
}

// passwordLink makes a link for the agent; former ones stop working.
func (d *Desk) passwordLink(ctx context.Context, s *db.Store, a *model.Agent, purpose string) (*Invitation, error) {
	life := resetLife
	if purpose == "INVITATION" {
		life = invitationLife
	}
	token, expires := model.NewKey(a.AccountID), d.now().Add(life)
	err := s.AddPasswordToken(ctx, db.PasswordToken{Account: a.AccountID, Hash: hashToken(token), Agent: a.ID, Purpose: purpose, ExpiresAt: expires})
	return &Invitation{URL: d.public.JoinPath("password", token).String(), ExpiresAt: expires}, err
}

// lockEnabled locks an agent who must be there, and enabled: else it gives NOT_FOUND, or the refusal.
func (d *Desk) lockEnabled(ctx context.Context, s *db.Store, account int64, id model.ID, disabled error) (*model.Agent, error) {
	agents, err := s.LockAgents(ctx, account, []model.ID{id})
	if err != nil {
		return nil, err
	}
	if len(agents) == 0 {
		return nil, noAgent()
	}
	if agents[0].DisabledAt != nil {
		return nil, disabled
	}
	return agents[0], nil
}

func (d *Desk) newHash(ctx context.Context, password string) (string, error) {
	if err := checkPassword(password); err != nil {
		return "", err
	}
	return d.hashing.hash(ctx, password)
}

func noAgent() error { return model.Refuse(model.NotFound, "There is no such agent.", "agentId") }

// orElse is the fault if there is one, else the refusal.
func orElse(fault, refusal error) error {
	if fault != nil {
		return fault
	}
	return refusal
}
