package desk

import (
	"context"
	"fmt"

	"github.com/livedesk/livedesk/db"
	"github.com/livedesk/livedesk/model"
)

// Assign says who answers a conversation from now on: exactly one of an agent, a team, an AI Agent, or nobody.
type Assign struct {
	Conversation model.ID
	Agent        model.ID // the viewer, to take it
	Team         model.ID // for whoever of the team takes it
	AiAgent      model.ID
	Unassigned   bool
	Version      *int // what the caller saw; CONFLICT when that is not the present one
	Force        bool // take it from another agent, give it away or put it back without having seen that they own it
}

// Assign takes, gives away or releases a conversation, and returns it as it then is. The limit of an agent does not
// hold by hand. Who is late, or takes what another agent owns without knowing it, gets a CONFLICT that names the owner.
func (d *Desk) Assign(ctx context.Context, a Assign) (*model.Conversation, error) {
	v, err := model.ViewerFrom(ctx)
	if err != nil {
		return nil, err
	}
	if a.targets() != 1 {
		return nil, model.Refuse(model.Invalid, "Name one agent, one team or one AI Agent, or say unassigned.", "to")
	}
	return d.change(ctx, v, a.Conversation, func(s *db.Store, c *model.Conversation) (model.Reason, error) {
		taking := a.Agent != "" && a.Agent == v.Agent
		if taking && c.AgentID == v.Agent {
			return "", nil // a second click, or a request whose answer was lost
		}
		if err := contest(ctx, s, v, c, a, taking); err != nil {
			return "", err
		}
		return assign(ctx, s, v, c, a)
	})
}

func (a Assign) targets() (n int) {
	for _, given := range []bool{a.Agent != "", a.Team != "", a.AiAgent != "", a.Unassigned} {
		if given {
			n++
		}
	}
	return n
}

// contest refuses who did not see the conversation as it is: who is late, and who takes what another agent owns, or as
// an agent gives it away or puts it back, without a sign of knowing that.
func contest(ctx context.Context, s *db.Store, v *model.Viewer, c *model.Conversation, a Assign, taking bool) error {
	late := c.CheckVersion(a.Version)
	anothers := c.AgentID != "" && c.AgentID != v.Agent && (taking || !v.SeesAll())
	unaware := anothers && a.Version == nil && !a.Force
	switch {
	case late != nil && c.AgentID == "":
		return late
	case late != nil || unaware:
		return ownedBy(ctx, s, c)
	}
	return nil
}

// ownedBy is the refusal that names the owner.
func ownedBy(ctx context.Context, s *db.Store, c *model.Conversation) error {
	owner, err := s.Agent(ctx, c.AccountID, c.AgentID)
	if err != nil {
		return err
	}
	since, err := s.OwnedSince(ctx, c)
	if err != nil {
		return err
	}
	return model.Refuse(model.Conflict, fmt.Sprintf("%s has this conversation since %s. Take it over with force.", owner.Name, since.UTC().Format("2 Jan 2006, 15:04:05 UTC")), "to")
}

func assign(ctx context.Context, s *db.Store, v *model.Viewer, c *model.Conversation, a Assign) (model.Reason, error) {
	switch {
	case a.Agent != "":
		return assignAgent(ctx, s, v, c, a.Agent)
	case a.Team != "":
		return assignTeam(ctx, s, c, a.Team)
	case a.AiAgent != "":
		return assignAi(ctx, s, v, c, a.AiAgent)
	case !c.Owned() && c.TeamID == "":
		return "", s.LeaveQueue(ctx, c)
	}
	c.Give("", "")
	// Whoever puts it back wants somebody to look at it: given out by itself it might be theirs again at once.
	return model.ReasonReleased, s.LeaveQueue(ctx, c)
}

func assignAgent(ctx context.Context, s *db.Store, v *model.Viewer, c *model.Conversation, agent model.ID) (model.Reason, error) {
	if c.AgentID == agent {
		return "", nil
	}
	a, err := s.LockOwner(ctx, c, agent)
	if err != nil {
		return "", at(err, "to", "agentId")
	}
	switch {
	case a.Disabled:
		return "", model.Refuse(model.Unavailable, a.Name+" is disabled.", "to", "agentId")
	case !a.Works:
		return "", model.Refuse(model.NotAMember, a.Name+" does not work on this channel. Add them to its agents first.", "to", "agentId")
	}
	c.Give(agent, a.TeamID)
	if agent == v.Agent {
		return model.ReasonTaken, nil
	}
	return model.ReasonAssigned, nil
}

func assignTeam(ctx context.Context, s *db.Store, c *model.Conversation, team model.ID) (model.Reason, error) {
	if _, err := s.Team(ctx, c.AccountID, team); err != nil {
		return "", at(err, "to", "teamId")
	}
	if !c.Owned() && c.TeamID == team {
		return "", nil
	}
	c.Give("", team)
	return model.ReasonAssigned, s.ToPlace(ctx, c, model.StageHumans, team)
}
