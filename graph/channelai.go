package graph

import (
	"context"

	"github.com/livedesk/livedesk/graph/exec"
	"github.com/livedesk/livedesk/model"
	"github.com/livedesk/livedesk/server/desk"
)

type channelAiResolver struct{ *Resolver }

// AiAgent is the AI Agent of each channel that has one.
func (r *channelResolver) AiAgent(ctx context.Context, channels []*model.Channel) ([]*model.ChannelAiAgent, error) {
	list, err := r.load(ctx, channels[0].AccountID).ChannelAis.Get(ctx, idsOf(channels, func(c *model.Channel) model.ID { return c.ID }))
	if err != nil {
		return nil, err
	}
	for i, ai := range list {
		if ai != nil && ai.AgentID == "" {
			list[i] = nil
		}
	}
	return list, nil
}

// Agent is the AI Agent itself.
func (r *channelAiResolver) Agent(ctx context.Context, list []*model.ChannelAiAgent) ([]*model.AiAgent, error) {
	v, err := viewer(ctx)
	if err != nil {
		return nil, err
	}
	return r.load(ctx, v.Account).AiAgents.Get(ctx, idsOf(list, func(a *model.ChannelAiAgent) model.ID { return a.AgentID }))
}

// Problem is told to supervisors and admins.
func (*channelAiResolver) Problem(ctx context.Context, a *model.ChannelAiAgent) (*model.AiProblem, error) {
	return forLeads(ctx, a.Problem)
}

// SetChannelAiAgent changes the AI Agent of a channel.
func (r *mutationResolver) SetChannelAiAgent(ctx context.Context, in exec.SetChannelAiAgentInput) (*exec.SetChannelAiAgentPayload, error) {
	change := desk.ChannelAiChange{Channel: in.ChannelID, Started: in.Started}
	if ai, set := in.AiAgentID.ValueOK(); set {
		id := given(ai)
		change.AiAgent = &id
	}
	channel, err := r.Desk.SetChannelAi(ctx, change)
	errs, err := refused(err)
	return &exec.SetChannelAiAgentPayload{Channel: channel, UserErrors: errs}, err
}
