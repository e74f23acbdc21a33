package desk

import (
	"context"

	"github.com/livedesk/livedesk/db"
	"github.com/livedesk/livedesk/model"
)

// CreateTeam makes a team of the agents.
func (d *Desk) CreateTeam(ctx context.Context, name string, agents []model.ID) (*model.Team, error) {
	v, err := asLead(ctx)
	if err != nil {
		return nil, err
	}
	if name, err = cleanName(name, "name"); err != nil {
		return nil, err
	}
	now := d.now()
	t := &model.Team{AccountID: v.Account, ID: model.NewIDAt(model.KindTeam, now), Name: name, CreatedAt: now}
	err = d.db.Tx(ctx, func(s *db.Store) error {
		if err := s.AddTeam(ctx, t); err != nil {
			return err
		}
		if err := s.SetTeamAgents(ctx, v.Account, t.ID, unique(agents)); err != nil {
			return err
		}
		is, err := teamAsItIs(ctx, s, t)
		if err != nil {
			return err
		}
		return d.audit(ctx, s, v, ofAccount(model.AuditTeamCreated, model.AuditTeam, t.ID), nil, is)
	})
	if err != nil {
		return nil, err
	}
	return t, nil
}

// TeamChange is what is changed about a team; nil leaves it as it is.
type TeamChange struct {
	Team   model.ID
	Name   *string
	Agents *[]model.ID // all the members it shall have
}

// UpdateTeam renames a team or replaces its members.
func (d *Desk) UpdateTeam(ctx context.Context, change TeamChange) (*model.Team, error) {
	v, err := asLead(ctx)
	if err != nil {
		return nil, err
	}
	var is *model.Team
	err = d.db.Tx(ctx, func(s *db.Store) (err error) {
		is, err = d.updateTeam(ctx, s, v, change)
		return err
	})
	if err != nil {
		is, _ = d.db.Team(ctx, v.Account, change.Team)
		return is, err
	}
	if change.Agents != nil {
		for _, agent := range *change.Agents {
			d.freed(v.Account, agent)
		}
	}
	return is, nil
}

// updateTeam reads the team under its lock, so that what the audit log says it was is what it was, and so that of two
// changes neither undoes the other.
func (d *Desk) updateTeam(ctx context.Context, s *db.Store, v *model.Viewer, change TeamChange) (*model.Team, error) {
	t, err := s.LockTeam(ctx, v.Account, change.Team)
	if err != nil {
		return nil, at(err, "teamId")
	}
	was, err := teamAsItIs(ctx, s, t)
	if err == nil && change.Name != nil {
		if t.Name, err = cleanName(*change.Name, "name"); err == nil {
			err = s.RenameTeam(ctx, t)
		}
	}
	if err == nil && change.Agents != nil {
		err = s.SetTeamAgents(ctx, v.Account, t.ID, unique(*change.Agents))
	}
	if err != nil {
		return nil, err
	}
	is, err := teamAsItIs(ctx, s, t)
	if err != nil {
		return nil, err
	}
	return t, d.audit(ctx, s, v, ofAccount(model.AuditTeamUpdated, model.AuditTeam, t.ID), was, is)
}

// DeleteTeam deletes a team. What waited for it waits for everybody on the channel.
func (d *Desk) DeleteTeam(ctx context.Context, id model.ID) error {
	v, err := asLead(ctx)
	if err != nil {
		return err
	}
	t, err := d.db.Team(ctx, v.Account, id)
	if err != nil {
		return at(err, "teamId")
	}
	return d.commit(ctx, v.Account, func(s *db.Store) error {
		was, err := teamAsItIs(ctx, s, t)
		if err != nil {
			return err
		}
		if err := s.DeleteTeam(ctx, v.Account, id, v, d.now()); err != nil {
			return err
		}
		return d.audit(ctx, s, v, ofAccount(model.AuditTeamDeleted, model.AuditTeam, id), was, nil)
	})
}

// teamAsItIs is what the audit log shows of a team with the members that it has now.
func teamAsItIs(ctx context.Context, s *db.Store, t *model.Team) (shown, error) {
	agents, err := s.TeamAgents(ctx, t.AccountID, []model.ID{t.ID})
	return shownTeam(t, agents[t.ID]), err
}
