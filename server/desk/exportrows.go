package desk

import (
	"context"
	"encoding/csv"
	"io"
	"strconv"
	"time"

	"github.com/livedesk/livedesk/model"
)

// WriteExport writes the export as CSV by RFC 4180. Rows are read as they are written: it holds a page of them.
func (d *Desk) WriteExport(ctx context.Context, e *model.ReportExport, to io.Writer) error {
	zone, err := e.Filter.Check()
	if err != nil {
		return err
	}
	x := &exporter{desk: d, e: e, zone: zone, to: csv.NewWriter(to)}
	x.to.UseCRLF = true
	switch e.Rows {
	case model.RowsSurveys:
		err = x.surveys(ctx)
	case model.RowsConversations:
		err = x.conversations(ctx)
	case model.RowsCsatReport:
		err = x.csatReport(ctx)
	default:
		err = x.conversationReport(ctx)
	}
	x.to.Flush()
	if err == nil {
		err = x.to.Error()
	}
	return err
}

type exporter struct {
	desk  *Desk
	e     *model.ReportExport
	zone  *time.Location
	names map[model.Key]string
	to    *csv.Writer
}

// row writes cells, of which those that people wrote are made safe.
func (x *exporter) row(cells ...string) error {
	for i, c := range cells {
		cells[i] = model.SafeCell(c)
	}
	return x.to.Write(cells)
}

func (x *exporter) time(at time.Time) string {
	return at.In(x.zone).Format("2006-01-02T15:04:05-07:00")
}

func (x *exporter) readNames(ctx context.Context) (err error) {
	x.names, err = x.desk.db.ReportNames(ctx, x.e.AccountID)
	return err
}

func (x *exporter) csatReport(ctx context.Context) error {
	t, err := x.desk.db.CsatReport(ctx, x.e.AccountID, x.e.Filter)
	if err != nil {
		return err
	}
	points, err := t.Series(x.e.Bucket, x.zone)
	if err != nil {
		return err
	}
	if err := x.row("start", "end", "sent", "answered", "response rate", "satisfaction", "average", "1", "2", "3", "4", "5"); err != nil {
		return err
	}
	for _, p := range points {
		cells := []string{x.time(p.Start), x.time(p.End), strconv.Itoa(p.Sent), strconv.Itoa(p.Answered), model.Cell(p.ResponseRate()), model.Cell(p.Satisfaction()), model.Cell(p.Average())}
		for _, n := range p.Scores[1:] {
			cells = append(cells, strconv.Itoa(n))
		}
		if err := x.row(cells...); err != nil {
			return err
		}
	}
	return nil
}

var exportedFigures = []struct {
	name   string
	figure model.ReportFigure
}{
	{"opened", model.FigureOpened}, {"resolved", model.FigureResolved}, {"reopened", model.FigureReopened}, {"handed over", model.FigureHandedOver},
	{"messages received", model.FigureReceived}, {"messages sent", model.FigureSent},
}

func (x *exporter) conversationReport(ctx context.Context) error {
	t, err := x.desk.db.ConversationReport(ctx, x.e.AccountID, x.e.Filter)
	if err != nil {
		return err
	}
	points, err := t.Series(x.e.Bucket, x.zone)
	if err != nil {
		return err
	}
	head := []string{"start", "end"}
	for _, f := range exportedFigures {
		head = append(head, f.name)
	}
	if err := x.row(head...); err != nil {
		return err
	}
	for _, p := range points {
		cells := []string{x.time(p.Start), x.time(p.End)}
		for _, f := range exportedFigures {
			cells = append(cells, strconv.Itoa(p.Count(f.figure)))
		}
		if err := x.row(cells...); err != nil {
			return err
		}
	}
	return nil
}

func (x *exporter) surveys(ctx context.Context) error {
	if err := x.readNames(ctx); err != nil {
		return err
	}
	err := x.row("survey", "conversation", "customer", "channel", "agent", "AI Agent", "team", "sent", "score", "comment", "answered", "answered by")
	if err != nil {
		return err
	}
	return x.desk.db.EachSurvey(ctx, x.e.AccountID, x.e.Filter, func(page []*model.ExportedSurvey) error {
		for _, s := range page {
			score, answered := "", ""
			if s.Score > 0 {
				score, answered = strconv.Itoa(s.Score), x.time(*s.AnsweredAt)
			}
			if err := x.row(string(s.ID), string(s.ConversationID), s.Contact, x.names[s.ChannelID.Key()], x.names[s.AgentID.Key()], x.names[s.AiAgentID.Key()],
				x.names[s.TeamID.Key()], x.time(*s.SentAt), score, s.Comment, answered, string(s.AnsweredBy)); err != nil {
				return err
			}
		}
		x.to.Flush()
		return x.to.Error()
	})
}

func (x *exporter) conversations(ctx context.Context) error {
	if err := x.readNames(ctx); err != nil {
		return err
	}
	err := x.row("conversation", "customer", "channel", "agent", "AI Agent", "team", "status now", "opened", "resolved", "reopened", "handed over", "messages received", "messages sent",
		"first response s", "first response business s", "assignment to first response s", "assignment to first response business s", "resolution s", "resolution business s")
	if err != nil {
		return err
	}
	return x.desk.db.EachConversation(ctx, x.e.AccountID, x.e.Filter, func(page []*model.ExportedConversation) error {
		for _, c := range page {
			cells := []string{string(c.ID), c.Contact, x.names[c.ChannelID.Key()], x.names[c.Agent], x.names[c.AiAgent], x.names[c.Team], string(c.Status), x.time(c.OpenedAt)}
			for _, kind := range []model.FactKind{model.FactResolved, model.FactReopened, model.FactHandedOver, model.FactReceived, model.FactSent} {
				cells = append(cells, strconv.Itoa(c.Counts[kind]))
			}
			for _, span := range []*model.Span{c.FirstResponse, c.FromAssignment, c.Resolution} {
				cells = append(cells, model.SpanCells(span)...)
			}
			if err := x.row(cells...); err != nil {
				return err
			}
		}
		x.to.Flush()
		return x.to.Error()
	})
}
