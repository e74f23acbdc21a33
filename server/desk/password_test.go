package desk_test

import (
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/livedesk/livedesk/model"
	"github.com/livedesk/livedesk/server/desk"
)

const newPassword = "a new fine password"

// invite adds an agent without a password and returns the token of their link.
func (o *office) invite(name string) (*model.Agent, string) {
	o.t.Helper()
	a, link, err := o.CreateAgent(o.asAdmin(), desk.NewAgent{Name: name, Email: name + "@example.com", Role: model.AgentRole})
	if err != nil {
		o.t.Fatal(err)
	}
	return a, o.tokenOf(link)
}

func (o *office) tokenOf(link *desk.Invitation) string {
	o.t.Helper()
	token, ok := strings.CutPrefix(link.URL, "https://desk.example.com/base/password/")
	if !ok || model.AccountOfKey(token) != o.account {
		o.t.Fatalf("link %q", link.URL)
	}
	return token
}

func (o *office) setPassword(token, password string) (*desk.SignedIn, error) {
	return o.SetPassword(o.t.Context(), token, password, "192.0.2.1")
}

func TestInvitationSetsThePasswordOnce(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	hana, token := o.invite("hana")
	for _, short := range []string{"123456789", strings.Repeat("é", 201)} {
		_, err := o.setPassword(token, short)
		wantCode(t, err, model.Invalid, "password")
	}
	in, err := o.setPassword(token, strings.Repeat("é", 200))
	if err != nil {
		t.Fatal(err)
	}
	if v, _, err := o.Authenticate(t.Context(), in.Token); err != nil || v.Agent != hana.ID || v.Role != model.AgentRole {
		t.Errorf("signed in as %+v, %v", v, err)
	}
	_, err = o.setPassword(token, newPassword)
	wantCode(t, err, model.WrongCredentials, "token")
	if _, err := o.signIn("hana@example.com", strings.Repeat("é", 200)); err != nil {
		t.Error(err)
	}
	o.count(0, `password_tokens`)
}

func TestOneOfManyUsesTheLink(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	_, token := o.invite("hana")
	var set atomic.Int32
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			_, err := o.setPassword(token, newPassword)
			if err == nil {
				set.Add(1)
			} else {
				wantCode(t, err, model.WrongCredentials, "token")
			}
		})
	}
	wg.Wait()
	if set.Load() != 1 {
		t.Errorf("the link worked %d times", set.Load())
	}
	o.count(1, `sessions`)
}

func TestLinksEnd(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	disabled := true
	_, late := o.invite("late")
	gone, goneToken := o.invite("gone")
	if _, err := o.UpdateAgent(o.asAdmin(), desk.AgentChange{Agent: gone.ID, Disabled: &disabled}); err != nil {
		t.Fatal(err)
	}
	again, replaced := o.invite("again")
	_, link, err := o.ResetPassword(o.asAdmin(), again.ID)
	if err != nil {
		t.Fatal(err)
	}
	o.wind(61 * time.Minute)
	if _, err := o.setPassword(o.tokenOf(link), newPassword); model.CodeOf(err) != model.WrongCredentials {
		t.Errorf("a reset after an hour: %v", err)
	}
	o.wind(72 * time.Hour)
	for what, token := range map[string]string{"too old": late, "of a disabled agent": goneToken, "replaced": replaced, "replacing, too old": o.tokenOf(link),
		"made up": model.NewKey(o.account), "nonsense": "x"} {
		if _, err := o.setPassword(token, newPassword); model.CodeOf(err) != model.WrongCredentials {
			t.Errorf("a link that is %s: %v", what, err)
		}
	}
	if err := o.ForgetExpired(t.Context()); err != nil {
		t.Fatal(err)
	}
	o.count(0, `password_tokens`)
}

