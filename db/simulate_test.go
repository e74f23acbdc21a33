package db_test

import (
	"context"
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/livedesk/livedesk/db"
	"github.com/livedesk/livedesk/model"
)

// since is when the newest decision of a long past was made. There is one a minute.
var since = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

// longPast is a desk whose channel has decided n times: first about each conversation, of customers with twenty of them,
// and then about each again. Another channel has decided a quarter as often since then, and always about the same one.
func longPast(t testing.TB, n int) *desk {
	t.Helper()
	d := newDesk(t, model.AlwaysNew)
	other := model.NewID(model.KindChannel)
	d.exec(`INSERT INTO channels (account_id, id, name, kind, provider, sender_account, sender_phone, secret) VALUES ($1, $2, 'Other', 'WHATSAPP', 'TWILIO', 'AC', '+15550002222', 'k1:x')`, d.account, other)
	d.exec(`INSERT INTO labels (account_id, id, name, color) VALUES ($1, $2, 'VIP', '#a0b0c0')`, d.account, d.channel)
	// What was made n minutes ago, and its id, which begins with the time.
	d.exec(`CREATE FUNCTION at(n int) RETURNS timestamptz LANGUAGE sql IMMUTABLE AS $$ SELECT to_timestamp(1795435200 - n * 60) $$;
		CREATE FUNCTION id_of(kind text, n int) RETURNS uuid LANGUAGE sql IMMUTABLE AS $$
			SELECT (lpad(to_hex(1795435200000 - n * 60000::bigint), 12, '0') || '7' || substr(md5(kind || n), 1, 19))::uuid $$`)
	tx, err := d.Pool().Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer tx.Rollback(context.Background())
	for _, statement := range []string{
		`INSERT INTO contacts (account_id, id, address, created_at) SELECT @account, id_of('contact', k), 'c' || k, at(0) FROM generate_series(0, @n / 40) k`,
		`INSERT INTO conversations (account_id, id, channel_id, contact_id, status, opened_at, last_activity_at)
			SELECT @account, id_of('', k), @channel, id_of('contact', k % (@n / 40)), 'CLOSED', at(k), at(k) FROM generate_series(0, @n / 2 - 1) k`,
		`INSERT INTO conversation_labels (account_id, conversation_id, label_id) SELECT @account, id_of('', k), @channel FROM generate_series(0, @n / 2 - 1, 5) k`,
		`INSERT INTO messages (account_id, conversation_id, seq, id, channel_id, direction, kind, text, created_at)
			SELECT @account, id_of('', k), 1, id_of('message', k), @channel, 'INBOUND', 'TEXT', 'Where is my parcel?', at(k) FROM generate_series(0, @n / 2 - 1) k`,
		`INSERT INTO conversation_changes (account_id, conversation_id, version, at, reason, status)
			SELECT @account, id_of('', k), v, at(k) + v * interval '5 minutes', 'SET', CASE v WHEN 1 THEN 'OPEN' ELSE 'CLOSED' END FROM generate_series(0, @n / 2 - 1) k, generate_series(1, 2) v`,
		`INSERT INTO decisions (account_id, id, conversation_id, channel_id, decided_at, automation_version, stage, outcome, reason, message_id, record)
			SELECT @account, id_of('decision', k), id_of('', greatest(k, 0) % (@n / 2)), CASE WHEN k < 0 THEN @other ELSE @channel END::uuid, at(k), 1, 'ALL', 'WAITING', '', id_of('message', greatest(k, 0) % (@n / 2)), @record::jsonb
			FROM generate_series(- @n::int / 4, @n - 1) k`,
	} {
		args := pgx.NamedArgs{"account": d.account, "channel": string(d.channel), "other": string(other), "n": n, "record": string(aRecord(t))}
		if _, err := tx.Exec(t.Context(), statement, args, pgx.QueryExecModeSimpleProtocol); err != nil {
			t.Fatalf("%s: %v", statement, err)
		}
	}
	if err := tx.Commit(t.Context()); err != nil {
		t.Fatal(err)
	}
	d.exec(`VACUUM ANALYZE contacts, conversations, conversation_labels, messages, conversation_changes, decisions`)
	return d
}

