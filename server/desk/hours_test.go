package desk_test

import (
	"encoding/json"
	"reflect"
	"strings"
	"sync"
	"testing"

	"github.com/livedesk/livedesk/db"
	"github.com/livedesk/livedesk/model"
	"github.com/livedesk/livedesk/server/desk"
)

func nineToSix(zone string) model.Hours {
	h := *model.NoHours()
	h.Enabled, h.TimeZone = true, zone
	h.Weekly = append(h.Weekly, model.DayHours{Day: model.Monday, Intervals: []model.Interval{{Opens: 9 * 60, Closes: 18 * 60}}})
	return h
}

// audited returns the account's audit log, newest entry first.
func (o *office) audited() []*model.AuditEntry {
	o.t.Helper()
	n := 100
	page, err := o.db.AuditPage(o.t.Context(), o.account, db.AuditFilter{}, model.Page{First: &n})
	if err != nil {
		o.t.Fatal(err)
	}
	return page.Nodes
}

// wantAudit fails unless the newest entry says that.
func (o *office) wantAudit(by model.ID, action model.AuditAction, kind model.AuditSubject, subject, channel model.ID) *model.AuditEntry {
	o.t.Helper()
	log := o.audited()
	if len(log) == 0 {
		o.t.Fatalf("nothing is noted, want %s", action)
	}
	if e := log[0]; e.ActorID != by || e.Action != action || e.SubjectKind != kind || e.SubjectID != subject || e.ChannelID != channel {
		o.t.Errorf("noted %+v, want %s of %s %s by %s", e, action, kind, subject, by)
	}
	return log[0]
}

func (o *office) version(c *model.Channel) (version int) {
	o.t.Helper()
	o.one(&version, `SELECT automation_version FROM channels WHERE id = $1`, c.ID)
	return version
}

func TestUpdateHours(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	c, yuki := o.connect("+15550000001"), o.hire("yuki", model.Supervisor)
	if got := o.hours(c); !reflect.DeepEqual(got, model.NoHours()) {
		t.Errorf("hours that were never set are %+v", got)
	}
	o.events()
	want := nineToSix("Asia/Tokyo")
	want.UnavailableMessage = "We are back at nine."
	got, err := o.UpdateHours(o.as(yuki.ID, model.Supervisor), c.ID, want)
	if err != nil || got.ID != c.ID || !reflect.DeepEqual(o.hours(c), &want) {
		t.Errorf("%+v, %v: %+v", got, err, o.hours(c))
	}
	o.wantEvents(show(model.Event{Kind: model.ChannelChanged, ChannelID: c.ID}))
	if v := o.version(c); v != 2 {
		t.Errorf("version %d", v)
	}
	e := o.wantAudit(yuki.ID, model.AuditHoursUpdated, model.AuditChannel, c.ID, c.ID)
	var before, after model.Hours
	if json.Unmarshal(e.Before, &before) != nil || json.Unmarshal(e.After, &after) != nil || !reflect.DeepEqual(&before, model.NoHours()) || !reflect.DeepEqual(after, want) {
		t.Errorf("noted %s and %s", e.Before, e.After)
	}
	noted := len(o.audited())
	if _, err := o.UpdateHours(o.asAdmin(), c.ID, want); err != nil || len(o.audited()) != noted || o.version(c) != 2 {
		t.Errorf("the same hours once more: %v, %d entries, version %d", err, len(o.audited()), o.version(c))
	}
}

func (o *office) hours(c *model.Channel) *model.Hours {
	o.t.Helper()
	hours, err := o.db.HoursOf(o.t.Context(), o.account, []model.ID{c.ID})
	if err != nil {
		o.t.Fatal(err)
	}
	return hours[c.ID]
}

func TestUpdateHoursStoresNothingRefused(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	c, hana := o.connect("+15550000001"), o.hire("hana", model.AgentRole)
	noted := len(o.audited())
	o.events()
	try := func(change func(*model.Hours), code model.Code, path ...string) {
		t.Helper()
		h := nineToSix("Asia/Tokyo")
		change(&h)
		got, err := o.UpdateHours(o.asAdmin(), c.ID, h)
		wantCode(t, err, code, path...)
		if got == nil || got.ID != c.ID {
			t.Errorf("as it is now: %+v", got)
		}
	}
	interval := func(i model.Interval) func(*model.Hours) {
		return func(h *model.Hours) { h.Weekly[0].Intervals = append(h.Weekly[0].Intervals, i) }
	}
	try(func(h *model.Hours) { h.TimeZone = "Asia/Edo" }, model.Invalid, "timeZone")
	try(func(h *model.Hours) { h.UnavailableMessage = strings.Repeat("x", model.MaxText+1) }, model.TooLarge, "unavailableMessage")
	try(interval(model.Interval{Opens: 17 * 60, Closes: 19 * 60}), model.Invalid, "weekly", "0", "intervals", "1")
	try(interval(model.Interval{Opens: 19 * 60, Closes: 19 * 60}), model.Invalid, "weekly", "0", "intervals", "1", "closes")
	try(interval(model.Interval{Opens: -1, Closes: 19 * 60}), model.Invalid, "weekly", "0", "intervals", "1", "opens")
	try(func(h *model.Hours) { h.Weekly = append(h.Weekly, h.Weekly[0]) }, model.Invalid, "weekly", "1", "day")
	try(func(h *model.Hours) { h.Exceptions = []model.Exception{{Date: "2026-02-30"}} }, model.Invalid, "exceptions", "0", "date")
	_, err := o.UpdateHours(o.as(hana.ID, model.AgentRole), c.ID, nineToSix("UTC"))
	wantCode(t, err, model.Forbidden)
	_, err = o.UpdateHours(o.asAdmin(), model.NewID(model.KindChannel), nineToSix("UTC"))
	wantCode(t, err, model.NotFound, "channelId")
	if got := o.hours(c); got.Enabled || o.version(c) != 1 || len(o.audited()) != noted {
		t.Errorf("stored %+v, version %d, %d entries", got, o.version(c), len(o.audited()))
	}
	o.wantEvents()
	if _, err := o.RemoveChannel(o.asAdmin(), c.ID); err != nil {
		t.Fatal(err)
	}
	_, err = o.UpdateHours(o.asAdmin(), c.ID, nineToSix("UTC"))
	wantCode(t, err, model.ChannelNotActive, "channelId")
}

