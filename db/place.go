package db

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/livedesk/livedesk/model"
)

// Placing is a conversation that is decided about, with all that the decision depends on.
type Placing struct {
	Conversation *model.Conversation
	Stage        model.Stage // empty: it is neither to be placed nor waiting
	Target       model.Target
	Version      int64 // of the channel's automation
	Removed      bool  // the channel is gone for good
	Queued       bool  // others wait on the channel
	model.Snapshot
}

// LockPlacing takes the lock of the channel and that of the conversation, and reads what a decision by the automation
// depends on, in one round trip. Nil: there is no such conversation.
func (s *Store) LockPlacing(ctx context.Context, account int64, channel, conversation model.ID, by *Automation) (*Placing, error) {
	batch := &pgx.Batch{}
	batch.Queue(`SELECT lock_assign($1, $2)`, account, string(channel))
	return s.placing(ctx, batch, " FOR NO KEY UPDATE", account, channel, conversation, by)
}

// Placing is LockPlacing for who only wants to know how it would be decided.
func (s *Store) Placing(ctx context.Context, account int64, channel, conversation model.ID, by *Automation) (*Placing, error) {
	return s.placing(ctx, &pgx.Batch{}, "", account, channel, conversation, by)
}

func (s *Store) placing(ctx context.Context, batch *pgx.Batch, lock string, account int64, channel, conversation model.ID, by *Automation) (*Placing, error) {
	p := &Placing{Conversation: &model.Conversation{}}
	p.Automation = by.Automation
	rules := by.Automation.Rules
	batch.Queue(`SELECT `+conversationColumns+`, coalesce(c.to_place, CASE WHEN c.target_kind IS NOT NULL THEN 'WAITING' END, ''), coalesce(c.target_kind, ''), coalesce(c.target_id::text, '')
		FROM conversations c WHERE c.account_id = $1 AND c.id = $2 AND c.channel_id = $3`+lock, account, string(conversation), string(channel)).QueryRow(func(row pgx.Row) error {
		return row.Scan(append(fieldsOf(p.Conversation), (*string)(&p.Stage), (*string)(&p.Target.Kind), (*string)(&p.Target.ID))...)
	})
	batch.Queue(placingFacts, account, string(conversation), texts(rules.LabelIDs()), texts(rules.AiAgentIDs())).QueryRow(func(row pgx.Row) error {
		return row.Scan(&p.Version, (*string)(&p.AiAgentID), &p.AiStarted, &p.OtherAis, &p.Removed, &p.Queued,
			(*string)(&p.Message.ID), (*string)(&p.Message.Kind), &p.Message.Text, &p.Message.FromAd, &p.Message.AdSource,
			&p.Contact.Name, &p.Contact.Addresses, &p.Contact.LabelIDs, &p.Contact.Returning)
	})
	batch.Queue(placingCandidates, account, string(channel), string(conversation), texts(rules.AgentIDs()), texts(rules.TeamIDs())).Query(func(rows pgx.Rows) (err error) {
		p.Candidates, err = pgx.CollectRows(rows, candidateOf)
		return err
	})
	if err := s.hot.SendBatch(ctx, batch).Close(); errors.Is(err, pgx.ErrNoRows) {
		return nil, nil
	} else if err != nil {
		return nil, fmt.Errorf("read what decides about conversation %s: %w", conversation, err)
	}
	p.complete()
	return p, nil
}

// complete fills in what follows from the rest. Who had the conversation comes first again, but not when it was given to
// a team: that was to get it to others.
func (p *Placing) complete() {
	p.Snapshot.ConversationID, p.Snapshot.Stage, p.Snapshot.Target = p.Conversation.ID, p.Stage, p.Target
	if p.Target.Kind != model.ToTeam {
		p.Snapshot.FormerAgentID = p.Conversation.FormerAgentID
	}
}

// At sets the moment of the decision.
func (p *Placing) At(now time.Time, by *Automation) {
	p.Local, p.Open = now.In(by.Zone), by.Calendar.IsOpen(now)
}

// Whether the AI Agent of the channel h may answer there now, and which others may, of those in the list that follows.
const (
	aiAnswers = `h.ai_started AND NOT h.paused AND EXISTS (SELECT 1 FROM ai_agents b WHERE b.account_id = h.account_id AND b.id = h.ai_agent_id AND b.disabled_at IS NULL AND b.deleted_at IS NULL)`
	otherAis  = `ARRAY(SELECT b.id::text FROM ai_agents b WHERE b.account_id = h.account_id AND b.disabled_at IS NULL AND b.deleted_at IS NULL AND NOT h.paused
		AND h.ai_agent_id IS DISTINCT FROM b.id AND b.id = ANY `
)

