package db

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/jackc/pgx/v5"

	"github.com/livedesk/livedesk/model"
)

const (
	noRule      = "There is no such rule."
	ruleColumns = `t.account_id, t.id::text, t.channel_id::text, t.name, t.enabled, t.position, t.match, t.conditions, t.action, t.fallback, t.created_at`
)

func ruleFields(r *model.Rule) []any {
	return []any{&r.AccountID, (*string)(&r.ID), (*string)(&r.ChannelID), &r.Name, &r.Enabled, &r.Position, (*string)(&r.Match), &r.Conditions, &r.Action, (*string)(&r.Fallback), &r.CreatedAt}
}

// RulesOf returns the routing rules of each of the channels, in the order in which they are tried.
func (s *Store) RulesOf(ctx context.Context, account int64, channels []model.ID) (map[model.ID][]*model.Rule, error) {
	rows, err := rowsOf(ctx, s, "SELECT "+ruleColumns+" FROM rules t WHERE t.account_id = $1 AND t.channel_id = ANY ($2::uuid[]) ORDER BY t.channel_id, t.position",
		[]any{account, texts(channels)}, ruleFields)
	if err != nil {
		return nil, fmt.Errorf("read rules: %w", err)
	}
	return grouped(rows, nil, func(r *model.Rule) model.ID { return r.ChannelID })
}

// Rule returns one routing rule of the account, or NOT_FOUND.
func (s *Store) Rule(ctx context.Context, account int64, id model.ID) (*model.Rule, error) {
	r, err := one(rowsOf(ctx, s, "SELECT "+ruleColumns+" FROM rules t WHERE t.account_id = $1 AND t.id = $2", []any{account, string(id)}, ruleFields))
	switch {
	case err != nil:
		return nil, fmt.Errorf("read rule %s: %w", id, err)
	case r == nil:
		return nil, model.Refuse(model.NotFound, noRule)
	}
	return r, nil
}

// SeeRules returns those of the rules whose channel the viewer may see.
func (s *Store) SeeRules(ctx context.Context, v *model.Viewer, ids []model.ID) (map[model.ID]*model.Rule, error) {
	rows, err := rowsOf(ctx, s, "SELECT "+ruleColumns+" FROM rules t WHERE t.account_id = $1 AND t.id = ANY ($3::uuid[]) AND "+inSight(v, "t.channel_id", "$2"),
		[]any{v.Account, eyes(v), texts(ids)}, ruleFields)
	return keyed(rows, err, func(r *model.Rule) model.ID { return r.ID })
}

// MaxCounted is in how many decisions of a rule, the newest ones, is counted what it matched.
const MaxCounted = 10_000

// RuleMatches returns how many conversations each of the rules decided in the last 30 days, by the database's clock:
// the count is read with others, which are of no moment of their own. It is that of the last MaxCounted decisions.
func (s *Store) RuleMatches(ctx context.Context, account int64, rules []model.ID) (map[model.ID]int, error) {
	rows, err := s.hot.Query(ctx, ruleMatches, account, texts(rules), MaxCounted)
	matches := map[model.ID]int{}
	if err == nil {
		var id model.ID
		var n int
		_, err = pgx.ForEachRow(rows, []any{(*string)(&id), &n}, func() error { matches[id] = n; return nil })
	}
	if err != nil {
		return nil, fmt.Errorf("count what rules matched: %w", err)
	}
	return matches, nil
}

const ruleMatches = `SELECT k.id::text, (SELECT count(DISTINCT d.conversation_id) FROM (SELECT x.conversation_id FROM decisions x
		WHERE x.account_id = $1 AND x.rule_id = k.id AND x.decided_at > now() - interval '30 days' ORDER BY x.decided_at DESC LIMIT $3) d)
	FROM unnest($2::uuid[]) k(id)`

// SaveRule stores a new rule, or what may change about one. Its position is of PlaceRules.
func (s *Store) SaveRule(ctx context.Context, r *model.Rule) error {
	conditions, err := json.Marshal(r.Conditions)
	if err != nil {
		return fmt.Errorf("write rule %s: %w", r.ID, err)
	}
	action, err := json.Marshal(r.Action)
	if err != nil {
		return fmt.Errorf("write rule %s: %w", r.ID, err)
	}
	_, err = s.hot.Exec(ctx, `INSERT INTO rules (account_id, id, channel_id, name, enabled, position, match, conditions, action, fallback, created_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8::text::jsonb, $9::text::jsonb, $10, $11)
		ON CONFLICT (account_id, id) DO UPDATE SET name = excluded.name, enabled = excluded.enabled, match = excluded.match,
			conditions = excluded.conditions, action = excluded.action, fallback = excluded.fallback`,
		r.AccountID, string(r.ID), string(r.ChannelID), r.Name, r.Enabled, r.Position, string(r.Match), string(conditions), string(action), string(r.Fallback), r.CreatedAt)
	if err != nil {
		return fmt.Errorf("save rule %s: %w", r.ID, err)
	}
	return nil
}

// DeleteRule deletes a rule. It leaves a gap among the positions, which PlaceRules closes.
func (s *Store) DeleteRule(ctx context.Context, account int64, id model.ID) error {
	if _, err := s.hot.Exec(ctx, `DELETE FROM rules WHERE account_id = $1 AND id = $2`, account, string(id)); err != nil {
		return fmt.Errorf("delete rule %s: %w", id, err)
	}
	return nil
}

// PlaceRules gives the channel's rules the positions 1, 2, 3 ... in the order of their ids.
func (s *Store) PlaceRules(ctx context.Context, account int64, channel model.ID, ids []model.ID) error {
	_, err := s.hot.Exec(ctx, `UPDATE rules r SET position = k.n FROM unnest($3::uuid[]) WITH ORDINALITY k(id, n)
		WHERE r.account_id = $1 AND r.channel_id = $2 AND r.id = k.id AND r.position <> k.n`, account, string(channel), texts(ids))
	if err != nil {
		return fmt.Errorf("order the rules of channel %s: %w", channel, err)
	}
	return nil
}
