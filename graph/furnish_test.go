package graph_test

import (
	"fmt"
	"strings"
	"time"

	"github.com/livedesk/livedesk/model"
	"github.com/livedesk/livedesk/server/ai/aitest"
	"github.com/livedesk/livedesk/server/channel/twilio/twiliotest"
)

// furnish makes one object of each sort in the account of the token's admin, through the API where it can, and returns
// their ids.
func (a *api) furnish(token string) map[string]string {
	a.t.Helper()
	make := func(name string, input vars, path ...any) string {
		a.t.Helper()
		typ := strings.ToUpper(name[:1]) + name[1:] + "Input!"
		field := path[0].(string)
		got := a.do(token, "mutation($i: "+typ+") { "+name+"(input: $i) { "+field+" { id } userErrors { code field message } } }", vars{"i": input})
		return at(got, append(path, "id")...).(string)
	}
	ids := map[string]string{"account": at(a.do(token, "{ viewer { account { id } } }", nil), "account", "id").(string)}
	viewer, _, err := a.desk.Authenticate(a.t.Context(), token)
	if err != nil {
		a.t.Fatal(err)
	}
	ids["agent"] = make("createAgent", vars{"name": "Hana", "email": "hana" + ids["account"] + "@example.com", "role": "AGENT"}, "agent")
	ids["team"] = make("createTeam", vars{"name": "Team", "agentIds": []string{ids["agent"]}}, "team")
	ids["label"] = make("createLabel", vars{"name": "Label", "color": "#a0b0c0"}, "label")
	ids["channel"] = make("createChannel", vars{"name": "Channel", "credentials": vars{"twilioWhatsapp": vars{
		"accountSid": twiliotest.AccountSid, "authToken": twiliotest.AuthToken, "sender": vars{"phoneNumber": "+15550100100"}}}}, "channel")
	make("addChannelAgents", vars{"channelId": ids["channel"], "agentIds": []string{ids["agent"]}}, "channel")
	ids["rule"] = make("createRoutingRule", vars{"channelId": ids["channel"], "name": "Rule", "action": vars{"assignTo": vars{"humanAgents": true}}}, "rule")
	ids["article"] = make("createArticle", vars{"title": "Refunds", "body": "We refund.", "source": "refunds.md"}, "article")
	ids["conversation"] = a.customer(viewer.Account, ids["channel"], "+447700900101", "Ana Lima", "Hello")
	got := a.do(token, `query($id: ID!) { conversation(id: $id) { contact { id } lastMessage { id } } }`, vars{"id": ids["conversation"]})
	ids["contact"], ids["message"] = at(got, "contact", "id").(string), at(got, "lastMessage", "id").(string)
	file, err := a.desk.Upload(model.WithViewer(a.t.Context(), viewer), "note.txt", "text/plain", strings.NewReader("hello"))
	if err != nil {
		a.t.Fatal(err)
	}
	ids["attachment"] = string(file.ID)
	ids["aiAgent"] = make("createAiAgent", vars{"name": "Robin", "instructions": "Be kind.", "model": aitest.DefaultModel, "apiKey": aitest.Key}, "aiAgent")
	return ids
}

// secondAccount makes another account with an admin, who has the first one's password, and signs them in.
func (a *api) secondAccount() (token string) {
	a.t.Helper()
	id := string(model.NewIDAt(model.KindAgent, time.Now()))
	a.exec(`WITH account AS (INSERT INTO accounts (name) VALUES ('Other') RETURNING id),
		feed AS (INSERT INTO account_feed (account_id) SELECT id FROM account)
		INSERT INTO agents (account_id, id, name, email, role, password_hash, max_load)
		SELECT account.id, $1, 'Olga', 'olga@example.com', 'ADMIN', g.password_hash, 10 FROM account, agents g WHERE g.email = $2`, id, adminEmail)
	a.exec(`INSERT INTO logins (email, account_id, agent_id) SELECT email, account_id, id FROM agents WHERE id = $1`, id)
	return a.signIn("olga@example.com")
}

// fingerprint changes when anything of the first account does.
func (a *api) fingerprint() (all string) {
	a.t.Helper()
	for _, table := range []string{"agents", "teams", "team_agents", "channels", "channel_agents", "webhook_keys", "contacts", "identities", "conversations", "conversation_changes",
		"conversation_labels", "labels", "messages", "send_attempts", "attachments", "password_tokens", "rules", "articles", "article_parts", "article_terms", "article_counts", "audit_log", "ai_agents", "surveys"} {
		var sum string
		if err := a.db.Pool().QueryRow(a.t.Context(), `SELECT count(*) || ' ' || coalesce(md5(string_agg(t::text, ',' ORDER BY t::text)), '') FROM `+table+` t WHERE account_id = $1`, a.account()).Scan(&sum); err != nil {
			a.t.Fatal(err)
		}
		all += table + " " + sum + "\n"
	}
	var told int
	if err := a.db.Pool().QueryRow(a.t.Context(), `SELECT (SELECT count(*) FROM events WHERE account_id = $1) + (SELECT count(*) FROM event_outbox WHERE account_id = $1)`, a.account()).Scan(&told); err != nil {
		a.t.Fatal(err)
	}
	return all + fmt.Sprint("events ", told)
}

func (a *api) exec(sql string, args ...any) {
	a.t.Helper()
	if _, err := a.db.Pool().Exec(a.t.Context(), sql, args...); err != nil {
		a.t.Fatalf("%s: %v", sql, err)
	}
}