// Each of the changes that are made at once is counted, and noted with what it really replaced.
func TestHoursChangedAtOnce(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	c := o.connect("+15550000001")
	zones := []string{"Asia/Tokyo", "Europe/Berlin", "America/Lima", "Africa/Cairo"}
	var all sync.WaitGroup
	for _, zone := range zones {
		all.Go(func() {
			if _, err := o.UpdateHours(o.asAdmin(), c.ID, nineToSix(zone)); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	if v := o.version(c); v != 1+len(zones) {
		t.Errorf("version %d after %d changes", v, len(zones))
	}
	replaced := map[string]bool{}
	for _, e := range o.audited() {
		if e.Action == model.AuditHoursUpdated {
			replaced[string(e.Before)] = true
		}
	}
	if len(replaced) != len(zones) {
		t.Errorf("%d different hours were replaced, want %d", len(replaced), len(zones))
	}
}

func TestUpdateGreeting(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	c, hana := o.connect("+15550000001"), o.hire("hana", model.AgentRole)
	_, err := o.UpdateGreeting(o.asAdmin(), c.ID, true, nil)
	wantCode(t, err, model.Invalid, "text")
	_, err = o.UpdateGreeting(o.asAdmin(), c.ID, true, ptr(" \n"))
	wantCode(t, err, model.Invalid, "text")
	_, err = o.UpdateGreeting(o.asAdmin(), c.ID, false, ptr(strings.Repeat("👍", model.MaxText/2)+"!"))
	wantCode(t, err, model.TooLarge, "text")
	_, err = o.UpdateGreeting(o.as(hana.ID, model.AgentRole), c.ID, true, ptr("Hello!"))
	wantCode(t, err, model.Forbidden)
	_, err = o.UpdateGreeting(o.asAdmin(), model.NewID(model.KindChannel), true, ptr("Hello!"))
	wantCode(t, err, model.NotFound, "channelId")
	o.count(1, `channels WHERE NOT greeting_enabled AND greeting_text = ''`)
	o.count(0, `audit_log WHERE action = 'GREETING_UPDATED'`)
	o.events()
	if _, err := o.UpdateGreeting(o.asAdmin(), c.ID, true, ptr("Hello!")); err != nil {
		t.Fatal(err)
	}
	o.wantEvents(show(model.Event{Kind: model.ChannelChanged, ChannelID: c.ID}))
	if _, err := o.UpdateGreeting(o.asAdmin(), c.ID, false, nil); err != nil {
		t.Fatal(err)
	}
	o.count(1, `channels WHERE NOT greeting_enabled AND greeting_text = 'Hello!'`)
	e := o.wantAudit(o.admin, model.AuditGreetingUpdated, model.AuditChannel, c.ID, c.ID)
	if string(e.Before) != `{"text": "Hello!", "enabled": true}` || string(e.After) != `{"text": "Hello!", "enabled": false}` {
		t.Errorf("noted %s and %s", e.Before, e.After)
	}
}

func TestOnlyAnotherModeCountsAsAutomation(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	c := o.connect("+15550000001")
	for _, step := range []struct {
		change  desk.AssignmentChange
		version int
	}{
		{desk.AssignmentChange{Mode: ptr(model.Sequential)}, 2},
		{desk.AssignmentChange{Mode: ptr(model.Sequential)}, 2},
		{desk.AssignmentChange{ReopenPolicy: ptr(model.AlwaysReopen)}, 2},
		{desk.AssignmentChange{Mode: ptr(model.ConcurrentLoad)}, 3},
	} {
		step.change.Channel = c.ID
		if _, err := o.UpdateAssignment(o.asAdmin(), step.change); err != nil {
			t.Fatal(err)
		}
		if v := o.version(c); v != step.version {
			t.Errorf("version %d after %+v, want %d", v, step.change, step.version)
		}
	}
	o.count(3, `audit_log WHERE action = 'ASSIGNMENT_UPDATED'`)
	o.wantAudit(o.admin, model.AuditAssignmentUpdated, model.AuditChannel, c.ID, c.ID)
}
