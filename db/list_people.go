package db

import (
	"context"
	"fmt"
	"strings"

	"github.com/livedesk/livedesk/model"
)

// The columns that the API shows of people and channels. Password hashes and secrets are not among them.
const (
	agentColumns   = `t.account_id, t.id::text, t.name, t.email, t.role, t.availability, t.connected, t.open_count, t.max_load, t.disabled_at, t.created_at`
	teamColumns    = `t.account_id, t.id::text, t.name, t.created_at`
	labelColumns   = `t.account_id, t.id::text, t.name, t.color, t.created_at`
	channelColumns = `t.account_id, t.id::text, t.name, t.kind, t.provider, t.sender_account, coalesce(t.sender_phone, ''), coalesce(t.sender_service, ''), coalesce(t.sender_number_id, ''),
	coalesce(t.verify_token, ''), t.secret_hint,
	t.paused, t.credentials_bad_at, t.reopen_policy, t.reopen_within_hours, t.assignment_mode, t.last_good_webhook_at, t.last_refused_webhook_at,
	coalesce(t.last_refused_why, ''), t.refused_count, t.removed_at, t.created_at`
)

func agentFields(a *model.Agent) []any {
	return []any{&a.AccountID, (*string)(&a.ID), &a.Name, &a.Email, (*string)(&a.Role), (*string)(&a.Availability), &a.Connected, &a.Load, &a.MaxLoad, &a.DisabledAt, &a.CreatedAt}
}

func teamFields(t *model.Team) []any {
	return []any{&t.AccountID, (*string)(&t.ID), &t.Name, &t.CreatedAt}
}

func labelFields(l *model.Label) []any {
	return []any{&l.AccountID, (*string)(&l.ID), &l.Name, &l.Color, &l.CreatedAt}
}

func channelFields(c *model.Channel) []any {
	return []any{&c.AccountID, (*string)(&c.ID), &c.Name, (*string)(&c.Kind), (*string)(&c.Provider), &c.Sender.ProviderAccount, &c.Sender.PhoneNumber, &c.Sender.Service, &c.Sender.NumberID, &c.VerifyToken, &c.SecretHint,
		&c.Paused, &c.CredentialsBadAt, (*string)(&c.ReopenPolicy), &c.ReopenWithinHours, (*string)(&c.AssignmentMode), &c.LastGoodAt, &c.LastRefusedAt,
		&c.LastRefusedWhy, &c.RefusedCount, &c.RemovedAt, &c.CreatedAt}
}

// AgentPage returns a page of the account's agents, by name.
func (s *Store) AgentPage(ctx context.Context, account int64, p model.Page) (*model.Slice[*model.Agent], error) {
	return named(ctx, s, "SELECT "+agentColumns+" FROM agents t WHERE t.account_id = $1", []any{account}, p, agentFields,
		func(a *model.Agent) key { return nameKey(a.Name, a.ID) })
}

// TeamPage returns a page of the account's teams, by name.
func (s *Store) TeamPage(ctx context.Context, account int64, p model.Page) (*model.Slice[*model.Team], error) {
	return named(ctx, s, "SELECT "+teamColumns+" FROM teams t WHERE t.account_id = $1", []any{account}, p, teamFields,
		func(t *model.Team) key { return nameKey(t.Name, t.ID) })
}

// LabelPage returns a page of the account's labels, by name.
func (s *Store) LabelPage(ctx context.Context, account int64, p model.Page) (*model.Slice[*model.Label], error) {
	return named(ctx, s, "SELECT "+labelColumns+" FROM labels t WHERE t.account_id = $1", []any{account}, p, labelFields,
		func(l *model.Label) key { return nameKey(l.Name, l.ID) })
}

// ChannelPage returns a page of the channels that the viewer may see and that were not removed, by name.
func (s *Store) ChannelPage(ctx context.Context, v *model.Viewer, p model.Page) (*model.Slice[*model.Channel], error) {
	return named(ctx, s, "SELECT "+channelColumns+" FROM channels t WHERE t.account_id = $1 AND t.removed_at IS NULL AND "+inSight(v, "t.id", "$2"), []any{v.Account, eyes(v)}, p, channelFields,
		func(c *model.Channel) key { return nameKey(c.Name, c.ID) })
}

