package db

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"github.com/livedesk/livedesk/model"
)

// ChannelsInSight returns the channels of a viewer who does not see all, as they were read for the viewer or as they
// are now.
func (s *Store) ChannelsInSight(ctx context.Context, v *model.Viewer) ([]model.ID, error) {
	if v.Channels != nil {
		return v.Channels, nil
	}
	return s.ChannelsOf(ctx, v.Account, v.Agent)
}

// ChannelsOf returns the channels that the agent is a member of, removed ones too: their conversations stay readable.
func (s *Store) ChannelsOf(ctx context.Context, account int64, agent model.ID) ([]model.ID, error) {
	return s.ids(ctx, `SELECT channel_id::text FROM channel_agents WHERE account_id = $1 AND agent_id = $2 ORDER BY channel_id`, account, string(agent))
}

// OtherChannels returns the channels that the agent is not a member of.
func (s *Store) OtherChannels(ctx context.Context, account int64, agent model.ID) ([]model.ID, error) {
	return s.ids(ctx, `SELECT c.id::text FROM channels c WHERE c.account_id = $1 AND NOT EXISTS (
		SELECT 1 FROM channel_agents m WHERE m.account_id = c.account_id AND m.channel_id = c.id AND m.agent_id = $2) ORDER BY c.id`, account, string(agent))
}

// MembersOf returns the agents who are members of the channel.
func (s *Store) MembersOf(ctx context.Context, account int64, channel model.ID) ([]model.ID, error) {
	return s.ids(ctx, `SELECT agent_id::text FROM channel_agents WHERE account_id = $1 AND channel_id = $2 ORDER BY agent_id`, account, string(channel))
}

func (s *Store) ids(ctx context.Context, query string, args ...any) ([]model.ID, error) {
	rows, err := s.hot.Query(ctx, query, args...)
	if err != nil {
		return nil, fmt.Errorf("read ids: %w", err)
	}
	list, err := pgx.CollectRows(rows, pgx.RowTo[model.ID])
	if err != nil {
		return nil, fmt.Errorf("read ids: %w", err)
	}
	return list, nil
}

// AddMembers makes the agents members of the channel. Those who are stay it.
func (s *Store) AddMembers(ctx context.Context, account int64, channel model.ID, agents []model.ID) error {
	_, err := s.hot.Exec(ctx, `INSERT INTO channel_agents (account_id, channel_id, agent_id) SELECT $1, $2, a FROM unnest($3::uuid[]) a ON CONFLICT DO NOTHING`,
		account, string(channel), texts(agents))
	if err != nil {
		return fmt.Errorf("add members to channel %s: %w", channel, err)
	}
	return nil
}

// RemoveMembers ends the agents' membership of the channel.
func (s *Store) RemoveMembers(ctx context.Context, account int64, channel model.ID, agents []model.ID) error {
	_, err := s.hot.Exec(ctx, `DELETE FROM channel_agents WHERE account_id = $1 AND channel_id = $2 AND agent_id = ANY ($3::uuid[])`,
		account, string(channel), texts(agents))
	if err != nil {
		return fmt.Errorf("remove members of channel %s: %w", channel, err)
	}
	return nil
}

// ChannelAgents returns the members of each of the channels, by name.
func (s *Store) ChannelAgents(ctx context.Context, account int64, channels []model.ID) (map[model.ID][]*model.Agent, error) {
	return s.members(ctx, "channel_agents", "channel_id", account, channels)
}

// TeamAgents returns the members of each of the teams, by name.
func (s *Store) TeamAgents(ctx context.Context, account int64, teams []model.ID) (map[model.ID][]*model.Agent, error) {
	return s.members(ctx, "team_agents", "team_id", account, teams)
}

// within is something that belongs to a group.
type within[T any] struct {
	group model.ID
	one   T
}

// members joins agents to the groups that the table of memberships puts them in.
func (s *Store) members(ctx context.Context, table, group string, account int64, groups []model.ID) (map[model.ID][]*model.Agent, error) {
	rows, err := rowsOf(ctx, s, `SELECT m.`+group+`::text, `+agentColumns+` FROM `+table+` m JOIN agents t ON t.account_id = m.account_id AND t.id = m.agent_id
		WHERE m.account_id = $1 AND m.`+group+` = ANY ($2::uuid[]) ORDER BY lower(t.name), t.id`, []any{account, texts(groups)},
		func(w *within[model.Agent]) []any { return append([]any{(*string)(&w.group)}, agentFields(&w.one)...) })
	if err != nil {
		return nil, fmt.Errorf("read members: %w", err)
	}
	return byGroup(rows), nil
}

// AgentChannels returns the channels that each of the agents works on, by name, removed ones left out.
func (s *Store) AgentChannels(ctx context.Context, account int64, agents []model.ID) (map[model.ID][]*model.Channel, error) {
	rows, err := rowsOf(ctx, s, `SELECT m.agent_id::text, `+channelColumns+` FROM channel_agents m JOIN channels t ON t.account_id = m.account_id AND t.id = m.channel_id
		WHERE m.account_id = $1 AND m.agent_id = ANY ($2::uuid[]) AND t.removed_at IS NULL ORDER BY lower(t.name), t.id`, []any{account, texts(agents)},
		func(w *within[model.Channel]) []any {
			return append([]any{(*string)(&w.group)}, channelFields(&w.one)...)
		})
	if err != nil {
		return nil, fmt.Errorf("read the channels of agents: %w", err)
	}
	return byGroup(rows), nil
}

func byGroup[T any](rows []*within[T]) map[model.ID][]*T {
	groups := map[model.ID][]*T{}
	for _, r := range rows {
		groups[r.group] = append(groups[r.group], &r.one)
	}
	return groups
}
