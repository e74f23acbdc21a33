package db_test

import (
	"testing"

	"github.com/livedesk/livedesk/db/dbtest"
	"github.com/livedesk/livedesk/model"
)

// An old binary goes on to work on the schema of a new one, which has more columns.
func TestColumnsOfANewerBinaryArePassedOver(t *testing.T) {
	t.Parallel()
	database := dbtest.New(t)
	for _, table := range []string{"agents", "channels"} {
		if _, err := database.Pool().Exec(t.Context(), `ALTER TABLE `+table+` ADD of_a_newer_binary text NOT NULL DEFAULT 'x'`); err != nil {
			t.Fatal(err)
		}
	}
	agent, channel, account := model.NewID(model.KindAgent), model.NewID(model.KindChannel), int64(0)
	err := database.Pool().QueryRow(t.Context(), `WITH a AS (INSERT INTO accounts (name) VALUES ('A') RETURNING id),
		p AS (INSERT INTO agents (account_id, id, name, email, role, max_load) SELECT id, $1, 'Hana', 'hana@example.com', 'AGENT', 1 FROM a),
		c AS (INSERT INTO channels (account_id, id, name, kind, provider, sender_account, sender_phone, secret) SELECT id, $2, 'Front', 'SMS', 'TWILIO', 'AC', '+1', '' FROM a)
		SELECT id FROM a`, string(agent), string(channel)).Scan(&account)
	if err != nil {
		t.Fatal(err)
	}
	if err := database.AddMembers(t.Context(), account, channel, []model.ID{agent}); err != nil {
		t.Fatal(err)
	}
	members, err := database.ChannelAgents(t.Context(), account, []model.ID{channel})
	if err != nil || len(members[channel]) != 1 {
		t.Errorf("members %v, %v", members, err)
	}
	channels, err := database.AgentChannels(t.Context(), account, []model.ID{agent})
	if err != nil || len(channels[agent]) != 1 {
		t.Errorf("channels %v, %v", channels, err)
	}
}
