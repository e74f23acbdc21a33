package db

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"github.com/livedesk/livedesk/model"
)

const liveGroups = `SELECT c.channel_id::text, coalesce(c.team_id::text, ''), count(*) FILTER (WHERE c.status = 'OPEN'), count(*) FILTER (WHERE c.status = 'AI_REPLYING'),
		count(*) FILTER (WHERE c.status = 'SNOOZED'), count(*) FILTER (WHERE c.status = 'OPEN' AND c.agent_id IS NULL AND c.ai_agent_id IS NULL),
		count(c.waiting_since), min(c.waiting_since)
	FROM conversations c WHERE c.account_id = $1 AND c.status IN ('OPEN','AI_REPLYING','SNOOZED') GROUP BY c.channel_id, c.team_id`

// Live counts how things stand in the account, in one round trip.
func (s *Store) Live(ctx context.Context, account int64) (*model.Live, error) {
	l := &model.Live{Members: map[model.ID][]model.ID{}}
	p := &pgx.Batch{}
	into(p, liveGroups, func(g *model.LiveGroup) []any {
		return []any{(*string)(&g.ChannelID), (*string)(&g.TeamID), &g.Open, &g.AiReplying, &g.Snoozed, &g.Unassigned, &g.Waiting, &g.WaitingSince}
	}, func(g *model.LiveGroup) { l.Groups = append(l.Groups, *g) }, account)
	into(p, `SELECT `+channelColumns+` FROM channels t WHERE t.account_id = $1 AND t.removed_at IS NULL ORDER BY lower(t.name), t.id`, channelFields,
		func(c *model.Channel) { l.Channels = append(l.Channels, c) }, account)
	into(p, `SELECT `+teamColumns+` FROM teams t WHERE t.account_id = $1 ORDER BY lower(t.name), t.id`, teamFields, func(t *model.Team) { l.Teams = append(l.Teams, t) }, account)
	into(p, `SELECT `+agentColumns+` FROM agents t WHERE t.account_id = $1 AND t.connected AND t.disabled_at IS NULL ORDER BY lower(t.name), t.id`, agentFields,
		func(a *model.Agent) { l.Agents = append(l.Agents, a) }, account)
	type member struct{ channel, agent model.ID }
	into(p, `SELECT m.channel_id::text, m.agent_id::text FROM channel_agents m JOIN agents t ON t.account_id = m.account_id AND t.id = m.agent_id
		WHERE m.account_id = $1 AND t.connected`, func(m *member) []any { return []any{(*string)(&m.channel), (*string)(&m.agent)} },
		func(m *member) { l.Members[m.channel] = append(l.Members[m.channel], m.agent) }, account)
	p.Queue(`SELECT now()`).QueryRow(func(row pgx.Row) error { return row.Scan(&l.At) })
	if err := s.hot.SendBatch(ctx, p).Close(); err != nil {
		return nil, fmt.Errorf("count how things stand: %w", err)
	}
	return l, nil
}
