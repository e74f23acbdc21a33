package db

import (
	"context"
	"fmt"
	"time"

	"github.com/uptrace/bun"

	"github.com/livedesk/livedesk/model"
)

const noLabel = "There is no such label."

// Label returns one label of the account, or NOT_FOUND.
func (s *Store) Label(ctx context.Context, account int64, id model.ID) (*model.Label, error) {
	l := &model.Label{}
	if err := s.NewSelect().Model(l).Where("account_id = ? AND id = ?", account, id).Scan(ctx); err != nil {
		return nil, missing(err, noLabel)
	}
	return l, nil
}

// LockLabel is Label for a transaction that changes it.
func (s *Store) LockLabel(ctx context.Context, account int64, id model.ID) (*model.Label, error) {
	l := &model.Label{}
	if err := s.NewSelect().Model(l).Where("account_id = ? AND id = ?", account, id).For("NO KEY UPDATE").Scan(ctx); err != nil {
		return nil, missing(err, noLabel)
	}
	return l, nil
}

// Labels returns those of the labels that the account has, in the order of their ids.
func (s *Store) Labels(ctx context.Context, account int64, ids []model.ID) ([]*model.Label, error) {
	var list []*model.Label
	err := s.NewSelect().Model(&list).Where("account_id = ? AND id IN (?)", account, bun.List(ids)).Order("id").Scan(ctx)
	if err != nil {
		return nil, fmt.Errorf("read labels: %w", err)
	}
	return list, nil
}

// AddLabel stores a new label.
func (s *Store) AddLabel(ctx context.Context, l *model.Label) error {
	if _, err := s.NewInsert().Model(l).Exec(ctx); err != nil {
		return fmt.Errorf("add label %s: %w", l.ID, err)
	}
	return nil
}

// SaveLabel stores name and colour.
func (s *Store) SaveLabel(ctx context.Context, l *model.Label) error {
	if _, err := s.NewUpdate().Model(l).Column("name", "color").WherePK().Exec(ctx); err != nil {
		return fmt.Errorf("save label %s: %w", l.ID, err)
	}
	return nil
}

// DeleteLabel deletes the label and takes it off every conversation. Those that are not CLOSED get a note in their
// history and an event each.
func (s *Store) DeleteLabel(ctx context.Context, account int64, label model.ID, by *model.Viewer, at time.Time) error {
	_, err := s.hot.Exec(ctx, `WITH held AS MATERIALIZED (
			SELECT v.id FROM conversations v JOIN conversation_labels x ON x.account_id = v.account_id AND x.conversation_id = v.id
			WHERE x.account_id = $1 AND x.label_id = $2 AND v.status <> 'CLOSED' ORDER BY v.id FOR UPDATE OF v),
		changed AS (UPDATE conversations v SET version = v.version + 1 FROM held h WHERE v.account_id = $1 AND v.id = h.id RETURNING v.*),
		noted AS (
			INSERT INTO conversation_changes (account_id, conversation_id, version, at, reason, actor_agent_id, actor_system, status, agent_id, ai_agent_id, team_id)
			SELECT account_id, id, version, $3, 'SET', $4, $5, status, agent_id, ai_agent_id, team_id FROM changed),
		gone AS (DELETE FROM labels WHERE account_id = $1 AND id = $2)
		INSERT INTO event_outbox (account_id, kind, channel_id, conversation_id)
		SELECT account_id, 'CONVERSATION_CHANGED', channel_id, id FROM changed ORDER BY id`, account, string(label), at, null(by.Agent), nullText(by.System))
	if err != nil {
		return fmt.Errorf("delete label %s: %w", label, err)
	}
	return nil
}
