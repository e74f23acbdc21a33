package desk_test

import (
	"context"
	"sync"
	"testing"

	"github.com/livedesk/livedesk/model"
	"github.com/livedesk/livedesk/server/desk"
)

func TestTeam(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	hana, yuki := o.hire("hana", model.AgentRole), o.hire("yuki", model.Supervisor)
	lead := o.as(yuki.ID, model.Supervisor)
	team, err := o.CreateTeam(lead, " Billing ", []model.ID{hana.ID, hana.ID})
	if err != nil || team.Name != "Billing" {
		t.Fatal(team, err)
	}
	_, err = o.CreateTeam(lead, "BILLING", nil)
	wantCode(t, err, model.Taken, "name")
	_, err = o.CreateTeam(lead, "Other", []model.ID{o.stranger()})
	wantCode(t, err, model.NotFound, "agentIds")
	_, err = o.CreateTeam(o.as(hana.ID, model.AgentRole), "Mine", nil)
	wantCode(t, err, model.Forbidden)
	o.count(1, `teams`)
	got, err := o.UpdateTeam(lead, desk.TeamChange{Team: team.ID, Name: ptr("Invoices"), Agents: &[]model.ID{yuki.ID}})
	if err != nil || got.Name != "Invoices" {
		t.Error(got, err)
	}
	got, err = o.UpdateTeam(lead, desk.TeamChange{Team: team.ID, Name: ptr(" "), Agents: &[]model.ID{}})
	wantCode(t, err, model.Invalid, "name")
	if got == nil || got.Name != "Invoices" {
		t.Error("as it is now:", got)
	}
	in, err := o.db.TeamAgents(t.Context(), o.account, []model.ID{team.ID})
	if err != nil || len(in[team.ID]) != 1 || in[team.ID][0].ID != yuki.ID {
		t.Error(in, err)
	}
	_, err = o.UpdateTeam(lead, desk.TeamChange{Team: model.NewID(model.KindTeam)})
	wantCode(t, err, model.NotFound, "teamId")
}

func TestDeleteTeamEmptiesItsQueue(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	c := o.connect("+15550000001")
	team, err := o.CreateTeam(o.asAdmin(), "Billing", []model.ID{o.admin})
	if err != nil {
		t.Fatal(err)
	}
	open, closed := o.conversation(c, model.Open, o.admin), o.conversation(c, model.Closed, "")
	o.exec(`UPDATE conversations SET team_id = $1`, team.ID)
	o.events()
	if err := o.DeleteTeam(o.asAdmin(), team.ID); err != nil {
		t.Fatal(err)
	}
	o.wantEvents(show(model.Event{Kind: model.ConversationChanged, ChannelID: c.ID, ConversationID: open}))
	o.count(1, `conversations WHERE id = $1 AND agent_id = $2 AND team_id IS NULL AND version = 2 AND epoch = 1`, open, o.admin)
	o.count(1, `conversations WHERE id = $1 AND team_id IS NULL AND version = 1`, closed)
	o.count(1, `conversation_changes WHERE reason = 'RELEASED' AND actor_agent_id = $1 AND agent_id = $1`, o.admin)
	o.count(0, `team_agents`)
	wantCode(t, o.DeleteTeam(o.asAdmin(), team.ID), model.NotFound, "teamId")
}

func TestLabel(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	c := o.connect("+15550000001")
	l, err := o.CreateLabel(o.asAdmin(), " VIP ", " #2E7D32 ")
	if err != nil || l.Name != "VIP" || l.Color != "#2e7d32" {
		t.Fatal(l, err)
	}
	for _, bad := range []string{"", "red", "#fff", "2e7d32", "#2e7d3g", "#2e7d32\n#"} {
		_, err := o.CreateLabel(o.asAdmin(), "x", bad)
		wantCode(t, err, model.Invalid, "color")
	}
	_, err = o.CreateLabel(o.asAdmin(), "vip", "#000000")
	wantCode(t, err, model.Taken, "name")
	if l, err = o.UpdateLabel(o.asAdmin(), desk.LabelChange{Label: l.ID, Color: ptr("#000000")}); err != nil || l.Name != "VIP" || l.Color != "#000000" {
		t.Error(l, err)
	}
	_, err = o.UpdateLabel(o.as(o.admin, model.AgentRole), desk.LabelChange{Label: l.ID})
	wantCode(t, err, model.Forbidden)
	open, closed := o.conversation(c, model.Open, ""), o.conversation(c, model.Closed, "")
	for _, id := range []model.ID{open, closed} {
		o.exec(`INSERT INTO conversation_labels (account_id, conversation_id, label_id) VALUES ($1, $2, $3)`, o.account, id, l.ID)
	}
	if on, err := o.db.LabelsOn(t.Context(), o.account, []model.ID{open}); err != nil || len(on[open]) != 1 || on[open][0].Name != "VIP" {
		t.Error(on, err)
	}
	o.events()
	if err := o.DeleteLabel(o.asAdmin(), l.ID); err != nil {
		t.Fatal(err)
	}
	o.wantEvents(show(model.Event{Kind: model.ConversationChanged, ChannelID: c.ID, ConversationID: open}))
	o.count(0, `conversation_labels`)
	o.count(1, `conversations WHERE version = 2`)
	wantCode(t, o.DeleteLabel(o.asAdmin(), l.ID), model.NotFound, "labelId")
}

// Of two who change different things at once neither undoes what the other did, and each entry of the audit log begins
// where the one before ended.
func TestChangesAtOnceAreBothKeptAndNoted(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	team, err := o.CreateTeam(o.asAdmin(), "Billing", nil)
	if err != nil {
		t.Fatal(err)
	}
	label, err := o.CreateLabel(o.asAdmin(), "VIP", "#000000")
	if err != nil {
		t.Fatal(err)
	}
	held, err := o.db.Pool().Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer held.Rollback(context.Background())
	for _, sql := range []string{`UPDATE teams SET name = 'Invoices'`, `UPDATE labels SET name = 'Guest'`} {
		if _, err := held.Exec(t.Context(), sql); err != nil {
			t.Fatal(err)
		}
	}
	var both sync.WaitGroup
	both.Go(func() {
		if got, err := o.UpdateTeam(o.asAdmin(), desk.TeamChange{Team: team.ID, Agents: &[]model.ID{o.admin}}); err != nil || got.Name != "Invoices" {
			t.Error(got, err)
		}
	})
	both.Go(func() {
		if got, err := o.UpdateLabel(o.asAdmin(), desk.LabelChange{Label: label.ID, Color: ptr("#ffffff")}); err != nil || got.Name != "Guest" {
			t.Error(got, err)
		}
	})
	for waiting := 0; waiting < 2; {
		o.one(&waiting, `SELECT count(*) FROM pg_locks WHERE NOT granted AND pid IN (SELECT pid FROM pg_stat_activity WHERE datname = current_database())`)
	}
	if err := held.Commit(t.Context()); err != nil {
		t.Fatal(err)
	}
	both.Wait()
	o.count(1, `teams WHERE name = 'Invoices'`)
	o.count(1, `labels WHERE name = 'Guest' AND color = '#ffffff'`)
	o.count(2, `audit_log WHERE action IN ('TEAM_UPDATED', 'LABEL_UPDATED') AND before ->> 'name' IN ('Invoices', 'Guest')`)
}
