package desk

import (
	"context"

	"github.com/livedesk/livedesk/db"
	"github.com/livedesk/livedesk/model"
)

// disable ends what a newly disabled agent is in the middle of: sessions, links, sockets, conversations.
func (d *Desk) disable(ctx context.Context, s *db.Store, v *model.Viewer, a *model.Agent) error {
	if _, err := s.EndSessions(ctx, a.AccountID, a.ID); err != nil {
		return err
	}
	if err := s.DisconnectAgent(ctx, a.AccountID, a.ID); err != nil {
		return err
	}
	if err := s.Tell(ctx, a.AccountID, model.Event{Kind: model.SessionEnded, AgentID: a.ID}); err != nil {
		return err
	}
	_, err := s.Release(ctx, db.Release{Account: a.AccountID, Agents: []model.ID{a.ID}, Reason: model.ReasonDisabled, By: v, At: d.now()})
	return err
}

// changeSight tells an agent whose role changed what they now see or no longer see on the channels that they are no
// member of. Who sees only their own channels keeps no conversation on others.
func (d *Desk) changeSight(ctx context.Context, s *db.Store, v *model.Viewer, a *model.Agent, before model.Role, others []model.ID) error {
	did, does := seesAll(before), seesAll(a.Role)
	switch {
	case did == does:
		return s.Tell(ctx, a.AccountID, model.Event{Kind: model.RightsChanged, AgentID: a.ID})
	case does:
		return s.TellRights(ctx, a.AccountID, a.ID, model.ConversationAdded, others)
	}
	if err := s.TellRights(ctx, a.AccountID, a.ID, model.ConversationRemoved, others); err != nil {
		return err
	}
	return d.leave(ctx, s, v, []model.ID{a.ID}, others)
}

// leave puts back what the agents own on the channels.
func (d *Desk) leave(ctx context.Context, s *db.Store, v *model.Viewer, agents, channels []model.ID) error {
	if len(agents) == 0 || len(channels) == 0 {
		return nil
	}
	_, err := s.Release(ctx, db.Release{Account: v.Account, Agents: agents, Channels: channels, Reason: model.ReasonLeftChannel, By: v, At: d.now()})
	return err
}

func seesAll(r model.Role) bool { return (&model.Viewer{Role: r}).SeesAll() }
