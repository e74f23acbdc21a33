package desk_test

import (
	"strings"
	"testing"

	"github.com/livedesk/livedesk/model"
	"github.com/livedesk/livedesk/server/desk"
)

// Every change of a setting is noted once, in its order, and what is noted holds no secret.
func TestSettingsAreAudited(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	admin := o.asAdmin()
	c, _, err := o.CreateChannel(admin, twilioChannel("Line", "+15550000001"))
	do := func(_ any, err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	do(c, err)
	hana := o.hire("hana", model.AgentRole)
	name, credentials := ptr("Night"), twilioChannel("", "+15550000001")
	_, _, err = o.UpdateChannel(admin, desk.ChannelChange{Channel: c.ID, Name: name})
	do(c, err)
	_, _, err = o.UpdateChannel(admin, desk.ChannelChange{Channel: c.ID, Name: name}) // changes nothing
	do(c, err)
	_, _, err = o.UpdateChannel(admin, desk.ChannelChange{Channel: c.ID, Credentials: &credentials})
	do(c, err)
	do(o.RotateWebhookURL(admin, c.ID))
	do(o.SetChannelAgents(admin, c.ID, []model.ID{hana.ID}))
	do(o.SetChannelAgents(admin, c.ID, []model.ID{hana.ID}))
	do(o.UpdateAgent(admin, desk.AgentChange{Agent: hana.ID, MaxLoad: ptr(3)}))
	_, _, err = o.ResetPassword(admin, hana.ID)
	do(c, err)
	team, err := o.CreateTeam(admin, "Billing", []model.ID{hana.ID})
	do(team, err)
	do(o.UpdateTeam(admin, desk.TeamChange{Team: team.ID, Agents: &[]model.ID{}}))
	do(nil, o.DeleteTeam(admin, team.ID))
	label, err := o.CreateLabel(admin, "VIP", "#000000")
	do(label, err)
	do(o.UpdateLabel(admin, desk.LabelChange{Label: label.ID, Color: ptr("#ffffff")}))
	do(nil, o.DeleteLabel(admin, label.ID))
	do(o.RemoveChannel(admin, c.ID))
	log := o.audited()
	for i, want := range []string{
		"CHANNEL_REMOVED CHANNEL of its channel: Night -> nothing",
		"LABEL_DELETED LABEL: VIP -> nothing", "LABEL_UPDATED LABEL: VIP -> VIP", "LABEL_CREATED LABEL: nothing -> VIP",
		"TEAM_DELETED TEAM: Billing -> nothing", "TEAM_UPDATED TEAM: Billing, hana -> Billing", "TEAM_CREATED TEAM: nothing -> Billing, hana",
		"PASSWORD_RESET AGENT: nothing -> nothing", "AGENT_UPDATED AGENT: hana -> hana",
		"MEMBERS_CHANGED CHANNEL of its channel: nobody -> hana", "WEBHOOK_ROTATED CHANNEL of its channel: nothing -> nothing",
		"CHANNEL_UPDATED CHANNEL of its channel: Night -> Night", "CHANNEL_UPDATED CHANNEL of its channel: Line -> Night",
		"AGENT_CREATED AGENT: nothing -> hana", "CHANNEL_CREATED CHANNEL of its channel: nothing -> Line",
	} {
		if i >= len(log) {
			t.Fatalf("%d entries, want %q", len(log), want)
		}
		if got := o.noted(log[i], hana.ID); got != want {
			t.Errorf("entry %d is %q, want %q, of %s and %s", i, got, want, log[i].Before, log[i].After)
		}
		for _, secret := range []string{"0123456789abcdef", "argon2", "_"} {
			if strings.Contains(string(log[i].Before)+string(log[i].After), secret) {
				t.Errorf("%s holds %q: %s, %s", log[i].Action, secret, log[i].Before, log[i].After)
			}
		}
	}
	if len(log) != 15 {
		t.Errorf("%d entries", len(log))
	}
}

// noted writes an entry down by the names that stand in it.
func (o *office) noted(e *model.AuditEntry, hana model.ID) string {
	if e.ActorID != o.admin || e.AccountID != o.account {
		o.t.Errorf("%s is by %s", e.Action, e.ActorID)
	}
	where := ""
	if e.ChannelID != "" {
		where = " of its channel"
	}
	says := func(value []byte) string {
		if value == nil {
			return "nothing"
		}
		names := []string{}
		for name, word := range map[string]string{`"Line"`: "Line", `"Night"`: "Night", `"VIP"`: "VIP", `"Billing"`: "Billing", `"name": "hana"`: "hana"} {
			if strings.Contains(string(value), name) {
				names = append(names, word)
			}
		}
		if strings.Contains(string(value), string(hana)) {
			names = append(names, "hana")
		}
		if len(names) == 0 {
			return "nobody"
		}
		return strings.Join(names, ", ")
	}
	return string(e.Action) + " " + string(e.SubjectKind) + where + ": " + says(e.Before) + " -> " + says(e.After)
}

// A refused change notes nothing.
func TestRefusedSettingsAreNotAudited(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	_, err := o.CreateLabel(o.asAdmin(), "VIP", "#000000")
	if err != nil {
		t.Fatal(err)
	}
	noted := len(o.audited())
	_, err = o.CreateLabel(o.asAdmin(), "vip", "#000000")
	wantCode(t, err, model.Taken, "name")
	_, err = o.CreateTeam(o.asAdmin(), "Other", []model.ID{o.stranger()})
	wantCode(t, err, model.NotFound, "agentIds")
	_, err = o.UpdateAgent(o.asAdmin(), desk.AgentChange{Agent: o.admin, Role: ptr(model.AgentRole)})
	wantCode(t, err, model.LastAdmin, "role")
	if now := len(o.audited()); now != noted {
		t.Errorf("%d entries were added", now-noted)
	}
}
