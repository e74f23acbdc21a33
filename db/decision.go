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

const decisionOrder = "d"

// DecisionsOf returns a page of the decisions about each of the conversations, newest first.
func (s *Store) DecisionsOf(ctx context.Context, account int64, conversations []model.ID, p model.Page) (map[model.ID]*model.Slice[*model.RoutingDecision], error) {
	w, err := newWindow(p, decisionOrder)
	if err != nil {
		return nil, err
	}
	q := &query{args: []any{account, texts(conversations)}}
	q.add(`SELECT d.id::text, d.conversation_id::text, d.decided_at, d.outcome, d.reason, coalesce(d.agent_id::text, ''), coalesce(d.ai_agent_id::text, ''), coalesce(d.sentence, '')
		FROM unnest($2::uuid[]) k(id) CROSS JOIN LATERAL (SELECT n.* FROM decisions n WHERE n.account_id = $1 AND n.conversation_id = k.id`)
	q.bounds(w, []string{"n.decided_at", "n.id"}, true, func(k key) string { return q.arg(time.UnixMicro(k.number)) + ", " + q.arg(string(k.id)) + "::uuid" })
	q.add(w.order([]string{"n.decided_at", "n.id"}, true), " LIMIT ", w.limit(), ") d", w.order([]string{"d.decided_at", "d.id"}, true))
	rows, err := listed(ctx, s, q, decidedOf)
	if err != nil {
		return nil, fmt.Errorf("list decisions: %w", err)
	}
	return slicesOf(w, conversations, rows, func(d *model.RoutingDecision) model.ID { return d.ConversationID },
		func(d *model.RoutingDecision) key {
			return key{segment: decisionOrder[0], number: d.DecidedAt.UnixMicro(), id: d.ID}
		}), nil
}

func decidedOf(d *model.RoutingDecision) []any {
	return []any{(*string)(&d.ID), (*string)(&d.ConversationID), &d.DecidedAt, (*string)(&d.Outcome), (*string)(&d.Reason), (*string)(&d.AgentID), (*string)(&d.AiAgentID), &d.Sentence}
}

// StoredDecision is a decision with what it can be made from again.
type StoredDecision struct {
	model.RoutingDecision
	AccountID int64
	ChannelID model.ID
	Record    *model.Record // nil once it is too old
	Text      string        // of the message that it was made about
}

// LastDecision returns the newest decision about the conversation, nil when there is none.
func (s *Store) LastDecision(ctx context.Context, account int64, conversation model.ID) (*StoredDecision, error) {
	list, err := s.stored(ctx, `d.account_id = $1 AND d.conversation_id = $2 ORDER BY d.decided_at DESC, d.id DESC LIMIT 1`, account, string(conversation))
	if err != nil || len(list) == 0 {
		return nil, err
	}
	return list[0], nil
}

// OldDecisions returns up to limit decisions that were made before the time and can still be made again.
func (s *Store) OldDecisions(ctx context.Context, before time.Time, limit int) ([]*StoredDecision, error) {
	return s.stored(ctx, `d.decided_at < $1 AND d.record IS NOT NULL ORDER BY d.decided_at LIMIT $2`, before, limit)
}

func (s *Store) stored(ctx context.Context, which string, args ...any) ([]*StoredDecision, error) {
	rows, err := s.hot.Query(ctx, `SELECT d.id::text, d.conversation_id::text, d.decided_at, d.outcome, d.reason, coalesce(d.agent_id::text, ''), coalesce(d.ai_agent_id::text, ''), coalesce(d.sentence, ''),
		d.account_id, d.channel_id::text, d.record, coalesce((SELECT m.text FROM messages m WHERE m.account_id = d.account_id AND m.id = d.message_id), '') FROM decisions d WHERE `+which, args...)
	if err != nil {
		return nil, fmt.Errorf("read decisions: %w", err)
	}
	list, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (*StoredDecision, error) {
		d := &StoredDecision{}
		var record []byte
		if err := row.Scan(append(decidedOf(&d.RoutingDecision), &d.AccountID, (*string)(&d.ChannelID), &record, &d.Text)...); err != nil || record == nil {
			return d, err
		}
		d.Record = &model.Record{}
		return d, json.Unmarshal(record, d.Record)
	})
	if err != nil {
		return nil, fmt.Errorf("read decisions: %w", err)
	}
	return list, nil
}

