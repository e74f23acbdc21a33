package desk

import (
	"context"
	"slices"

	"github.com/livedesk/livedesk/db"
	"github.com/livedesk/livedesk/model"
)

// SetAvailability says whether an agent takes conversations: the viewer themself when agent is empty, anybody else
// for supervisors and admins. What they chose for somebody else is audited; one's own choice is everyday work and no
// privileged change.
func (d *Desk) SetAvailability(ctx context.Context, agent model.ID, to model.Availability) (*model.Agent, error) {
	a, err := d.setAvailability(ctx, agent, to, false)
	if err == nil && to == model.Online {
		d.freed(a.AccountID, a.ID)
	}
	return a, err
}

// PassOn is SetAvailability to AWAY or OFFLINE that takes their OPEN conversations off the agent and has them placed at
// once, each in its own transaction. SNOOZED ones stay theirs: they ask for nobody now, and go to somebody else if the
// agent is not back when they wake. Conversations that were passed on are audited, one's own, too: others get them.
func (d *Desk) PassOn(ctx context.Context, agent model.ID, to model.Availability) (*model.Agent, error) {
	if to != model.Away && to != model.Offline {
		return nil, model.Refuse(model.Invalid, "Only who goes AWAY or OFFLINE can pass on their conversations.", "passOn")
	}
	a, err := d.setAvailability(ctx, agent, to, true)
	if err == nil {
		d.moved(a.AccountID, a.ID)
	}
	return a, err
}

func (d *Desk) setAvailability(ctx context.Context, agent model.ID, to model.Availability, passOn bool) (*model.Agent, error) {
	v, err := model.ViewerFrom(ctx)
	if err != nil {
		return nil, err
	}
	if agent == "" {
		agent = v.Agent
	}
	if agent != v.Agent && !v.SeesAll() {
		return nil, model.Refuse(model.Forbidden, "Only supervisors and admins may set the availability of others.")
	}
	if !slices.Contains([]model.Availability{model.Online, model.Busy, model.Away, model.Offline}, to) {
		return nil, model.Refuse(model.Invalid, "An availability is ONLINE, BUSY, AWAY or OFFLINE.", "availability")
	}
	var a *model.Agent
	err = d.commit(ctx, v.Account, func(s *db.Store) error {
		if passOn {
			if err := s.LockOwned(ctx, v.Account, agent); err != nil { // before the agent
				return err
			}
		}
		gone := model.Refuse(model.Unavailable, "This agent is disabled.", "agentId")
		if a, err = d.lockEnabled(ctx, s, v.Account, agent, gone); err != nil {
			return err
		}
		return d.becomes(ctx, s, v, a, to, passOn)
	})
	return a, err
}

// becomes stores what the locked agent chose, or what was chosen for them. That nothing changes is not told.
func (d *Desk) becomes(ctx context.Context, s *db.Store, v *model.Viewer, a *model.Agent, to model.Availability, passOn bool) (err error) {
	before, released := a.Availability, int64(0)
	if before != to {
		a.Availability = to
		if err := s.SaveAgent(ctx, a); err != nil {
			return err
		}
	}
	if passOn {
		if released, err = d.passOn(ctx, s, v, a); err != nil {
			return err
		}
	}
	if before == to && released == 0 {
		return nil
	}
	if a.ID != v.Agent || released > 0 {
		e := ofAccount(model.AuditAvailabilitySet, model.AuditAgent, a.ID)
		if err := d.audit(ctx, s, v, e, shown{"availability": before}, shownAvailability(to, released)); err != nil {
			return err
		}
	}
	return s.Tell(ctx, v.Account, model.Event{Kind: model.AgentChanged, AgentID: a.ID})
}

// passOn puts back the OPEN conversations of the agent, who has no load then.
func (d *Desk) passOn(ctx context.Context, s *db.Store, v *model.Viewer, a *model.Agent) (int64, error) {
	n, err := s.Release(ctx, db.Release{Account: v.Account, Agents: []model.ID{a.ID}, Open: true, Reason: model.ReasonPassedOn, By: v, At: d.now()})
	if err != nil || n == 0 {
		return n, err
	}
	now, err := s.Agent(ctx, v.Account, a.ID)
	if err == nil {
		*a = *now
	}
	return n, err
}