func TestChangePasswordKeepsTheNewSessionOnly(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	mine, other := o.mustSignIn(), o.mustSignIn()
	v, _, err := o.Authenticate(t.Context(), mine.Token)
	if err != nil {
		t.Fatal(err)
	}
	ctx := model.WithViewer(t.Context(), v)
	_, err = o.ChangePassword(ctx, "wrong password", newPassword)
	wantCode(t, err, model.WrongCredentials, "currentPassword")
	_, err = o.ChangePassword(ctx, adminPassword, "short")
	wantCode(t, err, model.Invalid, "password")
	o.events()
	in, err := o.ChangePassword(ctx, adminPassword, newPassword)
	if err != nil {
		t.Fatal(err)
	}
	o.wantAlive(mine.Token, false)
	o.wantAlive(other.Token, false)
	o.wantAlive(in.Token, true)
	now, _, _ := o.Authenticate(t.Context(), in.Token)
	ended := map[model.ID]bool{}
	for _, e := range o.events() {
		if e.Kind != model.SessionEnded || e.AgentID != o.admin || e.SessionID == "" || e.SessionID == now.Session {
			t.Errorf("told %s", show(*e))
		}
		ended[e.SessionID] = true
	}
	if len(ended) != 2 || !ended[v.Session] {
		t.Errorf("ended %v", ended)
	}
	if _, err := o.signIn(adminEmail, adminPassword); model.CodeOf(err) != model.WrongCredentials {
		t.Errorf("the former password: %v", err)
	}
}

// Who gets a new password is noted by themself; the password is not, and neither is what was refused.
func TestPasswordsAreAudited(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	hana, token := o.invite("hana")
	noted := len(o.audited())
	if _, err := o.setPassword(token, "short"); err == nil {
		t.Error("a short password was set")
	}
	if _, err := o.setPassword(token, adminPassword); err != nil {
		t.Fatal(err)
	}
	set := o.wantAudit(hana.ID, model.AuditPasswordSet, model.AuditAgent, hana.ID, "")
	_, err := o.ChangePassword(o.as(hana.ID, model.AgentRole), "wrong password", newPassword)
	wantCode(t, err, model.WrongCredentials, "currentPassword")
	if _, err := o.ChangePassword(o.as(hana.ID, model.AgentRole), adminPassword, newPassword); err != nil {
		t.Fatal(err)
	}
	changed := o.wantAudit(hana.ID, model.AuditPasswordChanged, model.AuditAgent, hana.ID, "")
	for _, e := range []*model.AuditEntry{set, changed} {
		if e.Before != nil || e.After != nil {
			t.Errorf("%s shows %s, %s", e.Action, e.Before, e.After)
		}
	}
	if n := len(o.audited()); n != noted+2 {
		t.Errorf("%d entries", n-noted)
	}
}

func TestChangePasswordCountsAttempts(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	for range 10 {
		_, err := o.ChangePassword(o.asAdmin(), "wrong password", newPassword)
		wantCode(t, err, model.WrongCredentials, "currentPassword")
	}
	_, err := o.ChangePassword(o.asAdmin(), adminPassword, newPassword)
	wantCode(t, err, model.RateLimited)
}

func TestResetPasswordEndsSessionsAndPassword(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	hana, token := o.invite("hana")
	in, err := o.setPassword(token, newPassword)
	if err != nil {
		t.Fatal(err)
	}
	o.events()
	_, link, err := o.ResetPassword(o.asAdmin(), hana.ID)
	if err != nil {
		t.Fatal(err)
	}
	o.wantAlive(in.Token, false)
	o.wantEvents(show(model.Event{Kind: model.SessionEnded, AgentID: hana.ID}))
	_, err = o.signIn("hana@example.com", newPassword)
	wantCode(t, err, model.WrongCredentials)
	if _, err := o.setPassword(o.tokenOf(link), newPassword); err != nil {
		t.Error(err)
	}
}

func TestResetPasswordRefuses(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	hana := o.hire("hana", model.Supervisor)
	_, _, err := o.ResetPassword(o.asAdmin(), o.admin)
	wantCode(t, err, model.Invalid, "agentId")
	_, _, err = o.ResetPassword(o.asAdmin(), model.NewID(model.KindAgent))
	wantCode(t, err, model.NotFound, "agentId")
	_, _, err = o.ResetPassword(o.as(hana.ID, model.Supervisor), o.admin)
	wantCode(t, err, model.Forbidden)
}
