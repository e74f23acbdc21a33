package db

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/livedesk/livedesk/model"
)

func (r *placingReader) queueLock(batch *pgx.Batch) {
	batch.Queue(`SELECT channel_id::text, turn FROM channel_assign WHERE account_id = $1 AND channel_id = ANY ($2::uuid[]) ORDER BY channel_id FOR NO KEY UPDATE`,
		r.account, texts(r.channels)).Query(func(rows pgx.Rows) error {
		var channel string
		var turn int64
		_, err := pgx.ForEachRow(rows, []any{&channel, &turn}, func() error { r.roster.Turns[model.ID(channel)] = turn; return nil })
		return err
	})
}

// makeLocks makes the rows that are locked, for channels on which nothing was placed before.
func (r *placingReader) makeLocks(ctx context.Context, s *Store) error {
	if _, err := s.hot.Exec(ctx, `SELECT FROM lock_channels($1, $2)`, r.account, texts(r.channels)); err != nil {
		return fmt.Errorf("lock channels: %w", err)
	}
	return nil
}

func (r *placingReader) queue(batch *pgx.Batch, lock string) {
	batch.Queue(`SELECT `+conversationColumns+`, coalesce(c.to_place, CASE WHEN c.target_kind IS NOT NULL THEN 'WAITING' END, ''), coalesce(c.target_kind, ''), coalesce(c.target_id::text, '')
		FROM conversations c WHERE c.account_id = $1 AND c.id = ANY ($2::uuid[])`+lock, r.account, texts(r.conversations)).Query(r.takeConversations)
	batch.Queue(placingFacts, r.account, texts(r.conversations), texts(r.named((*model.RuleSet).LabelIDs)),
		texts(r.named((*model.RuleSet).AiAgentIDs))).Query(r.takeFacts)
	channels, agents := r.namedAgents()
	batch.Queue(placingCandidates, r.account, texts(r.channels), texts(r.conversations), texts(channels), texts(agents), texts(r.named((*model.RuleSet).TeamIDs))).Query(r.takeCandidates)
}

// named lists what the rules of all the channels name.
func (r *placingReader) named(by func(*model.RuleSet) []model.ID) (ids []model.ID) {
	for _, l := range r.list {
		ids = append(ids, by(l.By.Automation.Rules)...)
	}
	slices.Sort(ids)
	return slices.Compact(ids)
}

// namedAgents lists channels beside the agents whom their rules name.
func (r *placingReader) namedAgents() (channels, agents []model.ID) {
	seen := map[model.ID]bool{}
	for _, l := range r.list {
		if seen[l.Channel] {
			continue
		}
		seen[l.Channel] = true
		for _, id := range l.By.Automation.Rules.AgentIDs() {
			channels, agents = append(channels, l.Channel), append(agents, id)
		}
	}
	return channels, agents
}

func (r *placingReader) takeConversations(rows pgx.Rows) error {
	for rows.Next() {
		p := &Placing{Conversation: &model.Conversation{}}
		if err := rows.Scan(append(fieldsOf(p.Conversation), (*string)(&p.Stage), (*string)(&p.Target.Kind), (*string)(&p.Target.ID))...); err != nil {
			return err
		}
		r.found[p.Conversation.ID] = p
	}
	return rows.Err()
}

// Whether the AI Agent of the channel h may answer there now, and which others may, of those in the list that follows.
const (
	aiAnswers = `h.ai_started AND NOT h.paused AND EXISTS (SELECT 1 FROM ai_agents b WHERE b.account_id = h.account_id AND b.id = h.ai_agent_id AND b.disabled_at IS NULL AND b.deleted_at IS NULL)`
	otherAis  = `ARRAY(SELECT b.id::text FROM ai_agents b WHERE b.account_id = h.account_id AND b.disabled_at IS NULL AND b.deleted_at IS NULL AND NOT h.paused
		AND h.ai_agent_id IS DISTINCT FROM b.id AND b.id = ANY `
)

