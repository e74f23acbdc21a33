package db

import (
	"context"
	"fmt"

	"github.com/livedesk/livedesk/model"
)

const surveyOrder = "v"

// SurveysOf returns a page of the surveys of each of the conversations, the newest first.
func (s *Store) SurveysOf(ctx context.Context, account int64, conversations []model.ID, p model.Page) (map[model.ID]*model.Slice[*model.Survey], error) {
	w, err := newWindow(p, surveyOrder)
	if err != nil {
		return nil, err
	}
	q := &query{args: []any{account, texts(conversations)}}
	q.add("SELECT ", surveyColumns, ` FROM unnest($2::uuid[]) k(id) CROSS JOIN LATERAL (
		SELECT n.* FROM surveys n WHERE n.account_id = $1 AND n.conversation_id = k.id`)
	q.bounds(w, []string{"n.version"}, true, func(k key) string { return q.arg(k.number) })
	q.add(w.order([]string{"n.version"}, true), " LIMIT ", w.limit(), ") s", w.order([]string{"s.version"}, true))
	rows, err := listed(ctx, s, q, surveyFields)
	if err != nil {
		return nil, fmt.Errorf("list surveys: %w", err)
	}
	return slicesOf(w, conversations, rows, func(v *model.Survey) model.ID { return v.ConversationID },
		func(v *model.Survey) key { return key{segment: surveyOrder[0], number: int64(v.Version)} }), nil
}