const placingFacts = `SELECT h.automation_version, coalesce(h.ai_agent_id::text, ''), ` + aiAnswers + `, ` + otherAis + `($4::uuid[])), h.removed_at IS NOT NULL,
		EXISTS (SELECT 1 FROM conversations w WHERE w.account_id = c.account_id AND w.channel_id = c.channel_id AND w.status = 'OPEN' AND w.agent_id IS NULL
			AND w.target_kind IS NOT NULL AND w.to_place IS NULL AND w.id <> c.id),
		coalesce(m.id::text, ''), coalesce(m.kind, ''), coalesce(m.text, ''), coalesce(m.data ? 'referral', false), coalesce(m.data #>> '{referral,sourceId}', ''),
		p.name, ARRAY(SELECT d.address FROM identities d WHERE d.account_id = c.account_id AND d.contact_id = c.contact_id AND d.kind = h.kind ORDER BY d.address),
		ARRAY(SELECT DISTINCT l.label_id::text FROM conversations v JOIN conversation_labels l ON l.account_id = v.account_id AND l.conversation_id = v.id
			WHERE v.account_id = c.account_id AND v.contact_id = c.contact_id AND l.label_id = ANY ($3::uuid[])),
		EXISTS (SELECT 1 FROM conversations o WHERE o.account_id = c.account_id AND o.contact_id = c.contact_id AND o.opened_at < c.opened_at)
	FROM conversations c JOIN channels h ON h.account_id = c.account_id AND h.id = c.channel_id
	JOIN contacts p ON p.account_id = c.account_id AND p.id = c.contact_id
	LEFT JOIN LATERAL (SELECT n.* FROM messages n WHERE n.account_id = c.account_id AND n.conversation_id = c.id AND n.direction = 'INBOUND' AND NOT n.blocked
		ORDER BY n.seq DESC LIMIT 1) m ON true
	WHERE c.account_id = $1 AND c.id = $2`

const placingCandidates = `SELECT a.id::text, a.availability, a.connected, a.disabled_at IS NOT NULL, m.agent_id IS NOT NULL, a.open_count, a.max_load,
		CASE WHEN m.max_load IS NULL THEN 0 ELSE (
			SELECT count(*) FROM conversations v WHERE v.account_id = $1 AND v.agent_id = a.id AND v.status = 'OPEN' AND v.channel_id = $2) END,
		coalesce(m.max_load, 0), a.last_assigned_at, coalesce(m.turn, 0),
		ARRAY(SELECT t.team_id::text FROM team_agents t WHERE t.account_id = $1 AND t.agent_id = a.id AND (t.team_id = ANY ($5::uuid[]) OR t.team_id = w.target_id))
	FROM (SELECT x.agent_id AS id FROM channel_agents x WHERE x.account_id = $1 AND x.channel_id = $2 UNION SELECT unnest($4::uuid[])) k
	JOIN agents a ON a.account_id = $1 AND a.id = k.id
	LEFT JOIN channel_agents m ON m.account_id = $1 AND m.channel_id = $2 AND m.agent_id = a.id
	LEFT JOIN conversations w ON w.account_id = $1 AND w.id = $3
	ORDER BY a.id`

func candidateOf(row pgx.CollectableRow) (c model.Candidate, err error) {
	var last *time.Time
	err = row.Scan((*string)(&c.AgentID), (*string)(&c.Availability), &c.Connected, &c.Disabled, &c.Member, &c.Load, &c.MaxLoad,
		&c.ChannelLoad, &c.MaxChannelLoad, &last, &c.Turn, &c.TeamIDs)
	if last != nil {
		c.LastAssignedAt = *last
	}
	return c, err
}

// SavePlacing stores what was decided about a conversation that LockPlacing has locked, and tells of it. False: the agent
// can no longer take it, nothing is stored, and it has to be read and decided again.
func (s *Store) SavePlacing(ctx context.Context, p *Placing, d *model.Decision) (saved bool, err error) {
	record, err := json.Marshal(model.NewRecord(p.Snapshot, d))
	if err != nil {
		return false, fmt.Errorf("write the record of a decision: %w", err)
	}
	c := p.Conversation
	var waits, team model.Target
	if d.Outcome == model.OutcomeWaiting {
		waits = d.Target
	}
	if d.Target.Kind == model.ToTeam {
		team = d.Target
	}
	former := c.FormerAgentID
	if c.AgentID != "" && c.AgentID != d.AgentID {
		former = c.AgentID
	}
	priority := c.Priority
	if d.Priority != "" {
		priority = d.Priority
	}
	err = s.hot.QueryRow(ctx, `SELECT save_placing($1, $2, $3, true, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22)`,
		c.AccountID, string(c.ID), d.At, null(d.AgentID), null(d.AiAgentID), null(team.ID), null(former), string(priority), texts(d.LabelIDs),
		nullText(string(waits.Kind)), null(waits.ID), d.TakesTurn(),
		string(model.NewIDAt(model.KindDecision, d.At)), p.Automation.Version, string(d.Stage), string(d.Outcome), string(d.Reason), null(d.RuleID),
		string(d.Target.Kind), null(d.Target.ID), null(p.Message.ID), record).Scan(&saved)
	if err != nil {
		return false, fmt.Errorf("place conversation %s: %w", c.ID, err)
	}
	return saved, nil
}

// KeepPlaced stores that a conversation which was to be placed stays as it is.
func (s *Store) KeepPlaced(ctx context.Context, c *model.Conversation) error {
	_, err := s.hot.Exec(ctx, `UPDATE conversations SET to_place = NULL, target_kind = NULL, target_id = NULL WHERE account_id = $1 AND id = $2`, c.AccountID, string(c.ID))
	if err != nil {
		return fmt.Errorf("keep conversation %s as it is: %w", c.ID, err)
	}
	return nil
}
