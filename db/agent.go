package db

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"github.com/uptrace/bun"

	"github.com/livedesk/livedesk/model"
)

const noAgent = "There is no such agent."

// Agent returns one agent of the account, or NOT_FOUND.
func (s *Store) Agent(ctx context.Context, account int64, id model.ID) (*model.Agent, error) {
	a := &model.Agent{}
	err := s.NewSelect().Model(a).Where("account_id = ? AND id = ?", account, id).Scan(ctx)
	if err != nil {
		return nil, missing(err, noAgent)
	}
	return a, nil
}

// LockAgents returns those of the agents that the account has, in the order of their ids, for a transaction that will
// change them or relies on their staying as they are.
func (s *Store) LockAgents(ctx context.Context, account int64, ids []model.ID) ([]*model.Agent, error) {
	return s.lockAgents(ctx, account, "id IN (?)", bun.List(ids))
}

// LockAdmins returns the account's enabled admins, and the agent whoever it is. Whoever takes an admin away holds
// this lock, so that of two who do so at once the second sees what the first has left.
func (s *Store) LockAdmins(ctx context.Context, account int64, agent model.ID) ([]*model.Agent, error) {
	return s.lockAgents(ctx, account, "(id = ? OR (role = 'ADMIN' AND disabled_at IS NULL))", agent)
}

func (s *Store) lockAgents(ctx context.Context, account int64, where string, args ...any) ([]*model.Agent, error) {
	var list []*model.Agent
	err := s.NewSelect().Model(&list).Where("account_id = ?", account).Where(where, args...).Order("id").For("NO KEY UPDATE").Scan(ctx)
	if err != nil {
		return nil, fmt.Errorf("lock agents: %w", err)
	}
	return list, nil
}

// AgentByEmail finds who signs in with the address, in whatever account; nil when nobody does. The address is in
// lower case.
func (s *Store) AgentByEmail(ctx context.Context, email string) (*model.Agent, error) {
	a := &model.Agent{}
	err := s.NewSelect().Model(a).Join("JOIN logins AS l ON l.account_id = agent.account_id AND l.agent_id = agent.id").
		Where("l.email = ?", email).Scan(ctx)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read a login: %w", err)
	}
	return a, nil
}

// AddAgent stores a new agent and their login. An address that is in use, in whatever account, gives TAKEN.
func (s *Store) AddAgent(ctx context.Context, a *model.Agent) error {
	if _, err := s.NewInsert().Model(a).Exec(ctx); err != nil {
		return fmt.Errorf("add agent %s: %w", a.ID, err)
	}
	_, err := s.hot.Exec(ctx, `INSERT INTO logins (email, account_id, agent_id) VALUES ($1, $2, $3)`, a.Email, a.AccountID, string(a.ID))
	if err != nil {
		return fmt.Errorf("add the login of agent %s: %w", a.ID, err)
	}
	return nil
}

// SaveAgent stores what can be changed of an agent: name, role, availability, limit, password and whether disabled.
func (s *Store) SaveAgent(ctx context.Context, a *model.Agent) error {
	_, err := s.NewUpdate().Model(a).Column("name", "role", "availability", "max_load", "password_hash", "disabled_at").WherePK().Exec(ctx)
	if err != nil {
		return fmt.Errorf("save agent %s: %w", a.ID, err)
	}
	return nil
}

// DisconnectAgent forgets the agent's sockets. The processes that hold them hear of it by SESSION_ENDED.
func (s *Store) DisconnectAgent(ctx context.Context, account int64, agent model.ID) error {
	if _, err := s.hot.Exec(ctx, `DELETE FROM connections WHERE account_id = $1 AND agent_id = $2`, account, string(agent)); err != nil {
		return fmt.Errorf("forget the connections of agent %s: %w", agent, err)
	}
	_, err := s.hot.Exec(ctx, `UPDATE agents SET connected = false WHERE account_id = $1 AND id = $2 AND connected`, account, string(agent))
	if err != nil {
		return fmt.Errorf("disconnect agent %s: %w", agent, err)
	}
	return nil
}

// firstAccountLock is the advisory lock under which the first account is made. The number is arbitrary.
const firstAccountLock = 7_215_002

// HasAccounts tells whether the desk was set up.
func (s *Store) HasAccounts(ctx context.Context) (bool, error) {
	var has bool
	if err := s.hot.QueryRow(ctx, `SELECT EXISTS (SELECT 1 FROM accounts)`).Scan(&has); err != nil {
		return false, fmt.Errorf("look for accounts: %w", err)
	}
	return has, nil
}

// FirstAccount makes an account with its event log, unless there is one already: then it returns 0. Of several
// processes that try at once, one makes it.
func (s *Store) FirstAccount(ctx context.Context, name string) (account int64, err error) {
	if _, err := s.hot.Exec(ctx, `SELECT pg_advisory_xact_lock($1)`, firstAccountLock); err != nil {
		return 0, fmt.Errorf("wait for another first start: %w", err)
	}
	if has, err := s.HasAccounts(ctx); has || err != nil {
		return 0, err
	}
	if err := s.hot.QueryRow(ctx, `INSERT INTO accounts (name) VALUES ($1) RETURNING id`, name).Scan(&account); err != nil {
		return 0, fmt.Errorf("make the first account: %w", err)
	}
	if _, err := s.hot.Exec(ctx, `INSERT INTO account_feed (account_id) VALUES ($1)`, account); err != nil {
		return 0, fmt.Errorf("make the first account's event log: %w", err)
	}
	return account, nil
}
