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
		return s.SetTeamAgents(ctx, v.Account, t.ID, unique(agents))
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
	before, err := d.db.Team(ctx, v.Account, change.Team)
	if err != nil {
		return nil, at(err, "teamId")
	}
	t := *before
	if change.Name != nil {
		if t.Name, err = cleanName(*change.Name, "name"); err != nil {
			return before, err
		}
	}
	err = d.db.Tx(ctx, func(s *db.Store) error {
		if err := s.RenameTeam(ctx, &t); err != nil || change.Agents == nil {
			return err
		}
		return s.SetTeamAgents(ctx, v.Account, t.ID, unique(*change.Agents))
	})
	if err != nil {
		return before, err
	}
	if change.Agents != nil {
		for _, agent := range *change.Agents {
			d.freed(v.Account, agent)
		}
	}
	return &t, nil
}

// DeleteTeam deletes a team. What waited for it waits for everybody on the channel.
func (d *Desk) DeleteTeam(ctx context.Context, id model.ID) error {
	v, err := asLead(ctx)
	if err != nil {
		return err
	}
	if _, err := d.db.Team(ctx, v.Account, id); err != nil {
		return at(err, "teamId")
	}
	return d.commit(ctx, v.Account, func(s *db.Store) error { return s.DeleteTeam(ctx, v.Account, id, v, d.now()) })
}
