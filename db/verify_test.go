package db_test

import (
	"slices"
	"testing"

	"github.com/livedesk/livedesk/db"
	"github.com/livedesk/livedesk/model"
)

// violations breaks each invariant that the constraints leave breakable, one by one.
var violations = map[string]string{
	"request-is-one-message":      `INSERT INTO webhook_requests (account_id, id, channel_id, external_id, kind, body, received_at) SELECT account_id, gen_random_uuid(), id, 'SMlost', 'MESSAGE', '{}', now() FROM channels`,
	"message-has-its-request":     `DELETE FROM webhook_requests`,
	"owner-may-answer":            `UPDATE conversations SET agent_id = (SELECT id FROM agents WHERE role = 'AGENT')`,
	"load-is-counted":             `UPDATE agents SET open_count = 3`,
	"events-have-no-gap":          `DELETE FROM events WHERE seq = 2`,
	"events-are-numbered":         `INSERT INTO event_outbox (account_id, kind, created_at) SELECT id, 'AGENT_CHANGED', now() - interval '1 hour' FROM accounts`,
	"history-ends-in-the-present": `UPDATE conversations SET version = 7`,
	"messages-are-numbered":       `UPDATE conversations SET last_seq = 9`,
	"unread-is-received":          `UPDATE conversations SET unread_count = 9`,
	"ended-waits-for-nobody":      `UPDATE conversations SET status = 'CLOSED'`,
	"snoozed-wakes":               `UPDATE conversations SET status = 'SNOOZED', snoozed_until = now() - interval '1 hour'`,
	"queued-is-sent":              `UPDATE messages SET direction = 'OUTBOUND', status = 'QUEUED', created_at = now() - interval '1 hour'`,
	"sending-ends":                `UPDATE messages SET direction = 'OUTBOUND', status = 'SENDING'`,
	"sent-once":                   `INSERT INTO send_attempts (account_id, message_id, attempt, started_at, outcome) SELECT account_id, id, n, now(), 'SENT' FROM messages, generate_series(1, 2) n`,
	"sent-is-known":               `UPDATE messages SET direction = 'OUTBOUND', status = 'SENT', external_id = NULL`,
	"ready-has-bytes":             `INSERT INTO attachments (account_id, id, state, created_at) SELECT id, gen_random_uuid(), 'READY', now() FROM accounts`,
	"references-stay-inside":      `UPDATE messages SET agent_id = gen_random_uuid()`,
	"waits-without-owner":         `UPDATE conversations SET status = 'SNOOZED'; UPDATE conversations SET target_kind = 'HUMAN_AGENTS'`,
	"new-is-placed":               `UPDATE conversations SET to_place = 'ALL', last_activity_at = now() - interval '1 hour'; UPDATE conversation_changes SET at = now() - interval '1 hour'`,
	"heard-is-handled":            `UPDATE conversations SET handled_seq = 0, last_inbound_at = now() - interval '1 hour'`,
	"placed-was-decided":          `UPDATE conversation_changes SET reason = 'PLACED'`,
	"decisions-can-be-made-again": `INSERT INTO decisions (account_id, id, conversation_id, channel_id, decided_at, automation_version, stage, outcome, reason, record) SELECT account_id, gen_random_uuid(), id, channel_id, now(), 9, 'ALL', 'WAITING', 'MANUAL', '{}' FROM conversations`,
	"ai-may-answer":               `INSERT INTO ai_agents (account_id, id, name, disabled_at, updated_at) SELECT id, gen_random_uuid(), 'Robin', now(), now() - interval '1 hour' FROM accounts; UPDATE conversations SET status = 'AI_REPLYING', ai_agent_id = (SELECT id FROM ai_agents)`,
	"handed-over-says-why":        `UPDATE conversation_changes SET hand_over = 'ERROR'`,
	"articles-have-their-parts":   `DELETE FROM article_parts WHERE position = 1`,
	"terms-are-counted":           `UPDATE article_terms SET parts = parts + 1 WHERE term = 'refund'`,
	"parts-are-counted":           `UPDATE article_counts SET parts = 7`,
	"ai-owes-an-answer":           `INSERT INTO ai_duties (account_id, conversation_id, epoch, first_at, last_at) SELECT account_id, id, 1, now(), now() FROM conversations`,
	"ai-answers":                  `INSERT INTO ai_duties (account_id, conversation_id, epoch, first_at, last_at) SELECT account_id, id, 1, now() - interval '1 hour', now() FROM conversations`,
	"ai-message-has-its-turn":     `UPDATE messages SET data = '{"ai":{}}'`,
	"secrets-are-sealed":          `UPDATE channels SET secret = 'open'`,
	"survey-is-of-its-resolve": `INSERT INTO surveys (account_id, id, conversation_id, version, channel_id, not_delivered, created_at, expires_at)
		SELECT account_id, gen_random_uuid(), id, version, channel_id, 'WINDOW_CLOSED', now(), now() + interval '1 hour' FROM conversations`,
	"survey-was-asked": `INSERT INTO surveys (account_id, id, conversation_id, version, channel_id, token_hash, message_id, created_at, expires_at)
		SELECT account_id, gen_random_uuid(), id, version, channel_id, 'x', gen_random_uuid(), now(), now() + interval '1 hour' FROM conversations`,
	"survey-was-answered":     `UPDATE messages SET data = jsonb_build_object('survey', gen_random_uuid())`,
	"facts-have-settled":      `INSERT INTO report_slots (account_id, slot, facts) SELECT id, '2026-01-01', '' FROM accounts`,
	"hours-have-a-past":       `UPDATE channels SET hours = '{}'`,
	"channel-can-be-verified": `UPDATE channels SET provider = 'WHATSAPP_CLOUD', sender_number_id = '1'`,
	"channel-has-a-key":       `DELETE FROM webhook_keys`,
	"disabled-is-out":         `UPDATE agents SET disabled_at = now(), connected = true`,
	"connected-has-a-lease":   `UPDATE agents SET connected = true`,
	"account-has-an-admin":    `DELETE FROM agents WHERE role = 'ADMIN'`,
}

