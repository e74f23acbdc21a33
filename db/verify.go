package db

import (
	"context"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"
)

// Invariant is something that always holds in a desk's database, whatever crashed and whoever raced.
type Invariant struct {
	Name  string
	Means string // what a violation says, and what to look at
	sql   string // selects a line of text per violation
}

// Violation is one place where an invariant does not hold.
type Violation struct {
	Invariant Invariant
	Where     string // ids only
}

// Invariants lists what Verify looks at. Those with an age leave out what may still be under way.
var Invariants = []Invariant{
	{"request-is-one-message", "a webhook that was answered 2xx is exactly one message",
		`SELECT format('account %s channel %s message %s: %s rows', r.account_id, r.channel_id, r.external_id, count(m.id)) FROM webhook_requests r
		LEFT JOIN messages m ON m.account_id = r.account_id AND m.channel_id = r.channel_id AND m.external_id = r.external_id
		WHERE r.kind = 'MESSAGE' GROUP BY r.account_id, r.channel_id, r.external_id HAVING count(DISTINCT m.id) <> 1 OR count(DISTINCT r.id) <> 1`},
	{"message-has-its-request", "an inbound message of the days whose requests are kept came in a webhook",
		`SELECT format('account %s message %s', m.account_id, m.id) FROM messages m WHERE m.direction = 'INBOUND'
		AND m.created_at > (SELECT min(to_timestamp(substring(c.relname FROM 18), 'YYYYMMDD')) FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid WHERE i.inhparent = 'webhook_requests'::regclass)
		AND NOT EXISTS (SELECT 1 FROM webhook_requests r WHERE r.account_id = m.account_id AND r.channel_id = m.channel_id AND r.external_id = m.external_id)`},
	{"one-live-conversation", "a contact has at most one live conversation on a channel",
		`SELECT format('account %s channel %s contact %s', account_id, channel_id, contact_id) FROM conversations
		WHERE status IN ('OPEN','AI_REPLYING','SNOOZED') GROUP BY account_id, channel_id, contact_id HAVING count(*) > 1`},
	{"owner-may-answer", "the owner of a live conversation is enabled and works on its channel, or sees every channel",
		`SELECT format('account %s conversation %s agent %s', v.account_id, v.id, v.agent_id) FROM conversations v JOIN agents a ON a.account_id = v.account_id AND a.id = v.agent_id
		WHERE v.status IN ('OPEN','AI_REPLYING','SNOOZED') AND (a.disabled_at IS NOT NULL OR (a.role = 'AGENT' AND NOT EXISTS (
			SELECT 1 FROM channel_agents c WHERE c.account_id = v.account_id AND c.channel_id = v.channel_id AND c.agent_id = v.agent_id)))`},
	{"load-is-counted", "an agent's load is the number of OPEN conversations that they own",
		`SELECT format('account %s agent %s: %s counted, %s owned', a.account_id, a.id, a.open_count, n.owned) FROM agents a CROSS JOIN LATERAL (
			SELECT count(*) AS owned FROM conversations v WHERE v.account_id = a.account_id AND v.agent_id = a.id AND v.status = 'OPEN') n WHERE n.owned <> a.open_count`},
	{"events-have-no-gap", "the numbers of an account's events have no gap and end at its counter",
		`SELECT format('account %s: %s to %s, %s events, counter %s', f.account_id, min(e.seq), max(e.seq), count(*), f.last_seq) FROM account_feed f
		JOIN events e ON e.account_id = f.account_id GROUP BY f.account_id, f.last_seq HAVING count(*) <> max(e.seq) - min(e.seq) + 1 OR max(e.seq) <> f.last_seq`},
	{"events-are-numbered", "an event waits at most seconds for its number; older ones mean that no process numbers",
		`SELECT format('account %s event %s since %s', account_id, id, created_at) FROM event_outbox WHERE created_at < now() - interval '30 seconds'`},
	{"history-ends-in-the-present", "the last change recorded of a conversation is how it stands",
		`SELECT format('account %s conversation %s: version %s %s, recorded %s %s', v.account_id, v.id, v.version, v.status, h.version, h.status) FROM conversations v
		CROSS JOIN LATERAL (SELECT c.* FROM conversation_changes c WHERE c.account_id = v.account_id AND c.conversation_id = v.id ORDER BY c.version DESC LIMIT 1) h
		WHERE (h.version, h.status, h.agent_id, h.ai_agent_id, h.team_id) IS DISTINCT FROM (v.version, v.status, v.agent_id, v.ai_agent_id, v.team_id)`},
	{"messages-are-numbered", "the messages of a conversation are numbered 1, 2, 3 … up to its last number",
		`SELECT format('account %s conversation %s: last %s, %s messages up to %s', v.account_id, v.id, v.last_seq, n.messages, n.top) FROM conversations v CROSS JOIN LATERAL (
			SELECT count(*) AS messages, coalesce(max(m.seq), 0) AS top FROM messages m WHERE m.account_id = v.account_id AND m.conversation_id = v.id) n
		WHERE n.messages <> v.last_seq OR n.top <> v.last_seq`},
	{"unread-is-received", "no more messages are unread than were received",
		`SELECT format('account %s conversation %s: %s unread', v.account_id, v.id, v.unread_count) FROM conversations v WHERE v.unread_count > 0 AND v.unread_count > (
			SELECT count(*) FROM messages m WHERE m.account_id = v.account_id AND m.conversation_id = v.id AND m.direction = 'INBOUND')`},
	{"ended-waits-for-nobody", "a conversation that ended has no customer waiting and no wake-up",
		`SELECT format('account %s conversation %s', account_id, id) FROM conversations WHERE status IN ('RESOLVED','CLOSED') AND (waiting_since IS NOT NULL OR snoozed_until IS NOT NULL)`},
	{"snoozed-wakes", "a snoozed conversation wakes within a minute of its time",
		`SELECT format('account %s conversation %s since %s', account_id, id, snoozed_until) FROM conversations WHERE status = 'SNOOZED' AND snoozed_until < now() - interval '1 minute'`},
	{"queued-is-sent", "a message that may be sent does not stay QUEUED for ten minutes without a reason",
		`SELECT format('account %s message %s since %s', m.account_id, m.id, m.created_at) FROM messages m JOIN channels c ON c.account_id = m.account_id AND c.id = m.channel_id
		WHERE m.status = 'QUEUED' AND m.created_at < now() - interval '10 minutes' AND NOT c.paused AND c.credentials_bad_at IS NULL AND c.removed_at IS NULL
		AND NOT EXISTS (SELECT 1 FROM messages x WHERE x.account_id = m.account_id AND x.conversation_id = m.conversation_id AND x.seq < m.seq AND x.status IN ('QUEUED','SENDING'))
		AND NOT EXISTS (SELECT 1 FROM send_attempts t WHERE t.account_id = m.account_id AND t.message_id = m.id AND t.started_at > now() - interval '10 minutes')`},
	{"sending-ends", "no message is SENDING without a sender",
		`SELECT format('account %s message %s', m.account_id, m.id) FROM messages m LEFT JOIN send_leases l ON l.account_id = m.account_id AND l.conversation_id = m.conversation_id
		WHERE m.status = 'SENDING' AND coalesce(l.expires_at, '-infinity') < now() - interval '1 minute'`},
	{"sent-once", "a message was taken by the provider once, or again because an agent asked for it",
		`SELECT format('account %s message %s: %s times', account_id, message_id, count(*)) FROM send_attempts WHERE outcome = 'SENT'
		GROUP BY account_id, message_id HAVING count(*) > 1 + count(*) FILTER (WHERE by_hand)`},
	{"sent-is-known", "a message that reached the provider has the provider's id",
		`SELECT format('account %s message %s %s', account_id, id, status) FROM messages WHERE status IN ('SENT','DELIVERED','READ') AND external_id IS NULL`},
	{"ready-has-bytes", "an attachment that is READY lies in the store, one that is PENDING is being fetched",
		`SELECT format('account %s attachment %s %s', account_id, id, state) FROM attachments
		WHERE (state = 'READY' AND blob_key IS NULL) OR (state = 'PENDING' AND message_id IS NOT NULL AND created_at < now() - interval '1 day')`},
	{"references-stay-inside", "what has no foreign key still points into its own account",
		`SELECT format('account %s message %s', m.account_id, m.id) FROM messages m
		LEFT JOIN conversations v ON v.account_id = m.account_id AND v.id = m.conversation_id AND v.channel_id = m.channel_id
		LEFT JOIN agents a ON a.account_id = m.account_id AND a.id = m.agent_id
		LEFT JOIN ai_agents b ON b.account_id = m.account_id AND b.id = m.ai_agent_id
		WHERE v.id IS NULL OR (m.agent_id IS NOT NULL AND a.id IS NULL) OR (m.ai_agent_id IS NOT NULL AND b.id IS NULL)
		UNION ALL SELECT format('account %s attachment %s', f.account_id, f.id) FROM attachments f WHERE f.message_id IS NOT NULL
		AND NOT EXISTS (SELECT 1 FROM messages m WHERE m.account_id = f.account_id AND m.id = f.message_id AND m.conversation_id = f.conversation_id)`},
	{"waits-without-owner", "a conversation that waits in the queue, or is to be decided about, is OPEN and an AI Agent does not have it; one that waits has no owner",
		`SELECT format('account %s conversation %s: %s, to place %s, waits for %s', account_id, id, status, to_place, target_kind) FROM conversations
		WHERE (to_place IS NOT NULL OR target_kind IS NOT NULL) AND (status <> 'OPEN' OR ai_agent_id IS NOT NULL OR (to_place IS NULL AND agent_id IS NOT NULL))`},
	{"new-is-placed", "a conversation that is to be decided about does not stay so for a minute",
		`SELECT format('account %s conversation %s: %s', account_id, id, to_place) FROM conversations WHERE to_place IS NOT NULL AND last_activity_at < now() - interval '1 minute'
		AND NOT EXISTS (SELECT 1 FROM conversation_changes h WHERE h.account_id = conversations.account_id AND h.conversation_id = conversations.id AND h.at > now() - interval '1 minute')`},
	{"heard-is-handled", "the desk reacts to what a customer wrote within a minute, and never to what nobody wrote",
		`SELECT format('account %s conversation %s: handled %s of %s', account_id, id, handled_seq, last_inbound_seq) FROM conversations
		WHERE handled_seq > last_seq OR last_inbound_seq > last_seq OR (handled_seq < last_inbound_seq AND last_inbound_at < now() - interval '1 minute')`},
	{"placed-was-decided", "whoever was given a conversation by the desk has a decision that says why",
		`SELECT format('account %s conversation %s version %s', h.account_id, h.conversation_id, h.version) FROM conversation_changes h WHERE h.reason = 'PLACED' AND NOT EXISTS (
			SELECT 1 FROM decisions d WHERE d.account_id = h.account_id AND d.conversation_id = h.conversation_id AND d.decided_at = h.at
			AND d.agent_id IS NOT DISTINCT FROM h.agent_id AND d.ai_agent_id IS NOT DISTINCT FROM h.ai_agent_id)`},
	{"decisions-can-be-made-again", "what a decision was made by is kept as long as the decision's record",
		`SELECT format('account %s decision %s', d.account_id, d.id) FROM decisions d WHERE d.record IS NOT NULL AND NOT EXISTS (
			SELECT 1 FROM automations a WHERE a.account_id = d.account_id AND a.channel_id = d.channel_id AND a.version = d.automation_version)`},
	{"articles-have-their-parts", "the parts of an article are numbered 1, 2, 3 …, and can be found while it is on and only then",
		`SELECT format('account %s article %s: %s parts up to %s, %s to be found', a.account_id, a.id, n.parts, n.top, n.found) FROM articles a CROSS JOIN LATERAL (
			SELECT count(*) AS parts, coalesce(max(p.position), 0) AS top, count(p.terms) AS found FROM article_parts p WHERE p.account_id = a.account_id AND p.article_id = a.id) n
		WHERE n.parts = 0 OR n.top <> n.parts OR n.found <> CASE WHEN a.enabled THEN n.parts ELSE 0 END`},
	{"part-has-its-article", "a part belongs to an article",
		`SELECT format('account %s article %s part %s', p.account_id, p.article_id, p.position) FROM article_parts p WHERE NOT EXISTS (
			SELECT 1 FROM articles a WHERE a.account_id = p.account_id AND a.id = p.article_id)`},
	{"terms-are-counted", "a term is counted for each part that it stands in; wrong counts make answers worse, and saving the articles again mends them",
		`SELECT format('account %s: a term counted %s times stands in %s parts', coalesce(t.account_id, n.account_id), coalesce(t.parts, 0), coalesce(n.parts, 0)) FROM article_terms t FULL JOIN (
			SELECT p.account_id, substr(x, length(p.account_id::text) + 2) AS term, count(*) AS parts FROM article_parts p CROSS JOIN unnest(tsvector_to_array(p.terms)) x
			WHERE NOT starts_with(x, p.account_id || ':^') GROUP BY 1, 2) n ON n.account_id = t.account_id AND n.term = t.term WHERE n.parts IS DISTINCT FROM t.parts::bigint`},
	{"parts-are-counted", "an account's number of parts is how many can be found",
		`SELECT format('account %s: %s counted, %s there', c.account_id, c.parts, n.parts) FROM article_counts c CROSS JOIN LATERAL (
			SELECT count(*) AS parts FROM article_parts p WHERE p.account_id = c.account_id AND p.terms IS NOT NULL) n WHERE n.parts <> c.parts`},
	{"survey-is-of-its-resolve", "a survey belongs to one move to RESOLVED and is credited to who made it",
		`SELECT format('account %s survey %s', s.account_id, s.id) FROM surveys s JOIN conversation_changes h
			ON h.account_id = s.account_id AND h.conversation_id = s.conversation_id AND h.version = s.version
		WHERE h.status <> 'RESOLVED' OR s.agent_id IS DISTINCT FROM h.actor_agent_id OR s.team_id IS DISTINCT FROM h.team_id
		OR s.ai_agent_id IS DISTINCT FROM CASE WHEN h.actor_agent_id IS NULL THEN h.ai_agent_id END
		OR EXISTS (SELECT 1 FROM conversation_changes b WHERE b.account_id = h.account_id AND b.conversation_id = h.conversation_id AND b.version = h.version - 1 AND b.status = 'RESOLVED')`},
	{"survey-was-asked", "the message of a survey asks it, and tells whether it was delivered",
		`SELECT format('account %s survey %s', s.account_id, s.id) FROM surveys s WHERE s.message_id IS NOT NULL AND NOT EXISTS (
			SELECT 1 FROM messages m WHERE m.account_id = s.account_id AND m.id = s.message_id AND m.conversation_id = s.conversation_id AND m.kind = 'SURVEY'
			AND m.data ->> 'survey' = s.id::text AND (m.status = 'FAILED') = (s.not_delivered IS NOT NULL))`},
	{"survey-was-answered", "who answered by a message did so in the conversation that was asked about",
		`SELECT format('account %s message %s', m.account_id, m.id) FROM messages m WHERE m.data ? 'survey' AND NOT EXISTS (
			SELECT 1 FROM surveys s WHERE s.account_id = m.account_id AND s.id = (m.data ->> 'survey')::uuid AND s.conversation_id = m.conversation_id)`},
	{"ai-may-answer", "a conversation does not stay for a minute with an AI Agent that may no longer answer there",
		`SELECT format('account %s conversation %s: %s', o.account_id, o.id, o.reason) FROM (` + strings.ReplaceAll(orphans, "$1", "ALL") + `) o WHERE o.since < now() - interval '1 minute'`},
	{"handed-over-says-why", "a conversation that went from an AI Agent to people has a note about it",
		`SELECT format('account %s conversation %s version %s', h.account_id, h.conversation_id, h.version) FROM conversation_changes h WHERE h.hand_over IS NOT NULL
		AND NOT EXISTS (SELECT 1 FROM messages m WHERE m.account_id = h.account_id AND m.conversation_id = h.conversation_id AND m.kind = 'NOTE' AND m.created_at = h.at)`},
	{"facts-have-settled", "the facts of reports are stored up to a moment, and in whole slots",
		`SELECT format('account %s slot %s, stored until %s', r.account_id, r.slot, p.stored_until) FROM report_slots r LEFT JOIN report_progress p ON p.account_id = r.account_id
		WHERE p.stored_until IS NULL OR r.slot >= p.stored_until
		UNION ALL SELECT format('account %s: stored until %s', account_id, stored_until) FROM report_progress WHERE stored_until > now() OR stored_until <> date_bin('15 minutes', stored_until, '2000-01-01 00:00+00')`},
	{"hours-have-a-past", "the hours of a channel are the last that were written into its past",
		`SELECT format('account %s channel %s', h.account_id, h.id) FROM channels h WHERE h.hours IS DISTINCT FROM (
			SELECT c.hours FROM channel_hours c WHERE c.account_id = h.account_id AND c.channel_id = h.id ORDER BY c.since DESC LIMIT 1)`},
	{"ai-owes-an-answer", "what a customer waits for an AI Agent to answer is one of its duties, and there are no others",
		`SELECT format('account %s conversation %s', c.account_id, c.id) FROM conversations c WHERE c.status = 'AI_REPLYING' AND c.waiting_since IS NOT NULL
		AND NOT EXISTS (SELECT 1 FROM ai_duties d WHERE d.account_id = c.account_id AND d.conversation_id = c.id AND d.epoch = c.epoch)
		UNION ALL SELECT format('account %s duty of conversation %s', d.account_id, d.conversation_id) FROM ai_duties d JOIN conversations c ON c.account_id = d.account_id AND c.id = d.conversation_id
		WHERE c.status <> 'AI_REPLYING' OR c.epoch <> d.epoch`},
	{"ai-answers", "an AI Agent answers within five minutes, or people do",
		`SELECT format('account %s conversation %s', account_id, conversation_id) FROM ai_duties WHERE first_at < now() - interval '5 minutes'`},
	{"ai-message-has-its-turn", "what an AI Agent answered is what one of its turns came to, once for what the customer wrote",
		`SELECT format('account %s message %s', m.account_id, m.id) FROM messages m WHERE m.data ? 'ai' AND NOT EXISTS (
			SELECT 1 FROM ai_turns t WHERE t.account_id = m.account_id AND t.conversation_id = m.conversation_id AND t.ai_agent_id = m.ai_agent_id AND t.ended_at = m.created_at)
		UNION ALL SELECT format('account %s conversation %s epoch %s up to %s', account_id, conversation_id, epoch, up_to_seq) FROM ai_turns
		WHERE outcome <> 'NOTHING' GROUP BY account_id, conversation_id, epoch, up_to_seq HAVING count(*) > 1`},
	{"secrets-are-sealed", "no secret lies open",
		`SELECT format('account %s channel %s', account_id, id) FROM channels WHERE secret !~ '^k[0-9]+:' OR secret_before !~ '^k[0-9]+:'
		UNION ALL SELECT format('account %s AI Agent %s', account_id, id) FROM ai_agents WHERE secret !~ '^k[0-9]+:'`},
	{"channel-can-be-verified", "a channel whose provider verifies addresses has a token to show",
		`SELECT format('account %s channel %s', account_id, id) FROM channels WHERE provider = 'WHATSAPP_CLOUD' AND verify_token IS NULL`},
	{"channel-has-a-key", "a channel that works has one current webhook address",
		`SELECT format('account %s channel %s', c.account_id, c.id) FROM channels c WHERE c.removed_at IS NULL
		AND NOT EXISTS (SELECT 1 FROM webhook_keys k WHERE k.account_id = c.account_id AND k.channel_id = c.id AND k.expires_at IS NULL)`},
	{"disabled-is-out", "a disabled agent has no session and no connection",
		`SELECT format('account %s agent %s', a.account_id, a.id) FROM agents a WHERE a.disabled_at IS NOT NULL
		AND (EXISTS (SELECT 1 FROM sessions s WHERE s.account_id = a.account_id AND s.agent_id = a.id) OR a.connected)`},
	{"connected-has-a-lease", "an agent who is connected has a lease, and leases that ran out are gone",
		`SELECT format('account %s agent %s', a.account_id, a.id) FROM agents a WHERE a.connected AND NOT EXISTS (
			SELECT 1 FROM connections c WHERE c.account_id = a.account_id AND c.agent_id = a.id AND c.expires_at > now() - interval '1 minute')`},
	{"account-has-an-admin", "every account has an admin who can sign in",
		`SELECT format('account %s', c.id) FROM accounts c WHERE NOT EXISTS (SELECT 1 FROM agents a WHERE a.account_id = c.id AND a.role = 'ADMIN' AND a.disabled_at IS NULL)`},
}

// Verify looks for violations, at most limit of each invariant. It only reads, in one snapshot.
func (d *DB) Verify(ctx context.Context, limit int) ([]Violation, error) {
	tx, err := d.pool.BeginTx(ctx, pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly})
	if err != nil {
		return nil, fmt.Errorf("begin: %w", err)
	}
	defer tx.Rollback(context.WithoutCancel(ctx))
	var all []Violation
	for _, i := range Invariants {
		rows, err := tx.Query(ctx, fmt.Sprintf("SELECT * FROM (%s) v LIMIT %d", i.sql, limit))
		if err != nil {
			return nil, fmt.Errorf("look at %s: %w", i.Name, err)
		}
		places, err := pgx.CollectRows(rows, pgx.RowTo[string])
		if err != nil {
			return nil, fmt.Errorf("look at %s: %w", i.Name, err)
		}
		for _, where := range places {
			all = append(all, Violation{i, where})
		}
	}
	return all, nil
}
