package db

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/livedesk/livedesk/model"
)

const auditOrder = "g"

// AddAudit stores an entry of the audit log, in the transaction of the change itself. Nil is nothing to note.
func (s *Store) AddAudit(ctx context.Context, e *model.AuditEntry) error {
	if e == nil {
		return nil
	}
	_, err := s.hot.Exec(ctx, `INSERT INTO audit_log (account_id, id, at, actor_agent_id, actor_system, action, subject_kind, subject_id, channel_id, before, after)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)`, e.AccountID, string(e.ID), e.At, null(e.ActorID), nullText(e.System), string(e.Action),
		string(e.SubjectKind), null(e.SubjectID), null(e.ChannelID), nullJSON(e.Before), nullJSON(e.After))
	if err != nil {
		return fmt.Errorf("note %s: %w", e.Action, err)
	}
	return nil
}

// nullJSON turns an absent value into SQL's null, which is not JSON's.
func nullJSON(value json.RawMessage) *string {
	if value == nil {
		return nil
	}
	s := string(value)
	return &s
}

// AuditFilter says which entries are asked for; what is empty asks nothing.
type AuditFilter struct {
	Channel model.ID
	Subject model.ID
	Actor   model.ID
	Actions []model.AuditAction // nil: all
}

const auditColumns = `t.account_id, t.id::text, t.at, coalesce(t.actor_agent_id::text, ''), coalesce(t.actor_system, ''), t.action, t.subject_kind,
	coalesce(t.subject_id::text, ''), coalesce(t.channel_id::text, ''), t.before::text, t.after::text`

func auditFields(e *model.AuditEntry) []any {
	return []any{&e.AccountID, (*string)(&e.ID), &e.At, (*string)(&e.ActorID), &e.System, (*string)(&e.Action), (*string)(&e.SubjectKind),
		(*string)(&e.SubjectID), (*string)(&e.ChannelID), (*[]byte)(&e.Before), (*[]byte)(&e.After)}
}

// AuditPage returns a page of the account's audit log, newest entry first.
func (s *Store) AuditPage(ctx context.Context, account int64, f AuditFilter, p model.Page) (*model.Slice[*model.AuditEntry], error) {
	w, err := newWindow(p, auditOrder)
	if err != nil {
		return nil, err
	}
	q := &query{args: []any{account}}
	q.add("SELECT ", auditColumns, " FROM audit_log t WHERE t.account_id = $1")
	f.add(q)
	columns := []string{"t.at", "t.id"}
	q.bounds(w, columns, true, func(k key) string { return q.arg(time.UnixMicro(k.number)) + ", " + q.arg(string(k.id)) })
	q.add(w.order(columns, true), " LIMIT ", w.limit())
	rows, err := listed(ctx, s, q, auditFields)
	if err != nil {
		return nil, fmt.Errorf("list the audit log: %w", err)
	}
	return slice(w, rows, func(e *model.AuditEntry) key { return key{segment: auditOrder[0], number: e.At.UnixMicro(), id: e.ID} }), nil
}

func (f AuditFilter) add(q *query) {
	for _, c := range []struct {
		column string
		id     model.ID
	}{{"t.channel_id", f.Channel}, {"t.subject_id", f.Subject}, {"t.actor_agent_id", f.Actor}} {
		if c.id != "" {
			q.add(" AND ", c.column, " = ", q.arg(string(c.id)))
		}
	}
	if f.Actions != nil {
		actions := make([]string, len(f.Actions))
		for i, a := range f.Actions {
			actions[i] = string(a)
		}
		q.add(" AND t.action = ANY (", q.arg(actions), ")")
	}
}

// AuditEntriesByID returns those of the entries that the account has.
func (s *Store) AuditEntriesByID(ctx context.Context, account int64, ids []model.ID) (map[model.ID]*model.AuditEntry, error) {
	rows, err := rowsOf(ctx, s, "SELECT "+auditColumns+" FROM audit_log t WHERE t.account_id = $1 AND t.id = ANY ($2::uuid[])", []any{account, texts(ids)}, auditFields)
	return keyed(rows, err, func(e *model.AuditEntry) model.ID { return e.ID })
}
