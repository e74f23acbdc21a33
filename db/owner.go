package db

import (
	"context"
	"fmt"

	"github.com/livedesk/livedesk/model"
)

// Candidate is an agent who is about to own a conversation.
type Candidate struct {
	Name     string
	Disabled bool
	Works    bool     // a member of the channel, or of a role that needs no membership
	TeamID   model.ID // the conversation's team, if the agent is in it
}

// LockOwner reads the agent for a conversation that is locked. While it holds the agent's row they are neither disabled
// nor taken off a channel, so that nobody ends up owning what they may not see.
func (s *Store) LockOwner(ctx context.Context, c *model.Conversation, agent model.ID) (*Candidate, error) {
	o := &Candidate{}
	var role model.Role
	err := s.hot.QueryRow(ctx, `SELECT name, disabled_at IS NOT NULL, role FROM agents WHERE account_id = $1 AND id = $2 FOR NO KEY UPDATE`,
		c.AccountID, string(agent)).Scan(&o.Name, &o.Disabled, &role)
	if err != nil {
		return nil, missing(err, noAgent)
	}
	// A statement of its own: it sees what whoever held the row before has committed.
	var member, mate bool
	err = s.hot.QueryRow(ctx, `SELECT EXISTS (SELECT 1 FROM channel_agents WHERE account_id = $1 AND channel_id = $2 AND agent_id = $3),
		EXISTS (SELECT 1 FROM team_agents WHERE account_id = $1 AND team_id = $4 AND agent_id = $3)`,
		c.AccountID, string(c.ChannelID), string(agent), null(c.TeamID)).Scan(&member, &mate)
	if err != nil {
		return nil, fmt.Errorf("read what agent %s may own: %w", agent, err)
	}
	o.Works = member || role != model.AgentRole
	if mate {
		o.TeamID = c.TeamID
	}
	return o, nil
}
