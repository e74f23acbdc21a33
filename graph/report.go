package graph

import (
	"context"
	"errors"
	"slices"

	"github.com/99designs/gqlgen/graphql"

	"github.com/livedesk/livedesk/db"
	"github.com/livedesk/livedesk/graph/exec"
	"github.com/livedesk/livedesk/model"
)

type conversationReportResolver struct{ *Resolver }

// ConversationReport counts what came in and what was done about it.
func (r *queryResolver) ConversationReport(ctx context.Context, f model.ReportFilter) (*exec.ConversationReport, error) {
	v, err := reporting(ctx, &f)
	if err != nil {
		return nil, err
	}
	t, found, err := r.DB.OpenReport(ctx, v.Account, f, selects(ctx, "conversations"), figuresOpened(ctx))
	if err != nil {
		return nil, err
	}
	report := &exec.ConversationReport{Filter: f, Tally: t, Found: found}
	if t == nil {
		return report, nil
	}
	report.Opened, report.Resolved, report.Reopened = t.Count(model.FigureOpened), t.Count(model.FigureResolved), t.Count(model.FigureReopened)
	report.ResolvedByAi, report.HandedOver = t.Count(model.FigureResolvedByAi), t.Count(model.FigureHandedOver)
	report.MessagesReceived, report.MessagesSent = t.Count(model.FigureReceived), t.Count(model.FigureSent)
	return report, nil
}

// reporting returns who asks, if they may see reports, and refuses a filter that no report can be made by.
func reporting(ctx context.Context, f *model.ReportFilter) (*model.Viewer, error) {
	v, err := seesAll(ctx)
	if err == nil {
		_, err = f.Check()
	}
	return v, err
}

// selects tells whether the selection of the field at hand asks for more than the list, which is read by itself.
func selects(ctx context.Context, list string) bool {
	return slices.ContainsFunc(graphql.CollectFieldsCtx(ctx, nil), func(f graphql.CollectedField) bool { return f.Name != list && f.Name != "__typename" })
}

// figuresOpened are those whose conversations the selection of the report asks for, each once.
func figuresOpened(ctx context.Context) (figures []*model.ReportFigure) {
	op := graphql.GetOperationContext(ctx)
	for _, f := range graphql.CollectFieldsCtx(ctx, nil) {
		if f.Name != "conversations" {
			continue
		}
		var figure *model.ReportFigure
		if name, ok := f.ArgumentMap(op.Variables)["figure"].(string); ok {
			figure = (*model.ReportFigure)(&name)
		}
		if !slices.ContainsFunc(figures, func(other *model.ReportFigure) bool { return sameFigure(figure, other) }) {
			figures = append(figures, figure)
		}
	}
	return figures
}

func sameFigure(a, b *model.ReportFigure) bool {
	return a == nil && b == nil || a != nil && b != nil && *a == *b
}

// FirstResponse sums up first replies of people.
func (*conversationReportResolver) FirstResponse(_ context.Context, c *exec.ConversationReport) (*model.DurationStatistics, error) {
	return c.Tally.Durations(model.FigureFirstResponse), nil
}

// AssignmentToFirstResponse sums up the same replies.
func (*conversationReportResolver) AssignmentToFirstResponse(_ context.Context, c *exec.ConversationReport) (*model.DurationStatistics, error) {
	return c.Tally.Durations(model.FigureFromAssignment), nil
}

// Reply sums up replies of people.
func (*conversationReportResolver) Reply(_ context.Context, c *exec.ConversationReport) (*model.DurationStatistics, error) {
	return c.Tally.Durations(model.FigureReply), nil
}

// AiFirstResponse sums up first replies of AI Agents.
func (*conversationReportResolver) AiFirstResponse(_ context.Context, c *exec.ConversationReport) (*model.DurationStatistics, error) {
	return c.Tally.Durations(model.FigureAiFirstResponse), nil
}

// AiReply sums up replies of AI Agents.
func (*conversationReportResolver) AiReply(_ context.Context, c *exec.ConversationReport) (*model.DurationStatistics, error) {
	return c.Tally.Durations(model.FigureAiReply), nil
}

// Resolution sums up how long conversations took.
func (*conversationReportResolver) Resolution(_ context.Context, c *exec.ConversationReport) (*model.DurationStatistics, error) {
	return c.Tally.Durations(model.FigureResolved), nil
}

// Series is the report by time.
func (*conversationReportResolver) Series(_ context.Context, c *exec.ConversationReport, b model.ReportBucket) ([]*exec.ConversationBucket, error) {
	zone, err := c.Filter.Check()
	if err != nil {
		return nil, err
	}
	points, err := c.Tally.Series(b, zone)
	list := make([]*exec.ConversationBucket, len(points))
	for i, p := range points {
		list[i] = &exec.ConversationBucket{Start: p.Start, End: p.End, Opened: p.Count(model.FigureOpened), Resolved: p.Count(model.FigureResolved),
			Reopened: p.Count(model.FigureReopened), HandedOver: p.Count(model.FigureHandedOver),
			MessagesReceived: p.Count(model.FigureReceived), MessagesSent: p.Count(model.FigureSent)}
	}
	return list, err
}

// Conversations are those behind a figure.
func (r *conversationReportResolver) Conversations(ctx context.Context, c *exec.ConversationReport, figure *model.ReportFigure, first *int, after *string, last *int, before *string) (*exec.ConversationConnection, error) {
	v, err := seesAll(ctx)
	if err != nil {
		return nil, err
	}
	for _, found := range c.Found {
		if sameFigure(found.Figure, figure) {
			return conversationConnection(r.DB.ReportConversations(ctx, v.Account, found, page(first, after, last, before)))
		}
	}
	return nil, errors.New("a report was opened at a figure that was not found in its selection")
}

// ofParts makes a row of each part whose object there is.
func ofParts[P, O, T any](ctx context.Context, parts []P, idOf func(P) model.ID, objects *db.Load[model.ID, *O], row func(P, *O) *T) ([]*T, error) {
	found, err := some(ctx, objects, idsOf(parts, idOf))
	if err != nil {
		return nil, err
	}
	rows := []*T{}
	for i, p := range parts {
		if found[i] != nil {
			rows = append(rows, row(p, found[i]))
		}
	}
	return rows, nil
}
