package desk_test

import (
	"strings"
	"sync"
	"testing"

	"github.com/livedesk/livedesk/model"
	"github.com/livedesk/livedesk/server/desk"
)

func ptr[T any](v T) *T { return &v }

func TestCreateAgentCleansAndRefuses(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	a, link, err := o.CreateAgent(o.asAdmin(), desk.NewAgent{Name: "  Ha\x00na\n ", Email: " Hana@Example.com ", Role: model.AgentRole, Password: ptr(newPassword)})
	if err != nil || link != nil {
		t.Fatal(link, err)
	}
	if a.Name != "Hana" || a.Email != "hana@example.com" || a.MaxLoad != model.DefaultMaxLoad || a.Availability != model.Offline {
		t.Errorf("added %+v", a)
	}
	if _, err := o.signIn("hana@example.com", newPassword); err != nil {
		t.Error(err)
	}
	good := desk.NewAgent{Name: "Yuki", Email: "yuki@example.com", Role: model.AgentRole}
	for _, c := range []struct {
		change func(*desk.NewAgent)
		code   model.Code
		path   string
	}{
		{func(n *desk.NewAgent) { n.Name = " \t" }, model.Invalid, "name"},
		{func(n *desk.NewAgent) { n.Name = strings.Repeat("é", 101) }, model.Invalid, "name"},
		{func(n *desk.NewAgent) { n.Email = "yuki" }, model.Invalid, "email"},
		{func(n *desk.NewAgent) { n.Email = "Yuki <yuki@example.com>" }, model.Invalid, "email"},
		{func(n *desk.NewAgent) { n.Email = "HANA@example.com" }, model.Taken, "email"},
		{func(n *desk.NewAgent) { n.Role = "OWNER" }, model.Invalid, "role"},
		{func(n *desk.NewAgent) { n.MaxLoad = ptr(1001) }, model.Invalid, "maxLoad"},
		{func(n *desk.NewAgent) { n.Password = ptr("short") }, model.Invalid, "password"},
	} {
		n := good
		c.change(&n)
		_, _, err := o.CreateAgent(o.asAdmin(), n)
		wantCode(t, err, c.code, c.path)
	}
	o.count(2, `agents`)
	o.count(2, `logins`)
}

func TestOnlyAdminsChangeAgents(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	hana := o.hire("hana", model.AgentRole)
	for _, role := range []model.Role{model.AgentRole, model.Supervisor} {
		_, err := o.UpdateAgent(o.as(hana.ID, role), desk.AgentChange{Agent: hana.ID, Role: ptr(model.Admin)})
		wantCode(t, err, model.Forbidden)
		_, _, err = o.CreateAgent(o.as(hana.ID, role), desk.NewAgent{Name: "x", Email: "x@example.com", Role: model.Admin})
		wantCode(t, err, model.Forbidden)
	}
	// A request that came in while its agent was an admin does not make them one again.
	_, err := o.UpdateAgent(o.as(hana.ID, model.Admin), desk.AgentChange{Agent: hana.ID, Role: ptr(model.Admin)})
	wantCode(t, err, model.Forbidden)
	_, err = o.UpdateAgent(t.Context(), desk.AgentChange{Agent: hana.ID, Name: ptr("x")})
	wantCode(t, err, model.Unauthenticated)
	if a, err := o.db.Agent(t.Context(), o.account, hana.ID); err != nil || a.Role != model.AgentRole || a.Name != "hana" {
		t.Errorf("%+v, %v", a, err)
	}
}

