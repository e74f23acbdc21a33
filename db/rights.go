package db

import (
	"context"
	"fmt"
	"time"

	"github.com/livedesk/livedesk/model"
)

// LockForRights takes the locks under which rights to channels change, in the order of all transactions: the channels,
// then the live conversations that the agents own there. While these are held no conversation begins on the channels,
// so that every conversation is either told of here or begins under the new rights.
func (s *Store) LockForRights(ctx context.Context, account int64, agents, channels []model.ID) error {
	_, err := s.hot.Exec(ctx, `SELECT 1 FROM channels WHERE account_id = $1 AND id = ANY ($2::uuid[]) ORDER BY id FOR UPDATE`, account, texts(channels))
	if err == nil {
		_, err = s.hot.Exec(ctx, `SELECT 1 FROM conversations WHERE account_id = $1 AND agent_id = ANY ($2::uuid[]) AND channel_id = ANY ($3::uuid[])
			AND status IN ('OPEN','AI_REPLYING','SNOOZED') ORDER BY id FOR UPDATE`, account, texts(agents), texts(channels))
	}
	if err != nil {
		return fmt.Errorf("lock for a change of rights: %w", err)
	}
	return nil
}

// MaxTold is of how many conversations of a channel an agent is told who gains or loses it. An app shows a page of
// them; without a bound one change of role writes an event for everything that was resolved in months.
const MaxTold = 1000

// TellRights tells that the agent's rights changed and then, to the agent alone, of conversations on each of the
// channels that are not CLOSED: those that go on first, then those with the newest activity, MaxTold at most. Kind is
// CONVERSATION_ADDED or CONVERSATION_REMOVED.
func (s *Store) TellRights(ctx context.Context, account int64, agent model.ID, kind model.EventKind, channels []model.ID) error {
	if err := s.Tell(ctx, account, model.Event{Kind: model.RightsChanged, AgentID: agent}); err != nil {
		return err
	}
	_, err := s.hot.Exec(ctx, `INSERT INTO event_outbox (account_id, kind, channel_id, conversation_id, agent_id)
		SELECT $1, $2, h.id, told.id, $3 FROM unnest($4::uuid[]) h(id) CROSS JOIN LATERAL (
			SELECT c.id FROM (VALUES ('OPEN', 0), ('AI_REPLYING', 0), ('SNOOZED', 0), ('RESOLVED', 1)) st(status, place) CROSS JOIN LATERAL (
				SELECT v.id, v.last_activity_at FROM conversations v WHERE v.account_id = $1 AND v.channel_id = h.id AND v.status = st.status
				ORDER BY v.last_activity_at DESC, v.id DESC LIMIT $5) c
			ORDER BY st.place, c.last_activity_at DESC, c.id DESC LIMIT $5) told
		ORDER BY told.id`,
		account, string(kind), string(agent), texts(channels), MaxTold)
	if err != nil {
		return fmt.Errorf("tell agent %s of conversations: %w", agent, err)
	}
	return nil
}

// Release takes their live conversations away from agents.
type Release struct {
	Account  int64
	Agents   []model.ID
	Channels []model.ID // on these only; nil: on all
	Open     bool       // those that are OPEN only
	Reason   model.Reason
	By       *model.Viewer
	At       time.Time
}

// LockOwned locks the live conversations of the agent, after channels and before agents.
func (s *Store) LockOwned(ctx context.Context, account int64, agent model.ID) error {
	_, err := s.hot.Exec(ctx, `SELECT 1 FROM conversations WHERE account_id = $1 AND agent_id = $2
		AND status IN ('OPEN','AI_REPLYING','SNOOZED') ORDER BY id FOR UPDATE`, account, string(agent))
	if err != nil {
		return fmt.Errorf("lock the conversations of agent %s: %w", agent, err)
	}
	return nil
}

// Release leaves the conversations without an owner, in the queue of their team if they have one, writes why into
// their history and tells of each. It returns how many there were.
func (s *Store) Release(ctx context.Context, r Release) (int64, error) {
	var channels any
	if r.Channels != nil {
		channels = texts(r.Channels)
	}
	tag, err := s.hot.Exec(ctx, `WITH held AS MATERIALIZED (
			SELECT id FROM conversations WHERE account_id = $1 AND agent_id = ANY ($2::uuid[]) AND ($3::uuid[] IS NULL OR channel_id = ANY ($3::uuid[]))
			AND status IN ('OPEN','AI_REPLYING','SNOOZED') AND (NOT $8 OR status = 'OPEN') ORDER BY id FOR UPDATE),
		freed AS (
			UPDATE conversations v SET agent_id = NULL, epoch = v.epoch + 1, version = v.version + 1,
				to_place = CASE WHEN v.status = 'OPEN' AND channel_places($1, v.channel_id) THEN 'HUMANS' END,
				target_kind = CASE WHEN v.team_id IS NOT NULL AND v.status = 'OPEN' AND channel_places($1, v.channel_id) THEN 'TEAM' END,
				target_id = CASE WHEN v.status = 'OPEN' AND channel_places($1, v.channel_id) THEN v.team_id END FROM held h
			WHERE v.account_id = $1 AND v.id = h.id RETURNING v.*),
		noted AS (
			INSERT INTO conversation_changes (account_id, conversation_id, version, at, reason, actor_agent_id, actor_system, status, agent_id, ai_agent_id, team_id)
			SELECT account_id, id, version, $4, $5, $6, $7, status, agent_id, ai_agent_id, team_id FROM freed)
		INSERT INTO event_outbox (account_id, kind, channel_id, conversation_id)
		SELECT account_id, 'CONVERSATION_CHANGED', channel_id, id FROM freed ORDER BY id`,
		r.Account, texts(r.Agents), channels, r.At, string(r.Reason), null(r.By.Agent), nullText(r.By.System), r.Open)
	if err != nil {
		return 0, fmt.Errorf("release conversations: %w", err)
	}
	return tag.RowsAffected(), nil
}

func nullText(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}