// ForgetRecord leaves of a decision what it was, with the words.
func (s *Store) ForgetRecord(ctx context.Context, d *StoredDecision, sentence string) error {
	_, err := s.hot.Exec(ctx, `UPDATE decisions SET record = NULL, sentence = $3 WHERE account_id = $1 AND id = $2`, d.AccountID, string(d.ID), nullText(sentence))
	if err != nil {
		return fmt.Errorf("forget what decision %s was made from: %w", d.ID, err)
	}
	return nil
}

// Replayed is a decision that was made again, with what it was made by.
type Replayed struct {
	model.Decision
	By *Automation
}

// Replay makes the decision again; nil when what it was made from is gone.
func (s *Store) Replay(ctx context.Context, d *StoredDecision) (*Replayed, error) {
	if d.Record == nil {
		return nil, nil
	}
	by, err := s.PastAutomation(ctx, d.AccountID, d.ChannelID, d.Record.Version)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	again, err := model.Replay(d.Record, by.Automation, d.Text)
	if err != nil {
		return nil, err
	}
	return &Replayed{again, by}, nil
}

// Foresee tells how the conversation would be decided now. It stores nothing.
func (s *Store) Foresee(ctx context.Context, c *model.Conversation, now time.Time) (*Replayed, error) {
	by, err := s.automation(ctx, c.AccountID, c.ChannelID, "")
	if err != nil {
		return nil, err
	}
	p, err := s.Placing(ctx, c.AccountID, ToPlace{c.ChannelID, c.ID, by})
	if err != nil || p == nil {
		return nil, err
	}
	if p.Stage == "" {
		p.Snapshot.Stage = model.StageAll
	}
	p.At(now)
	return &Replayed{model.Route(p.Snapshot), by}, nil
}

// Names returns what people call the agents, teams, AI Agents and labels, and the rules of the automation.
func (s *Store) Names(ctx context.Context, account int64, by *Automation, ids []model.ID) (model.Names, error) {
	rows, err := s.hot.Query(ctx, `SELECT id::text, name FROM agents WHERE account_id = $1 AND id = ANY ($2::uuid[]) UNION ALL
		SELECT id::text, name FROM teams WHERE account_id = $1 AND id = ANY ($2::uuid[]) UNION ALL
		SELECT id::text, name FROM ai_agents WHERE account_id = $1 AND id = ANY ($2::uuid[]) UNION ALL
		SELECT id::text, name FROM labels WHERE account_id = $1 AND id = ANY ($2::uuid[])`, account, texts(ids))
	names := map[model.ID]string{}
	if err == nil {
		var id, name string
		_, err = pgx.ForEachRow(rows, []any{&id, &name}, func() error { names[model.ID(id)] = name; return nil })
	}
	if err != nil {
		return nil, fmt.Errorf("read names: %w", err)
	}
	for i := range by.Rules {
		names[by.Rules[i].ID] = by.Rules[i].Name
	}
	return func(id model.ID) string { return names[id] }, nil
}

// NamesIn returns the names of all that the explanation of the decision may name.
func (s *Store) NamesIn(ctx context.Context, account int64, d *Replayed) (model.Names, error) {
	var ids []model.ID
	for i := range d.Candidates {
		ids = append(ids, d.Candidates[i].AgentID)
	}
	rules := d.By.Automation.Rules
	ids = append(append(append(ids, rules.LabelIDs()...), rules.TeamIDs()...), rules.AgentIDs()...)
	for _, id := range []model.ID{d.Target.ID, d.GivenUp.ID, d.AiAgentID} {
		if id != "" {
			ids = append(ids, id)
		}
	}
	return s.Names(ctx, account, d.By, ids)
}