// nameKey orders by name as people read it, in the collation of "C": the database and Go must agree.
func nameKey(name string, id model.ID) key {
	return key{segment: 'p', text: strings.ToLower(name), id: id}
}

// named reads a page of a short list that is ordered by name.
func named[T any](ctx context.Context, s *Store, from string, args []any, p model.Page, fields func(*T) []any, keyOf func(*T) key) (*model.Slice[*T], error) {
	w, err := newWindow(p, "p")
	if err != nil {
		return nil, err
	}
	q := &query{args: args}
	q.add(from)
	columns := []string{"lower(t.name)", "t.id"}
	q.bounds(w, columns, false, func(k key) string { return q.arg(k.text) + ", " + q.arg(string(k.id)) })
	q.add(w.order(columns, false), " LIMIT ", w.limit())
	rows, err := listed(ctx, s, q, fields)
	if err != nil {
		return nil, fmt.Errorf("list by name: %w", err)
	}
	return slice(w, rows, keyOf), nil
}

// AgentsByID returns those of the agents that the account has.
func (s *Store) AgentsByID(ctx context.Context, account int64, ids []model.ID) (map[model.ID]*model.Agent, error) {
	rows, err := rowsOf(ctx, s, "SELECT "+agentColumns+" FROM agents t WHERE t.account_id = $1 AND t.id = ANY ($2::uuid[])", []any{account, texts(ids)}, agentFields)
	return keyed(rows, err, func(a *model.Agent) model.ID { return a.ID })
}

// TeamsByID returns those of the teams that the account has.
func (s *Store) TeamsByID(ctx context.Context, account int64, ids []model.ID) (map[model.ID]*model.Team, error) {
	rows, err := rowsOf(ctx, s, "SELECT "+teamColumns+" FROM teams t WHERE t.account_id = $1 AND t.id = ANY ($2::uuid[])", []any{account, texts(ids)}, teamFields)
	return keyed(rows, err, func(t *model.Team) model.ID { return t.ID })
}

// LabelsByID returns those of the labels that the account has.
func (s *Store) LabelsByID(ctx context.Context, account int64, ids []model.ID) (map[model.ID]*model.Label, error) {
	rows, err := rowsOf(ctx, s, "SELECT "+labelColumns+" FROM labels t WHERE t.account_id = $1 AND t.id = ANY ($2::uuid[])", []any{account, texts(ids)}, labelFields)
	return keyed(rows, err, func(l *model.Label) model.ID { return l.ID })
}

// ChannelsByID returns those of the channels that the account has, without their secrets.
func (s *Store) ChannelsByID(ctx context.Context, account int64, ids []model.ID) (map[model.ID]*model.Channel, error) {
	rows, err := rowsOf(ctx, s, "SELECT "+channelColumns+" FROM channels t WHERE t.account_id = $1 AND t.id = ANY ($2::uuid[])", []any{account, texts(ids)}, channelFields)
	return keyed(rows, err, func(c *model.Channel) model.ID { return c.ID })
}

// SeeChannels returns those of the channels that the viewer may see, without their secrets.
func (s *Store) SeeChannels(ctx context.Context, v *model.Viewer, ids []model.ID) (map[model.ID]*model.Channel, error) {
	rows, err := rowsOf(ctx, s, "SELECT "+channelColumns+" FROM channels t WHERE t.account_id = $1 AND t.id = ANY ($3::uuid[]) AND "+inSight(v, "t.id", "$2"), []any{v.Account, eyes(v), texts(ids)}, channelFields)
	return keyed(rows, err, func(c *model.Channel) model.ID { return c.ID })
}

// Account returns the account.
func (s *Store) Account(ctx context.Context, id int64) (*model.Account, error) {
	return one(rowsOf(ctx, s, "SELECT id, name, created_at FROM accounts WHERE id = $1", []any{id}, func(a *model.Account) []any {
		return []any{&a.ID, &a.Name, &a.CreatedAt}
	}))
}
