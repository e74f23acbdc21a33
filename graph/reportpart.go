package graph

import (
	"context"

	"github.com/livedesk/livedesk/graph/exec"
	"github.com/livedesk/livedesk/model"
)

func partID(p *model.ReportPart) model.ID { return p.Of }

// ByAgent is the report by agent.
func (r *conversationReportResolver) ByAgent(ctx context.Context, c *exec.ConversationReport) ([]*exec.ConversationsByAgent, error) {
	v, err := seesAll(ctx)
	if err != nil {
		return nil, err
	}
	return ofParts(ctx, c.Tally.ByAgent(), partID, &r.load(ctx, v.Account).Agents, func(p *model.ReportPart, a *model.Agent) *exec.ConversationsByAgent {
		return &exec.ConversationsByAgent{Part: p, Agent: a, Opened: p.Count(model.FigureOpened), Resolved: p.Count(model.FigureResolved),
			Reopened: p.Count(model.FigureReopened), MessagesReceived: p.Count(model.FigureReceived), MessagesSent: p.Count(model.FigureSent)}
	})
}

// ByAiAgent is the report by AI Agent.
func (r *conversationReportResolver) ByAiAgent(ctx context.Context, c *exec.ConversationReport) ([]*exec.ConversationsByAiAgent, error) {
	v, err := seesAll(ctx)
	if err != nil {
		return nil, err
	}
	return ofParts(ctx, c.Tally.ByAiAgent(), partID, &r.load(ctx, v.Account).AiAgents, func(p *model.ReportPart, a *model.AiAgent) *exec.ConversationsByAiAgent {
		return &exec.ConversationsByAiAgent{Part: p, AiAgent: a, Opened: p.Count(model.FigureOpened), Resolved: p.Count(model.FigureResolved),
			HandedOver: p.Count(model.FigureHandedOver), MessagesSent: p.Count(model.FigureSent)}
	})
}

// ByTeam is the report by team; one that was deleted still counts.
func (r *conversationReportResolver) ByTeam(ctx context.Context, c *exec.ConversationReport) ([]*exec.ConversationsByTeam, error) {
	v, err := seesAll(ctx)
	if err != nil {
		return nil, err
	}
	parts := c.Tally.ByTeam()
	teams, err := some(ctx, &r.load(ctx, v.Account).Teams, idsOf(parts, partID))
	if err != nil {
		return nil, err
	}
	rows := make([]*exec.ConversationsByTeam, len(parts))
	for i, p := range parts {
		rows[i] = &exec.ConversationsByTeam{Part: p, Team: teams[i], Opened: p.Count(model.FigureOpened), Resolved: p.Count(model.FigureResolved),
			HandedOver: p.Count(model.FigureHandedOver), MessagesReceived: p.Count(model.FigureReceived), MessagesSent: p.Count(model.FigureSent)}
	}
	return rows, nil
}

// ByChannel is the report by channel.
func (r *conversationReportResolver) ByChannel(ctx context.Context, c *exec.ConversationReport) ([]*exec.ConversationsByChannel, error) {
	v, err := seesAll(ctx)
	if err != nil {
		return nil, err
	}
	return ofParts(ctx, c.Tally.ByChannel(), partID, &r.load(ctx, v.Account).Channels, func(p *model.ReportPart, channel *model.Channel) *exec.ConversationsByChannel {
		return &exec.ConversationsByChannel{Part: p, Channel: channel, Opened: p.Count(model.FigureOpened), Resolved: p.Count(model.FigureResolved),
			Reopened: p.Count(model.FigureReopened), ResolvedByAi: p.Count(model.FigureResolvedByAi), HandedOver: p.Count(model.FigureHandedOver),
			MessagesReceived: p.Count(model.FigureReceived), MessagesSent: p.Count(model.FigureSent)}
	})
}

type (
	byAgentResolver   struct{}
	byAiAgentResolver struct{}
	byTeamResolver    struct{}
	byChannelResolver struct{}
)

// FirstResponse sums up the agent's first replies.
func (byAgentResolver) FirstResponse(_ context.Context, p *exec.ConversationsByAgent) (*model.DurationStatistics, error) {
	return p.Part.Durations(model.FigureFirstResponse), nil
}

// AssignmentToFirstResponse sums up the same replies.
func (byAgentResolver) AssignmentToFirstResponse(_ context.Context, p *exec.ConversationsByAgent) (*model.DurationStatistics, error) {
	return p.Part.Durations(model.FigureFromAssignment), nil
}

// Reply sums up the agent's replies.
func (byAgentResolver) Reply(_ context.Context, p *exec.ConversationsByAgent) (*model.DurationStatistics, error) {
	return p.Part.Durations(model.FigureReply), nil
}

// Resolution sums up what the agent resolved.
func (byAgentResolver) Resolution(_ context.Context, p *exec.ConversationsByAgent) (*model.DurationStatistics, error) {
	return p.Part.Durations(model.FigureResolved), nil
}

// FirstResponse sums up the AI Agent's first replies.
func (byAiAgentResolver) FirstResponse(_ context.Context, p *exec.ConversationsByAiAgent) (*model.DurationStatistics, error) {
	return p.Part.Durations(model.FigureAiFirstResponse), nil
}

// Reply sums up the AI Agent's replies.
func (byAiAgentResolver) Reply(_ context.Context, p *exec.ConversationsByAiAgent) (*model.DurationStatistics, error) {
	return p.Part.Durations(model.FigureAiReply), nil
}

// Resolution sums up what the AI Agent resolved.
func (byAiAgentResolver) Resolution(_ context.Context, p *exec.ConversationsByAiAgent) (*model.DurationStatistics, error) {
	return p.Part.Durations(model.FigureResolved), nil
}

// FirstResponse sums up first replies of people in the team's conversations.
func (byTeamResolver) FirstResponse(_ context.Context, p *exec.ConversationsByTeam) (*model.DurationStatistics, error) {
	return p.Part.Durations(model.FigureFirstResponse), nil
}

// Reply sums up replies of people in the team's conversations.
func (byTeamResolver) Reply(_ context.Context, p *exec.ConversationsByTeam) (*model.DurationStatistics, error) {
	return p.Part.Durations(model.FigureReply), nil
}

// Resolution sums up the team's conversations that were resolved.
func (byTeamResolver) Resolution(_ context.Context, p *exec.ConversationsByTeam) (*model.DurationStatistics, error) {
	return p.Part.Durations(model.FigureResolved), nil
}

// FirstResponse sums up first replies of people on the channel.
func (byChannelResolver) FirstResponse(_ context.Context, p *exec.ConversationsByChannel) (*model.DurationStatistics, error) {
	return p.Part.Durations(model.FigureFirstResponse), nil
}

// AssignmentToFirstResponse sums up the same replies.
func (byChannelResolver) AssignmentToFirstResponse(_ context.Context, p *exec.ConversationsByChannel) (*model.DurationStatistics, error) {
	return p.Part.Durations(model.FigureFromAssignment), nil
}

// Reply sums up replies of people on the channel.
func (byChannelResolver) Reply(_ context.Context, p *exec.ConversationsByChannel) (*model.DurationStatistics, error) {
	return p.Part.Durations(model.FigureReply), nil
}

// Resolution sums up the channel's conversations that were resolved.
func (byChannelResolver) Resolution(_ context.Context, p *exec.ConversationsByChannel) (*model.DurationStatistics, error) {
	return p.Part.Durations(model.FigureResolved), nil
}