const placingFacts = `SELECT c.id::text, h.automation_version, coalesce(h.ai_agent_id::text, ''), ` + aiAnswers + `, ` + otherAis + `($4::uuid[])), h.removed_at IS NOT NULL,
		EXISTS (SELECT 1 FROM conversations w WHERE w.account_id = c.account_id AND w.channel_id = c.channel_id AND w.status = 'OPEN' AND w.agent_id IS NULL
			AND w.target_kind IS NOT NULL AND w.to_place IS NULL AND w.id <> c.id),
		coalesce(m.id::text, ''), coalesce(m.kind, ''), coalesce(m.text, ''), coalesce(m.data ? 'referral', false), coalesce(m.data #>> '{referral,sourceId}', ''),
		p.name, ARRAY(SELECT d.address FROM identities d WHERE d.account_id = c.account_id AND d.contact_id = c.contact_id AND d.kind = h.kind ORDER BY d.address),
		CASE WHEN $3::uuid[] <> '{}' THEN ARRAY(SELECT DISTINCT l.label_id::text FROM conversations v JOIN conversation_labels l ON l.account_id = v.account_id AND l.conversation_id = v.id
			WHERE v.account_id = c.account_id AND v.contact_id = c.contact_id AND l.label_id = ANY ($3::uuid[])) ELSE '{}' END,
		EXISTS (SELECT 1 FROM conversations o WHERE o.account_id = c.account_id AND o.contact_id = c.contact_id AND o.opened_at < c.opened_at)
	FROM conversations c JOIN channels h ON h.account_id = c.account_id AND h.id = c.channel_id
	JOIN contacts p ON p.account_id = c.account_id AND p.id = c.contact_id
	LEFT JOIN LATERAL (SELECT n.* FROM messages n WHERE n.account_id = c.account_id AND n.conversation_id = c.id AND n.direction = 'INBOUND' AND NOT n.blocked
		ORDER BY n.seq DESC LIMIT 1) m ON true
	WHERE c.account_id = $1 AND c.id = ANY ($2::uuid[])`

func (r *placingReader) takeFacts(rows pgx.Rows) error {
	for rows.Next() {
		var id string
		var p Placing
		if err := rows.Scan(&id, &p.Version, (*string)(&p.AiAgentID), &p.AiStarted, &p.OtherAis, &p.Removed, &p.Queued,
			(*string)(&p.Message.ID), (*string)(&p.Message.Kind), &p.Message.Text, &p.Message.FromAd, &p.Message.AdSource,
			&p.Contact.Name, &p.Contact.Addresses, &p.Contact.LabelIDs, &p.Contact.Returning); err != nil {
			return err
		}
		if of := r.found[model.ID(id)]; of != nil {
			of.Version, of.Removed, of.Queued, of.Snapshot = p.Version, p.Removed, p.Queued, p.Snapshot
		}
	}
	return rows.Err()
}

const placingCandidates = `SELECT k.channel::text, a.id::text, a.availability, a.connected, a.disabled_at IS NOT NULL, m.agent_id IS NOT NULL, a.open_count, a.max_load,
		CASE WHEN m.max_load IS NULL THEN 0 ELSE (
			SELECT count(*) FROM conversations v WHERE v.account_id = $1 AND v.agent_id = a.id AND v.status = 'OPEN' AND v.channel_id = k.channel) END,
		coalesce(m.max_load, 0), a.last_assigned_at, coalesce(m.turn, 0),
		ARRAY(SELECT t.team_id::text FROM team_agents t WHERE t.account_id = $1 AND t.agent_id = a.id AND (t.team_id = ANY ($6::uuid[])
			OR t.team_id IN (SELECT w.target_id FROM conversations w WHERE w.account_id = $1 AND w.id = ANY ($3::uuid[]))))
	FROM (SELECT x.channel_id AS channel, x.agent_id AS agent FROM channel_agents x WHERE x.account_id = $1 AND x.channel_id = ANY ($2::uuid[])
		UNION SELECT * FROM unnest($4::uuid[], $5::uuid[])) k(channel, agent)
	JOIN agents a ON a.account_id = $1 AND a.id = k.agent
	LEFT JOIN channel_agents m ON m.account_id = $1 AND m.channel_id = k.channel AND m.agent_id = a.id
	ORDER BY k.channel, a.id`

func (r *placingReader) takeCandidates(rows pgx.Rows) error {
	for rows.Next() {
		var channel string
		var c model.Candidate
		var last *time.Time
		if err := rows.Scan(&channel, (*string)(&c.AgentID), (*string)(&c.Availability), &c.Connected, &c.Disabled, &c.Member, &c.Load, &c.MaxLoad,
			&c.ChannelLoad, &c.MaxChannelLoad, &last, &c.Turn, &c.TeamIDs); err != nil {
			return err
		}
		if last != nil {
			c.LastAssignedAt = *last
		}
		r.roster.Candidates[model.ID(channel)] = append(r.roster.Candidates[model.ID(channel)], c)
	}
	return rows.Err()
}
