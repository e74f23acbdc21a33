package db

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/livedesk/livedesk/model"
)

// exportPage is how many rows of an export are read at a time.
const exportPage = 500

// AddExport keeps what is to be fetched.
func (s *Store) AddExport(ctx context.Context, e *model.ReportExport) error {
	body, err := json.Marshal(e)
	if err != nil {
		return fmt.Errorf("write export %s: %w", e.ID, err)
	}
	_, err = s.hot.Exec(ctx, `INSERT INTO report_exports (account_id, id, agent_id, body, expires_at) VALUES ($1, $2, $3, $4::text::jsonb, $5)`,
		e.AccountID, string(e.ID), string(e.AgentID), string(body), e.ExpiresAt)
	if err != nil {
		return fmt.Errorf("keep export %s: %w", e.ID, err)
	}
	return nil
}

// Export returns what was kept, or NOT_FOUND.
func (s *Store) Export(ctx context.Context, account int64, id model.ID) (*model.ReportExport, error) {
	var body []byte
	if err := s.hot.QueryRow(ctx, `SELECT body FROM report_exports WHERE account_id = $1 AND id = $2`, account, string(id)).Scan(&body); err != nil {
		return nil, missing(err, "There is no such export.")
	}
	e := &model.ReportExport{}
	if err := json.Unmarshal(body, e); err != nil {
		return nil, fmt.Errorf("read export %s: %w", id, err)
	}
	return e, nil
}

// ReportNames returns what the account's channels, agents, AI Agents and teams are called.
func (s *Store) ReportNames(ctx context.Context, account int64) (map[model.Key]string, error) {
	type name struct {
		key  model.Key
		text string
	}
	rows, err := rowsOf(ctx, s, `SELECT id, name FROM channels WHERE account_id = $1 UNION ALL SELECT id, name FROM agents WHERE account_id = $1
		UNION ALL SELECT id, name FROM ai_agents WHERE account_id = $1 UNION ALL SELECT id, name FROM teams WHERE account_id = $1`, []any{account},
		func(n *name) []any { return []any{(*[16]byte)(&n.key), &n.text} })
	if err != nil {
		return nil, fmt.Errorf("read names: %w", err)
	}
	names := make(map[model.Key]string, len(rows))
	for _, n := range rows {
		names[n.key] = n.text
	}
	return names, nil
}

// EachSurvey tells of the surveys behind a CSAT report, a page at a time, the one that was sent first first.
func (s *Store) EachSurvey(ctx context.Context, account int64, f model.ReportFilter, tell func([]*model.ExportedSurvey) error) error {
	fields := func(e *model.ExportedSurvey) []any { return append(surveyFields(&e.Survey), &e.Contact) }
	var last *model.ExportedSurvey
	for {
		q := &query{}
		q.add("SELECT ", surveyColumns, ", coalesce(nullif(k.name, ''), k.address) FROM surveys s JOIN conversations c ON c.account_id = s.account_id AND c.id = s.conversation_id",
			" JOIN contacts k ON k.account_id = c.account_id AND k.id = c.contact_id")
		q.reported(account, f.Whole())
		if last != nil {
			q.add(" AND (s.sent_at, s.id) > (", q.arg(*last.SentAt), ", ", q.arg(string(last.ID)), ")")
		}
		q.add(" ORDER BY s.sent_at, s.id LIMIT ", q.arg(exportPage))
		page, err := rowsOf(ctx, s, q.String(), q.args, fields)
		if err != nil {
			return fmt.Errorf("export surveys: %w", err)
		}
		if len(page) == 0 {
			return nil
		}
		if err := tell(page); err != nil {
			return err
		}
		last = page[len(page)-1]
	}
}

// EachConversation tells of the conversations behind a report, a page at a time, the one that began first first. Only
// their ids are held all at once.
func (d *DB) EachConversation(ctx context.Context, account int64, f model.ReportFilter, tell func([]*model.ExportedConversation) error) error {
	_, finders, err := d.OpenReport(ctx, account, f, false, []*model.ReportFigure{nil})
	if err != nil {
		return err
	}
	found := finders[0].Newest()
	for err == nil && len(found) > 0 {
		n := max(0, len(found)-exportPage)
		var page []*model.ExportedConversation
		if page, err = d.exported(ctx, account, f.Whole(), found[n:]); err == nil {
			err = tell(page)
		}
		found = found[:n]
	}
	return err
}

func (s *Store) exported(ctx context.Context, account int64, f model.ReportFilter, ids []model.Key) ([]*model.ExportedConversation, error) {
	page, err := rowsOf(ctx, s, `SELECT c.id::text, c.channel_id::text, coalesce(nullif(k.name, ''), k.address), c.status, c.opened_at FROM conversations c
		JOIN contacts k ON k.account_id = c.account_id AND k.id = c.contact_id WHERE c.account_id = $1 AND c.id = ANY ($2::uuid[]) ORDER BY c.id`,
		[]any{account, keyTexts(ids)}, func(e *model.ExportedConversation) []any {
			return []any{(*string)(&e.ID), (*string)(&e.ChannelID), &e.Contact, (*string)(&e.Status), &e.OpenedAt}
		})
	if err != nil {
		return nil, fmt.Errorf("export conversations: %w", err)
	}
	rows := make(map[model.Key]*model.ExportedConversation, len(page))
	for _, e := range page {
		rows[e.ID.Key()] = e
	}
	picker := f.Picker()
	return page, s.eachStory(ctx, account, ids, func(story *model.Story, hours model.Calendars) {
		for _, fact := range story.Facts(hours) {
			if row := rows[story.Conversation]; row != nil && fact.At >= f.From.UnixMilli() && fact.At < f.To.UnixMilli() && picker.Picks(fact.Credit) {
				row.Add(fact)
			}
		}
	})
}
