package desk

import (
	"context"

	"github.com/livedesk/livedesk/db"
	"github.com/livedesk/livedesk/model"
)

// ChannelAiChange is what is changed about the AI Agent of a channel.
type ChannelAiChange struct {
	Channel model.ID
	AiAgent *model.ID // empty: the channel has none any more; nil: the one that it has
	Started *bool     // nil: another AI Agent is started, the present one stays as it is
}

// SetChannelAi adds an AI Agent to a channel, takes it off, starts or stops it. What waits there and nobody has is decided
// afresh; what an AI Agent has that may no longer answer there is handed over. Refused, it returns the channel as it is.
func (d *Desk) SetChannelAi(ctx context.Context, change ChannelAiChange) (*model.Channel, error) {
	v, err := asLead(ctx)
	if err != nil {
		return nil, err
	}
	c, err := d.changeAutomation(ctx, v, change.Channel, func(s *db.Store, c *model.Channel) (bool, error) {
		// Whoever is placed after this is placed by what is stored here.
		if err := s.LockAssign(ctx, v.Account, c.ID); err != nil {
			return false, err
		}
		stored, err := s.ChannelAis(ctx, v.Account, []model.ID{c.ID})
		if err != nil {
			return false, err
		}
		before := stored[c.ID]
		is, err := change.apply(ctx, s, v, before)
		if err != nil || is.AgentID == before.AgentID && is.Started == before.Started {
			return false, err
		}
		if err := s.SaveChannelAi(ctx, v.Account, before, is); err != nil {
			return false, err
		}
		return true, d.audit(ctx, s, v, ofChannel(model.AuditChannelAiSet, c.ID), shownChannelAi(before), shownChannelAi(is))
	})
	if err == nil {
		d.handOverSoon()
	}
	return c, err
}

func (change ChannelAiChange) apply(ctx context.Context, s *db.Store, v *model.Viewer, before *model.ChannelAiAgent) (*model.ChannelAiAgent, error) {
	is := &model.ChannelAiAgent{ChannelID: before.ChannelID, AgentID: before.AgentID, Started: before.Started}
	if change.AiAgent != nil && *change.AiAgent != before.AgentID {
		is.AgentID, is.Started = *change.AiAgent, true
	}
	put(&is.Started, change.Started)
	if is.AgentID == "" {
		if change.AiAgent == nil {
			return nil, model.Refuse(model.Invalid, "This channel has no AI Agent. Name one.", "aiAgentId")
		}
		is.Started = false
		return is, nil
	}
	a, err := s.HoldAiAgent(ctx, v.Account, is.AgentID)
	switch {
	case err != nil:
		return nil, at(err, "aiAgentId")
	case is.Started && a.DisabledAt != nil:
		return nil, model.Refuse(model.Unavailable, a.Name+" is disabled. Enable it first.", "aiAgentId")
	}
	return is, nil
}

// noteAiChange has a channel that was paused, or sends again, decide afresh: its AI Agent answers on it or does not.
func noteAiChange(ctx context.Context, s *db.Store, account int64, channel model.ID) error {
	if err := s.NoteAiChange(ctx, account, channel); err != nil {
		return err
	}
	return s.NextAutomation(ctx, account, channel)
}

// assignAi gives a conversation to an AI Agent by hand, which then answers: to the channel's own where that is started, and
// supervisors and admins to any other one of the account.
func assignAi(ctx context.Context, s *db.Store, v *model.Viewer, c *model.Conversation, ai model.ID) (model.Reason, error) {
	p, err := s.AiPost(ctx, c, ai)
	if err != nil {
		return "", at(err, "to", "aiAgentId")
	}
	refuse := func(text string) (model.Reason, error) {
		return "", model.Refuse(model.Unavailable, p.Name+text, "to", "aiAgentId")
	}
	switch {
	case !p.Answers:
		return refuse(" cannot answer here: it is disabled, or the channel is paused or removed.")
	case p.Channel && !p.Started:
		return refuse(" is stopped on this channel. Start it first.")
	case p.Leaving:
		return refuse(" was taken off this channel just now.")
	case !p.Channel && !v.SeesAll():
		return refuse(" is not the AI Agent of this channel. Ask a supervisor.")
	case c.AiAgentID == ai && c.Status == model.AiReplying:
		return "", nil
	}
	return model.ReasonAssigned, c.GiveAi(ai)
}