// aRecord is that of a decision between ten agents.
func aRecord(t testing.TB) []byte {
	t.Helper()
	s := model.Snapshot{Stage: model.StageAll, Local: since, Automation: model.Automation{Mode: model.ConcurrentLoad}, Message: model.MessageFacts{Kind: model.TextMessage}}
	for range 10 {
		s.Candidates = append(s.Candidates, model.Candidate{AgentID: model.NewID(model.KindAgent), Availability: model.Online, Connected: true, Member: true, MaxLoad: 5})
	}
	decision := model.Route(s)
	record, err := json.Marshal(model.NewRecord(s, &decision))
	if err != nil {
		t.Fatal(err)
	}
	return record
}

// node is a step of an explained plan.
type node struct {
	Kind     string  `json:"Node Type"`
	Relation string  `json:"Relation Name"`
	Index    string  `json:"Index Name"`
	Rows     float64 `json:"Actual Rows"`
	Loops    float64 `json:"Actual Loops"`
	Filtered float64 `json:"Rows Removed by Filter"`
	Rechecks float64 `json:"Rows Removed by Index Recheck"`
	Plans    []node  `json:"Plans"`
}

// read counts the rows that the plan reads from tables and indexes.
func (n node) read(t testing.TB) (rows float64) {
	if n.Kind == "Seq Scan" {
		t.Errorf("all of %s is read", n.Relation)
	}
	if n.Relation != "" || n.Index != "" {
		rows = (n.Rows + n.Filtered + n.Rechecks) * n.Loops
		t.Logf("%s %s %s: %.0f rows", n.Kind, n.Relation, n.Index, rows)
	}
	for _, p := range n.Plans {
		rows += p.read(t)
	}
	return rows
}

// explain runs a hot query as the desk does, by one plan for all values, and returns what was done.
func (d *desk) explain(query, kinds, values string) node {
	d.t.Helper()
	conn, err := d.Pool().Acquire(d.t.Context())
	if err != nil {
		d.t.Fatal(err)
	}
	defer conn.Release()
	if _, err := conn.Exec(d.t.Context(), "PREPARE explained ("+kinds+") AS "+query); err != nil {
		d.t.Fatal(err)
	}
	var plans []byte
	if err := conn.QueryRow(d.t.Context(), "EXPLAIN (ANALYZE, FORMAT JSON) EXECUTE explained ("+values+")").Scan(&plans); err != nil {
		d.t.Fatal(err)
	}
	if _, err := conn.Exec(d.t.Context(), "DEALLOCATE explained"); err != nil {
		d.t.Fatal(err)
	}
	var explained []struct{ Plan node }
	if err := json.Unmarshal(plans, &explained); err != nil {
		d.t.Fatal(err)
	}
	return explained[0].Plan
}

// A simulation reads no more of a long past than of a short one, whatever other channels decide meanwhile, and also where
// nearly every decision is about a conversation that was reopened.
func TestHistoryIsReadAlongAnIndex(t *testing.T) {
	t.Parallel()
	d := longPast(t, 100_000)
	ahead := since.Add(200_000 * time.Minute)
	for _, c := range []struct {
		from       time.Time
		want, most int
	}{
		{since.Add(-49_999 * time.Minute), 1000, 30_000}, // of which 20 each are the customer's conversations
		{since.Add(-200_000 * time.Minute), 0, 70_000},
	} {
		plan := d.explain(db.FirstDecisions, "bigint, uuid, timestamptz, timestamptz, uuid, uuid, int, uuid[], int",
			fmt.Sprintf("%d, '%s', '%s', '%s', '%s', '%s', 1001, '{%s}', 20000", d.account, d.channel, c.from.Format(time.RFC3339), ahead.Format(time.RFC3339), db.IDFrom(c.from), db.IDFrom(ahead), d.channel))
		if rows := plan.read(t); rows > float64(c.most) {
			t.Errorf("%.0f rows are read for %d, want %d at most", rows, c.want, c.most)
		}
		h, err := d.History(t.Context(), d.account, d.channel, c.from, ahead, 1000, nil)
		if err != nil {
			t.Fatal(err)
		}
		if len(h.Past) != c.want || !h.More {
			t.Errorf("%d conversations, more %v", len(h.Past), h.More)
		}
	}
}

// BenchmarkHistory reads the newest 1,000 of 100,000 decisions.
func BenchmarkHistory(b *testing.B) {
	d := longPast(b, 100_000)
	b.ReportAllocs()
	for b.Loop() {
		h, err := d.History(b.Context(), d.account, d.channel, since.Add(-49_999*time.Minute), since.Add(200_000*time.Minute), 1000, nil)
		if err != nil || len(h.Past) != 1000 {
			b.Fatal(err)
		}
	}
}