func TestUpdateAgentChangesWhatIsGiven(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	hana := o.hire("hana", model.AgentRole)
	o.events()
	a, err := o.UpdateAgent(o.asAdmin(), desk.AgentChange{Agent: hana.ID, Name: ptr(" Hana K. "), MaxLoad: ptr(3)})
	if err != nil || a.Name != "Hana K." || a.MaxLoad != 3 || a.Role != model.AgentRole || a.DisabledAt != nil {
		t.Errorf("%+v, %v", a, err)
	}
	o.wantEvents(show(model.Event{Kind: model.AgentChanged, AgentID: hana.ID}))
	a, err = o.UpdateAgent(o.asAdmin(), desk.AgentChange{Agent: hana.ID, Name: ptr("Hana K."), Role: ptr(model.AgentRole), Disabled: ptr(false)})
	if err != nil || a.Name != "Hana K." {
		t.Errorf("%+v, %v", a, err)
	}
	o.wantEvents() // nothing changed
	a, err = o.UpdateAgent(o.asAdmin(), desk.AgentChange{Agent: hana.ID, MaxLoad: ptr(-1)})
	wantCode(t, err, model.Invalid, "maxLoad")
	if a == nil || a.MaxLoad != 3 {
		t.Errorf("as it is now: %+v", a)
	}
	a, err = o.UpdateAgent(o.asAdmin(), desk.AgentChange{Agent: model.NewID(model.KindAgent), Name: ptr("x")})
	wantCode(t, err, model.NotFound, "agentId")
	if a != nil {
		t.Errorf("%+v", a)
	}
}

func TestTheLastAdminStays(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	disabled := o.hire("former", model.Admin)
	if _, err := o.UpdateAgent(o.asAdmin(), desk.AgentChange{Agent: disabled.ID, Disabled: ptr(true)}); err != nil {
		t.Fatal(err)
	}
	a, err := o.UpdateAgent(o.asAdmin(), desk.AgentChange{Agent: o.admin, Role: ptr(model.Supervisor)})
	wantCode(t, err, model.LastAdmin, "role")
	if a == nil || a.Role != model.Admin {
		t.Errorf("as it is now: %+v", a)
	}
	_, err = o.UpdateAgent(o.asAdmin(), desk.AgentChange{Agent: o.admin, Disabled: ptr(true)})
	wantCode(t, err, model.LastAdmin, "disabled")
	o.hire("second", model.Admin)
	if _, err := o.UpdateAgent(o.asAdmin(), desk.AgentChange{Agent: o.admin, Role: ptr(model.Supervisor)}); err != nil {
		t.Errorf("one of two: %v", err)
	}
}

func TestAdminsWhoRemoveEachOtherLeaveOne(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	admins := []model.ID{o.admin, o.hire("b", model.Admin).ID, o.hire("c", model.Admin).ID, o.hire("d", model.Admin).ID}
	var wg sync.WaitGroup
	for i, by := range admins {
		for _, whom := range admins {
			wg.Go(func() {
				change := desk.AgentChange{Agent: whom, Role: ptr(model.AgentRole)}
				if i%2 == 0 {
					change = desk.AgentChange{Agent: whom, Disabled: ptr(true)}
				}
				_, err := o.UpdateAgent(o.as(by, model.Admin), change)
				if code := model.CodeOf(err); err != nil && code != model.LastAdmin && code != model.Forbidden {
					t.Error(err)
				}
			})
		}
	}
	wg.Wait()
	o.count(1, `agents WHERE role = 'ADMIN' AND disabled_at IS NULL`)
}

func TestSetAvailability(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	hana, yuki := o.hire("hana", model.AgentRole), o.hire("yuki", model.AgentRole)
	o.events()
	a, err := o.SetAvailability(o.as(hana.ID, model.AgentRole), "", model.Away)
	if err != nil || a.ID != hana.ID || a.Availability != model.Away {
		t.Errorf("%+v, %v", a, err)
	}
	_, err = o.SetAvailability(o.as(hana.ID, model.AgentRole), hana.ID, model.Away)
	if err != nil {
		t.Error(err)
	}
	o.wantEvents(show(model.Event{Kind: model.AgentChanged, AgentID: hana.ID}))
	_, err = o.SetAvailability(o.as(hana.ID, model.AgentRole), yuki.ID, model.Online)
	wantCode(t, err, model.Forbidden)
	if _, err = o.SetAvailability(o.as(hana.ID, model.Supervisor), yuki.ID, model.Online); err != nil {
		t.Error(err)
	}
	_, err = o.SetAvailability(o.asAdmin(), model.NewID(model.KindAgent), model.Online)
	wantCode(t, err, model.NotFound, "agentId")
	_, err = o.SetAvailability(o.asAdmin(), yuki.ID, "GONE")
	wantCode(t, err, model.Invalid, "availability")
}
