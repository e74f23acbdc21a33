package db

import (
	"context"
	"fmt"
	"time"

	"github.com/uptrace/bun"

	"github.com/livedesk/livedesk/model"
)

const noTeam = "There is no such team."

// Team returns one team of the account, or NOT_FOUND.
func (s *Store) Team(ctx context.Context, account int64, id model.ID) (*model.Team, error) {
	t := &model.Team{}
	if err := s.NewSelect().Model(t).Where("account_id = ? AND id = ?", account, id).Scan(ctx); err != nil {
		return nil, missing(err, noTeam)
	}
	return t, nil
}

// LockTeam is Team for a transaction that changes it.
func (s *Store) LockTeam(ctx context.Context, account int64, id model.ID) (*model.Team, error) {
	t := &model.Team{}
	if err := s.NewSelect().Model(t).Where("account_id = ? AND id = ?", account, id).For("NO KEY UPDATE").Scan(ctx); err != nil {
		return nil, missing(err, noTeam)
	}
	return t, nil
}

// Teams returns those of the teams that the account has, in the order of their ids.
func (s *Store) Teams(ctx context.Context, account int64, ids []model.ID) ([]*model.Team, error) {
	var list []*model.Team
	err := s.NewSelect().Model(&list).Where("account_id = ? AND id IN (?)", account, bun.List(ids)).Order("id").Scan(ctx)
	if err != nil {
		return nil, fmt.Errorf("read teams: %w", err)
	}
	return list, nil
}

// AddTeam stores a new team.
func (s *Store) AddTeam(ctx context.Context, t *model.Team) error {
	if _, err := s.NewInsert().Model(t).Exec(ctx); err != nil {
		return fmt.Errorf("add team %s: %w", t.ID, err)
	}
	return nil
}

// RenameTeam changes the name.
func (s *Store) RenameTeam(ctx context.Context, t *model.Team) error {
	if _, err := s.NewUpdate().Model(t).Column("name").WherePK().Exec(ctx); err != nil {
		return fmt.Errorf("rename team %s: %w", t.ID, err)
	}
	return nil
}

// SetTeamAgents makes exactly these agents the members of the team. One that the account does not have gives NOT_FOUND.
func (s *Store) SetTeamAgents(ctx context.Context, account int64, team model.ID, agents []model.ID) error {
	_, err := s.hot.Exec(ctx, `DELETE FROM team_agents WHERE account_id = $1 AND team_id = $2 AND NOT agent_id = ANY ($3::uuid[])`,
		account, string(team), texts(agents))
	if err == nil {
		_, err = s.hot.Exec(ctx, `INSERT INTO team_agents (account_id, team_id, agent_id) SELECT $1, $2, a FROM unnest($3::uuid[]) a ON CONFLICT DO NOTHING`,
			account, string(team), texts(agents))
	}
	if err != nil {
		return fmt.Errorf("set the members of team %s: %w", team, err)
	}
	return nil
}

// DeleteTeam deletes the team. Conversations that are not CLOSED leave its queue, with a note in their history and an
// event each; owners keep theirs. CLOSED ones forget it in silence. Once the team itself is locked no conversation can
// be given to it any more.
func (s *Store) DeleteTeam(ctx context.Context, account int64, team model.ID, by *model.Viewer, at time.Time) error {
	for _, q := range []string{
		`SELECT 1 FROM conversations WHERE account_id = $1 AND team_id = $2 ORDER BY id FOR UPDATE`,
		`SELECT 1 FROM teams WHERE account_id = $1 AND id = $2 FOR UPDATE`,
		`UPDATE conversations SET team_id = NULL WHERE account_id = $1 AND team_id = $2 AND status = 'CLOSED'`,
	} {
		if _, err := s.hot.Exec(ctx, q, account, string(team)); err != nil {
			return fmt.Errorf("empty the queue of team %s: %w", team, err)
		}
	}
	_, err := s.hot.Exec(ctx, `WITH freed AS (
			UPDATE conversations SET team_id = NULL, version = version + 1, target_id = CASE WHEN target_kind = 'TEAM' THEN NULL ELSE target_id END,
				target_kind = CASE WHEN target_kind = 'TEAM' THEN 'HUMAN_AGENTS' ELSE target_kind END WHERE account_id = $1 AND team_id = $2 RETURNING *),
		noted AS (
			INSERT INTO conversation_changes (account_id, conversation_id, version, at, reason, actor_agent_id, actor_system, status, agent_id, ai_agent_id)
			SELECT account_id, id, version, $3, 'RELEASED', $4, $5, status, agent_id, ai_agent_id FROM freed),
		gone AS (DELETE FROM teams WHERE account_id = $1 AND id = $2)
		INSERT INTO event_outbox (account_id, kind, channel_id, conversation_id)
		SELECT account_id, 'CONVERSATION_CHANGED', channel_id, id FROM freed ORDER BY id`, account, string(team), at, null(by.Agent), nullText(by.System))
	if err != nil {
		return fmt.Errorf("delete team %s: %w", team, err)
	}
	return nil
}
