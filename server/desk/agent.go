package desk

import (
	"context"

	"github.com/livedesk/livedesk/db"
	"github.com/livedesk/livedesk/model"
)

// NewAgent is an agent to be added.
type NewAgent struct {
	Name     string
	Email    string
	Role     model.Role
	Password *string // nil: they are invited to set one
	MaxLoad  *int    // nil: model.DefaultMaxLoad
}

// CreateAgent adds an agent. Without a password it returns the invitation to hand to them.
func (d *Desk) CreateAgent(ctx context.Context, in NewAgent) (*model.Agent, *Invitation, error) {
	v, err := asAdmin(ctx)
	if err != nil {
		return nil, nil, err
	}
	a, err := d.newAgent(ctx, v.Account, in)
	if err != nil {
		return nil, nil, err
	}
	var link *Invitation
	err = d.commit(ctx, v.Account, func(s *db.Store) error {
		if err := s.AddAgent(ctx, a); err != nil {
			return err
		}
		if in.Password == nil {
			if link, err = d.passwordLink(ctx, s, a, "INVITATION"); err != nil {
				return err
			}
		}
		if err := d.audit(ctx, s, v, ofAccount(model.AuditAgentCreated, model.AuditAgent, a.ID), nil, shownAgent(a)); err != nil {
			return err
		}
		return s.Tell(ctx, v.Account, model.Event{Kind: model.AgentChanged, AgentID: a.ID})
	})
	if err != nil {
		return nil, nil, err
	}
	return a, link, nil
}

// newAgent checks what was entered; nothing is stored.
func (d *Desk) newAgent(ctx context.Context, account int64, in NewAgent) (*model.Agent, error) {
	name, err := cleanName(in.Name, "name")
	if err != nil {
		return nil, err
	}
	email, ok := cleanEmail(in.Email)
	if !ok {
		return nil, model.Refuse(model.Invalid, "Give an e-mail address, such as hana@example.com.", "email")
	}
	if err := checkRole(in.Role); err != nil {
		return nil, err
	}
	now := d.now()
	a := &model.Agent{AccountID: account, ID: model.NewIDAt(model.KindAgent, now), Name: name, Email: email, Role: in.Role,
		Availability: model.Offline, MaxLoad: model.DefaultMaxLoad, CreatedAt: now}
	if in.MaxLoad != nil {
		a.MaxLoad = *in.MaxLoad
	}
	if in.Password != nil {
		a.PasswordHash, err = d.newHash(ctx, *in.Password)
	}
	return a, err
}

// AgentChange is what admins change about an agent; nil leaves it as it is.
type AgentChange struct {
	Agent    model.ID
	Name     *string
	Role     *model.Role
	MaxLoad  *int
	Disabled *bool
}

// UpdateAgent changes an agent. Disabling ends their sessions and puts their conversations back; LAST_ADMIN protects
// the account from being without an admin.
func (d *Desk) UpdateAgent(ctx context.Context, change AgentChange) (*model.Agent, error) {
	v, err := asAdmin(ctx)
	if err != nil {
		return nil, err
	}
	var a *model.Agent
	err = d.commit(ctx, v.Account, func(s *db.Store) error {
		a, err = d.updateAgent(ctx, s, v, change)
		return err
	})
	if model.CodeOf(err).IsUserError() {
		now, gone := d.db.Agent(ctx, v.Account, change.Agent)
		if gone != nil {
			return nil, noAgent()
		}
		return now, err
	}
	if err == nil {
		d.moved(v.Account, a.ID)
	}
	return a, err
}

func (d *Desk) updateAgent(ctx context.Context, s *db.Store, v *model.Viewer, change AgentChange) (*model.Agent, error) {
	a, others, err := lockAgent(ctx, s, v, change)
	if err != nil {
		return nil, err
	}
	before := *a
	if err := d.applyChange(a, change); err != nil {
		return nil, err
	}
	if before.Role == model.Admin && before.DisabledAt == nil && len(others.admins) == 0 && (a.Role != model.Admin || a.DisabledAt != nil) {
		return nil, model.Refuse(model.LastAdmin, "This is the last admin. Make somebody else an admin first.", lastAdminField(a)...)
	}
	if *a == before {
		return a, nil
	}
	if err := s.SaveAgent(ctx, a); err != nil {
		return nil, err
	}
	if a.DisabledAt != nil && before.DisabledAt == nil {
		err = d.disable(ctx, s, v, a)
	}
	if err == nil && a.Role != before.Role {
		err = d.changeSight(ctx, s, v, a, before.Role, others.channels)
	}
	if err == nil {
		err = d.audit(ctx, s, v, ofAccount(model.AuditAgentUpdated, model.AuditAgent, a.ID), shownAgent(&before), shownAgent(a))
	}
	if err != nil {
		return nil, err
	}
	if err := s.Tell(ctx, v.Account, model.Event{Kind: model.AgentChanged, AgentID: a.ID}); err != nil {
		return nil, err
	}
	return s.Agent(ctx, v.Account, a.ID) // the load is another one when conversations were put back
}

func lastAdminField(a *model.Agent) []string {
	if a.DisabledAt != nil {
		return []string{"disabled"}
	}
	return []string{"role"}
}

// besides is what there is beside an agent who is being changed.
type besides struct {
	admins   []model.ID // the other enabled admins
	channels []model.ID // those that the agent is no member of; only when the role changes
}

// lockAgent takes every lock that the change needs, in the order of all transactions: channels, conversations, agents.
// It refuses a viewer who was an admin when the request came and no longer is.
func lockAgent(ctx context.Context, s *db.Store, v *model.Viewer, change AgentChange) (a *model.Agent, others besides, err error) {
	if change.Role != nil {
		if others.channels, err = s.OtherChannels(ctx, v.Account, change.Agent); err != nil {
			return nil, others, err
		}
		if err := s.LockForRights(ctx, v.Account, []model.ID{change.Agent}, others.channels); err != nil {
			return nil, others, err
		}
	}
	if change.Disabled != nil && *change.Disabled {
		if err := s.LockOwned(ctx, v.Account, change.Agent); err != nil {
			return nil, others, err
		}
	}
	admins, err := s.LockAdmins(ctx, v.Account, change.Agent)
	if err != nil {
		return nil, others, err
	}
	allowed := v.System != ""
	for _, x := range admins {
		admin := x.Role == model.Admin && x.DisabledAt == nil
		allowed = allowed || admin && x.ID == v.Agent
		if x.ID == change.Agent {
			a = x
		} else if admin {
			others.admins = append(others.admins, x.ID)
		}
	}
	if !allowed {
		return nil, others, model.Refuse(model.Forbidden, "Only admins may do this.")
	}
	if a == nil {
		return nil, others, noAgent()
	}
	return a, others, nil
}

func (d *Desk) applyChange(a *model.Agent, change AgentChange) (err error) {
	if change.Name != nil {
		if a.Name, err = cleanName(*change.Name, "name"); err != nil {
			return err
		}
	}
	if change.Role != nil {
		if err := checkRole(*change.Role); err != nil {
			return err
		}
		a.Role = *change.Role
	}
	if change.MaxLoad != nil {
		a.MaxLoad = *change.MaxLoad
	}
	if change.Disabled != nil && *change.Disabled != (a.DisabledAt != nil) {
		a.DisabledAt = nil
		if *change.Disabled {
			now := d.now()
			a.DisabledAt, a.Availability, a.Connected = &now, model.Offline, false
		}
	}
	return nil
}
