package bench

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/livedesk/livedesk/model"
	"github.com/livedesk/livedesk/server/channel/twilio/twiliotest"
)

// floor is an account whose agents are all there, with conversations that nobody owns.
type floor struct {
	*place
	channels, agents []model.ID
}

// newFloor opens an account in the database, with as many agents on each channel.
func (s *stage) newFloor(ctx context.Context, database string, channels, agents, conversations int) (*floor, error) {
	p, err := s.openPlace(ctx, database)
	if err != nil {
		return nil, err
	}
	o := &floor{place: p}
	for i := range channels {
		id, _, err := p.channel(ctx, fmt.Sprintf("Shop %d", i+1), fmt.Sprintf("%s%d", twiliotest.WhatsAppNumber, i))
		if err != nil {
			return nil, err
		}
		members, err := p.agents(ctx, agents, model.AgentRole, id)
		if err != nil {
			return nil, err
		}
		o.channels, o.agents = append(o.channels, id), append(o.agents, members...)
	}
	if err := p.fill(ctx, stock{Conversations: conversations, Channels: o.channels, Messages: 1, Pace: time.Second}); err != nil {
		return nil, err
	}
	return o, o.bulk(ctx, `UPDATE conversations SET status = 'RESOLVED', resolved_at = now(), agent_id = NULL, waiting_since = NULL, unread_count = 0 WHERE account_id = $1`,
		`UPDATE agents SET open_count = 0 WHERE account_id = $1`,
		`INSERT INTO connections (account_id, id, agent_id, session_id, process_id, expires_at)
			SELECT account_id, gen_random_uuid(), id, gen_random_uuid(), gen_random_uuid(), now() + interval '1 hour' FROM agents WHERE account_id = $1 AND role = 'AGENT'`,
		`UPDATE agents SET connected = true WHERE account_id = $1 AND role = 'AGENT'`)
}

// bulk changes the account behind the desk's back, without the triggers that count row by row.
func (o *floor) bulk(ctx context.Context, statements ...string) error {
	err := pgx.BeginFunc(ctx, o.db.Pool(), func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, "ALTER TABLE conversations DISABLE TRIGGER USER"); err != nil {
			return err
		}
		for _, s := range statements {
			if _, err := tx.Exec(ctx, s, o.account); err != nil {
				return err
			}
		}
		_, err := tx.Exec(ctx, "ALTER TABLE conversations ENABLE TRIGGER USER")
		return err
	})
	if err != nil {
		return fmt.Errorf("prepare an account: %w", err)
	}
	return nil
}

// next ends all conversations that are OPEN, and opens n others again, which are to be placed in the mode.
func (o *floor) next(ctx context.Context, n int, mode model.AssignmentMode) error {
	return o.bulk(ctx, `WITH ended AS (UPDATE conversations SET status = 'RESOLVED', resolved_at = now(), waiting_since = NULL, version = version + 1
				WHERE account_id = $1 AND status = 'OPEN' RETURNING *)
			INSERT INTO conversation_changes (account_id, conversation_id, version, at, reason, actor_system, status, agent_id)
			SELECT account_id, id, version, now(), 'SET', 'bench', status, agent_id FROM ended`,
		`UPDATE agents SET open_count = 0 WHERE account_id = $1`,
		fmt.Sprintf(`WITH opened AS (UPDATE conversations SET status = 'OPEN', resolved_at = NULL, waiting_since = now(), last_activity_at = now(), to_place = 'ALL', version = version + 1
				WHERE account_id = $1 AND id IN (SELECT id FROM conversations WHERE account_id = $1 AND agent_id IS NULL ORDER BY id LIMIT %d) RETURNING *)
			INSERT INTO conversation_changes (account_id, conversation_id, version, at, reason, actor_system, status)
			SELECT account_id, id, version, now(), 'CUSTOMER_WROTE', 'bench', status FROM opened`, n),
		fmt.Sprintf(`UPDATE channels SET assignment_mode = '%s', automation_version = automation_version + 1 WHERE account_id = $1 AND assignment_mode <> '%[1]s'`, mode))
}

// allOwned fails unless n conversations have an owner now, and nobody waits or is still to be placed.
func (o *floor) allOwned(ctx context.Context, n int) error {
	var owned, left int
	err := o.db.Pool().QueryRow(ctx, `SELECT count(*) FILTER (WHERE agent_id IS NOT NULL), count(*) FILTER (WHERE to_place IS NOT NULL OR target_kind IS NOT NULL)
		FROM conversations WHERE account_id = $1 AND status = 'OPEN'`, o.account).Scan(&owned, &left)
	if err == nil && (owned != n || left > 0) {
		err = fmt.Errorf("of %d conversations %d have an owner, and %d wait", n, owned, left)
	}
	return err
}

// given is how many conversations the desk gave to each agent.
func (o *floor) given(ctx context.Context) (map[model.ID]int, error) {
	rows, err := o.db.Pool().Query(ctx, `SELECT agent_id::text, count(*) FROM decisions WHERE account_id = $1 AND outcome = 'ASSIGNED' GROUP BY 1`, o.account)
	if err != nil {
		return nil, err
	}
	given := map[model.ID]int{}
	var agent model.ID
	var n int
	_, err = pgx.ForEachRow(rows, []any{(*string)(&agent), &n}, func() error {
		given[agent] = n
		return nil
	})
	return given, err
}