func TestVerifySeesEachViolation(t *testing.T) {
	t.Parallel()
	for _, i := range db.Invariants {
		sql, ok := violations[i.Name]
		if !ok {
			if i.Name != "one-live-conversation" && i.Name != "part-has-its-article" { // kept by an index and a key, which a test cannot get around
				t.Errorf("no violation of %s is tried", i.Name)
			}
			continue
		}
		t.Run(i.Name, func(t *testing.T) {
			t.Parallel()
			d := newDesk(t, model.AlwaysNew)
			d.exec(`INSERT INTO webhook_keys (account_id, key, channel_id) VALUES ($1, 'key', $2)`, d.account, d.channel)
			d.exec(`INSERT INTO agents (account_id, id, name, email, role, max_load) VALUES ($1, $2, 'Admin', 'a@example.org', 'ADMIN', 5)`, d.account, model.NewID(model.KindAgent))
			d.agent("hana@example.org")
			(&shelf{DB: d.DB, t: t, account: d.account}).write("Refunds", "We refund.", "en")
			f := d.feed()
			w := d.follow(f)
			d.says("SM1", "hello", "+819000000001")
			d.says("SM2", "hello", "+819000000001")
			f.Told(d.account)
			collect(t, w, 3)
			if got := d.violated(); len(got) != 0 {
				t.Fatalf("violated before anything was broken: %v", got)
			}
			d.exec(sql)
			if got := d.violated(); !slices.Contains(got, i.Name) {
				t.Errorf("not seen; violated: %v", got)
			}
		})
	}
}

func (d *desk) violated() []string {
	d.t.Helper()
	all, err := d.Verify(d.t.Context(), 5)
	if err != nil {
		d.t.Fatal(err)
	}
	var names []string
	for _, v := range all {
		names = append(names, v.Invariant.Name)
	}
	return names
}
