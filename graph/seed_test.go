package graph_test

import (
	"testing"

	"github.com/livedesk/livedesk/db"
	"github.com/livedesk/livedesk/model"
)

// seed fills an account with 1000 open conversations on 3 channels, half of them owned by one of 10 agents, a third of
// them labelled, with 3 messages each. It returns a viewer who sees them all.
func seed(t testing.TB, database *db.DB, account int64) *model.Viewer {
	t.Helper()
	agents, channels, labels, contacts, conversations, messages := ids(10, model.KindAgent), ids(3, model.KindChannel), ids(4, model.KindLabel),
		ids(1000, model.KindContact), ids(1000, model.KindConversation), ids(3000, model.KindMessage)
	for _, s := range []struct {
		sql  string
		args []any
	}{
		{`INSERT INTO agents (account_id, id, name, email, role, max_load) SELECT $1, id, 'Agent ' || n, 'agent' || n || '@example.com', 'ADMIN', 10 FROM unnest($2::uuid[]) WITH ORDINALITY a(id, n)`, []any{agents}},
		{`INSERT INTO channels (account_id, id, name, kind, provider, sender_account, sender_phone, secret) SELECT $1, id, 'Channel ' || n, 'WHATSAPP', 'TWILIO', 'AC', '+1555000' || n, '' FROM unnest($2::uuid[]) WITH ORDINALITY c(id, n)`, []any{channels}},
		{`INSERT INTO labels (account_id, id, name, color) SELECT $1, id, 'Label ' || n, '#a0b0c0' FROM unnest($2::uuid[]) WITH ORDINALITY l(id, n)`, []any{labels}},
		{`INSERT INTO contacts (account_id, id, name, phone_number, address, created_at) SELECT $1, id, 'Customer ' || n, '+4477009' || n, '+4477009' || n, now() FROM unnest($2::uuid[]) WITH ORDINALITY c(id, n)`, []any{contacts}},
		{`INSERT INTO conversations (account_id, id, channel_id, contact_id, status, agent_id, opened_at, last_activity_at, waiting_since, last_inbound_at, unread_count, last_seq)
			SELECT $1, v.id, ($3::uuid[])[1 + n % 3], c.id, 'OPEN', CASE WHEN n % 2 = 0 THEN ($4::uuid[])[1 + n % 10] END, now(), now() - n * interval '1 second', now(), now(), 1, 3
			FROM unnest($2::uuid[]) WITH ORDINALITY v(id, n) JOIN unnest($5::uuid[]) WITH ORDINALITY c(id, n) USING (n)`, []any{conversations, channels, agents, contacts}},
		{`INSERT INTO messages (account_id, conversation_id, seq, id, channel_id, direction, kind, text, created_at)
			SELECT $1, ($3::uuid[])[(n + 2) / 3], 1 + (n - 1) % 3, id, ($4::uuid[])[1], 'INBOUND', 'TEXT', 'Where is my parcel? I have waited for it since Monday, and nobody has told me anything.', now()
			FROM unnest($2::uuid[]) WITH ORDINALITY m(id, n)`, []any{messages, conversations, channels}},
		{`INSERT INTO conversation_labels (account_id, conversation_id, label_id) SELECT $1, id, ($3::uuid[])[1 + n % 4] FROM unnest($2::uuid[]) WITH ORDINALITY v(id, n) WHERE n % 3 = 0`, []any{conversations, labels}},
		{`ANALYZE`, nil},
	} {
		args := append([]any{account}, s.args...)
		if s.sql == "ANALYZE" {
			args = nil
		}
		if _, err := database.Pool().Exec(t.Context(), s.sql, args...); err != nil {
			t.Fatalf("%s: %v", s.sql, err)
		}
	}
	return &model.Viewer{Account: account, Agent: model.ID(agents[0]), Session: model.NewID(model.KindSession), Role: model.Admin}
}

func ids(n int, kind model.Kind) []string {
	list := make([]string, n)
	for i := range list {
		list[i] = string(model.NewID(kind))
	}
	return list
}
