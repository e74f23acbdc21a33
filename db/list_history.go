package db

import (
	"context"
	"fmt"

	"github.com/livedesk/livedesk/model"
)

const changeOrder = "h"

// HistoriesOf returns a page of the history of each of the conversations, oldest change first.
func (s *Store) HistoriesOf(ctx context.Context, account int64, conversations []model.ID, p model.Page) (map[model.ID]*model.Slice[*model.ConversationChange], error) {
	w, err := newWindow(p, changeOrder)
	if err != nil {
		return nil, err
	}
	q := &query{args: []any{account, texts(conversations)}}
	q.add(`SELECT h.conversation_id::text, h.version, h.at, h.reason, coalesce(h.actor_agent_id::text, ''), h.status,
		coalesce(h.agent_id::text, ''), coalesce(h.ai_agent_id::text, ''), coalesce(h.team_id::text, ''), coalesce(h.hand_over, '')
		FROM unnest($2::uuid[]) k(id) CROSS JOIN LATERAL (
		SELECT n.* FROM conversation_changes n WHERE n.account_id = $1 AND n.conversation_id = k.id`)
	q.bounds(w, []string{"n.version"}, false, func(k key) string { return q.arg(k.number) })
	q.add(w.order([]string{"n.version"}, false), " LIMIT ", w.limit(), ") h", w.order([]string{"h.version"}, false))
	rows, err := listed(ctx, s, q, func(h *model.ConversationChange) []any {
		return []any{(*string)(&h.ConversationID), &h.Version, &h.ChangedAt, (*string)(&h.Reason), (*string)(&h.ActorID), (*string)(&h.Status),
			(*string)(&h.AgentID), (*string)(&h.AiAgentID), (*string)(&h.TeamID), (*string)(&h.HandOver)}
	})
	if err != nil {
		return nil, fmt.Errorf("list changes: %w", err)
	}
	return slicesOf(w, conversations, rows, func(h *model.ConversationChange) model.ID { return h.ConversationID },
		func(h *model.ConversationChange) key { return key{segment: changeOrder[0], number: int64(h.Version)} }), nil
}
