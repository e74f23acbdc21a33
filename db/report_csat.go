package db

import (
	"context"
	"encoding/binary"
	"fmt"
	"time"

	"github.com/livedesk/livedesk/model"
)

// CsatReport counts the surveys that the filter asks for, in one pass.
func (d *DB) CsatReport(ctx context.Context, account int64, f model.ReportFilter) (*model.CsatTally, error) {
	f = f.Whole()
	t := model.NewCsatTally(f)
	return t, d.look(ctx, func(s *Store) error {
		q := &query{}
		q.add("SELECT s.sent_at, s.channel_id, s.agent_id, s.ai_agent_id, s.team_id, s.score FROM surveys s")
		q.reported(account, f)
		rows, err := s.hot.Query(ctx, q.String(), q.args...)
		if err != nil {
			return fmt.Errorf("count surveys: %w", err)
		}
		defer rows.Close()
		for rows.Next() {
			addSurvey(t, rows.RawValues())
		}
		return rows.Err()
	})
}

// addSurvey reads a row in Postgres's binary form: a million of them are nothing to spend allocations on.
func addSurvey(t *model.CsatTally, row [][]byte) {
	var c model.Credit
	copy(c.Channel[:], row[1])
	copy(c.Agent[:], row[2])
	copy(c.AiAgent[:], row[3])
	copy(c.Team[:], row[4])
	score := 0
	if row[5] != nil {
		score = int(int32(binary.BigEndian.Uint32(row[5])))
	}
	sent := time.UnixMicro(int64(binary.BigEndian.Uint64(row[0])) + postgresEpoch)
	t.Add(sent, c, score)
}

// postgresEpoch is 2000-01-01, from which Postgres counts, in microseconds since 1970.
const postgresEpoch = 946_684_800_000_000

// reported adds the conditions of a report's filter on surveys s. Numbers and lists go by the same.
func (q *query) reported(account int64, f model.ReportFilter) {
	q.add(" WHERE s.account_id = ", q.arg(account), " AND s.sent_at >= ", q.arg(f.From), " AND s.sent_at < ", q.arg(f.To))
	q.add(" AND s.conversation_id NOT IN (SELECT v.id FROM conversations v WHERE v.account_id = s.account_id AND v.closed_reason = 'MERGED')")
	if len(f.ChannelIDs) > 0 {
		q.add(" AND s.channel_id = ANY (", q.arg(texts(f.ChannelIDs)), "::uuid[])")
	}
	if len(f.TeamIDs) > 0 {
		q.add(" AND s.team_id = ANY (", q.arg(texts(f.TeamIDs)), "::uuid[])")
	}
	if len(f.AgentIDs)+len(f.AiAgentIDs) > 0 {
		q.add(" AND (s.agent_id = ANY (", q.arg(texts(f.AgentIDs)), "::uuid[]) OR s.ai_agent_id = ANY (", q.arg(texts(f.AiAgentIDs)), "::uuid[]))")
	}
	if len(f.LabelIDs) > 0 {
		q.add(" AND EXISTS (SELECT 1 FROM conversation_labels l WHERE l.account_id = s.account_id AND l.conversation_id = s.conversation_id AND l.label_id = ANY (",
			q.arg(texts(f.LabelIDs)), "::uuid[]))")
	}
}

// reportOrder is the order of a report's surveys: by when they were sent, the newest first.
const reportOrder = "r"

// ReportSurveys returns a page of the surveys behind a CSAT report.
func (s *Store) ReportSurveys(ctx context.Context, account int64, f model.ReportFilter, answered bool, p model.Page) (*model.Slice[*model.Survey], error) {
	w, err := newWindow(p, reportOrder)
	if err != nil {
		return nil, err
	}
	q := &query{}
	q.add("SELECT ", surveyColumns, " FROM surveys s")
	q.reported(account, f.Whole())
	if answered {
		q.add(" AND s.score IS NOT NULL")
	}
	columns := []string{"s.sent_at", "s.id"}
	q.bounds(w, columns, true, q.moment)
	q.add(w.order(columns, true), " LIMIT ", w.limit())
	rows, err := listed(ctx, s, q, surveyFields)
	if err != nil {
		return nil, fmt.Errorf("list the surveys of a report: %w", err)
	}
	return slice(w, rows, func(v *model.Survey) key {
		return key{segment: reportOrder[0], number: v.CreatedAt.UnixMicro(), id: v.ID}
	}), nil
}
