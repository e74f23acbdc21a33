package graph

import (
	"context"

	"github.com/livedesk/livedesk/graph/exec"
	"github.com/livedesk/livedesk/model"
)

type csatReportResolver struct{ *Resolver }

// CsatReport counts how customers liked it.
func (r *queryResolver) CsatReport(ctx context.Context, f model.ReportFilter) (*exec.CsatReport, error) {
	v, err := reporting(ctx, &f)
	if err != nil {
		return nil, err
	}
	report := &exec.CsatReport{Filter: f}
	if !selects(ctx, "surveys") {
		return report, nil
	}
	t, err := r.DB.CsatReport(ctx, v.Account, f)
	if err != nil {
		return nil, err
	}
	report.Tally, report.Sent, report.Answered = t, t.Sent, t.Answered
	report.ResponseRate, report.Satisfaction, report.Average = t.ResponseRate(), t.Satisfaction(), t.Average()
	return report, nil
}

// Distribution tells how often each score was given.
func (*csatReportResolver) Distribution(_ context.Context, c *exec.CsatReport) ([]*exec.CsatScoreCount, error) {
	list := make([]*exec.CsatScoreCount, 5)
	for i := range list {
		list[i] = &exec.CsatScoreCount{Score: i + 1, Count: c.Tally.Scores[i+1]}
	}
	return list, nil
}

// Series is the report by time.
func (*csatReportResolver) Series(_ context.Context, c *exec.CsatReport, b model.ReportBucket) ([]*exec.CsatBucket, error) {
	zone, err := c.Filter.Check()
	if err != nil {
		return nil, err
	}
	points, err := c.Tally.Series(b, zone)
	list := make([]*exec.CsatBucket, len(points))
	for i, p := range points {
		list[i] = &exec.CsatBucket{Start: p.Start, End: p.End, Sent: p.Sent, Answered: p.Answered, Average: p.Average(), Satisfaction: p.Satisfaction()}
	}
	return list, err
}

func csatPartID(p *model.CsatPart) model.ID { return p.Of }

// ByAgent is the report by who resolved.
func (r *csatReportResolver) ByAgent(ctx context.Context, c *exec.CsatReport) ([]*exec.CsatByAgent, error) {
	v, err := seesAll(ctx)
	if err != nil {
		return nil, err
	}
	parts := c.Tally.By(func(c model.Credit) model.Key { return c.Agent })
	return ofParts(ctx, parts, csatPartID, &r.load(ctx, v.Account).Agents, func(p *model.CsatPart, a *model.Agent) *exec.CsatByAgent {
		return &exec.CsatByAgent{Agent: a, Sent: p.Sent, Answered: p.Answered, Average: p.Average(), Satisfaction: p.Satisfaction()}
	})
}

// ByAiAgent is the report by which AI Agent resolved.
func (r *csatReportResolver) ByAiAgent(ctx context.Context, c *exec.CsatReport) ([]*exec.CsatByAiAgent, error) {
	v, err := seesAll(ctx)
	if err != nil {
		return nil, err
	}
	parts := c.Tally.By(func(c model.Credit) model.Key { return c.AiAgent })
	return ofParts(ctx, parts, csatPartID, &r.load(ctx, v.Account).AiAgents, func(p *model.CsatPart, a *model.AiAgent) *exec.CsatByAiAgent {
		return &exec.CsatByAiAgent{AiAgent: a, Sent: p.Sent, Answered: p.Answered, Average: p.Average(), Satisfaction: p.Satisfaction()}
	})
}

// ByTeam is the report by team; one that was deleted still counts.
func (r *csatReportResolver) ByTeam(ctx context.Context, c *exec.CsatReport) ([]*exec.CsatByTeam, error) {
	v, err := seesAll(ctx)
	if err != nil {
		return nil, err
	}
	parts := c.Tally.By(func(c model.Credit) model.Key { return c.Team })
	teams, err := some(ctx, &r.load(ctx, v.Account).Teams, idsOf(parts, csatPartID))
	if err != nil {
		return nil, err
	}
	rows := make([]*exec.CsatByTeam, len(parts))
	for i, p := range parts {
		rows[i] = &exec.CsatByTeam{Team: teams[i], Sent: p.Sent, Answered: p.Answered, Average: p.Average(), Satisfaction: p.Satisfaction()}
	}
	return rows, nil
}

// ByChannel is the report by channel.
func (r *csatReportResolver) ByChannel(ctx context.Context, c *exec.CsatReport) ([]*exec.CsatByChannel, error) {
	v, err := seesAll(ctx)
	if err != nil {
		return nil, err
	}
	parts := c.Tally.By(func(c model.Credit) model.Key { return c.Channel })
	return ofParts(ctx, parts, csatPartID, &r.load(ctx, v.Account).Channels, func(p *model.CsatPart, channel *model.Channel) *exec.CsatByChannel {
		return &exec.CsatByChannel{Channel: channel, Sent: p.Sent, Answered: p.Answered, Average: p.Average(), Satisfaction: p.Satisfaction()}
	})
}

// Surveys are those that were counted.
func (r *csatReportResolver) Surveys(ctx context.Context, c *exec.CsatReport, answered *bool, first *int, after *string, last *int, before *string) (*exec.SurveyConnection, error) {
	v, err := seesAll(ctx)
	if err != nil {
		return nil, err
	}
	return surveyConnection(r.DB.ReportSurveys(ctx, v.Account, c.Filter, answered != nil && *answered, page(first, after, last, before)))
}
