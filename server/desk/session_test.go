package desk_test

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/livedesk/livedesk/db"
	"github.com/livedesk/livedesk/model"
	"github.com/livedesk/livedesk/server/desk"
)

func (o *office) signIn(email, password string) (*desk.SignedIn, error) {
	return o.SignIn(o.t.Context(), desk.SignIn{Email: email, Password: password, Address: "192.0.2.1"})
}

func (o *office) mustSignIn() *desk.SignedIn {
	o.t.Helper()
	in, err := o.signIn(adminEmail, adminPassword)
	if err != nil {
		o.t.Fatal(err)
	}
	return in
}

// wantAlive fails unless the token works, or does not.
func (o *office) wantAlive(token string, want bool) {
	o.t.Helper()
	v, _, err := o.Authenticate(o.t.Context(), token)
	if want && err != nil {
		o.t.Errorf("the session ended: %v", err)
	}
	if !want {
		wantCode(o.t, err, model.Unauthenticated)
		if v != nil {
			o.t.Errorf("viewer %+v", v)
		}
	}
}

func TestSignInGivesAToken(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	in, err := o.signIn(" Admin@Example.COM ", adminPassword)
	if err != nil {
		t.Fatal(err)
	}
	if model.AccountOfKey(in.Token) != o.account || in.Agent.ID != o.admin || in.Agent.Role != model.Admin {
		t.Errorf("signed in as %+v", in)
	}
	v, until, err := o.Authenticate(t.Context(), in.Token)
	if err != nil || v.Agent != o.admin || v.Account != o.account || v.Role != model.Admin || v.Session == "" {
		t.Errorf("viewer %+v, %v", v, err)
	}
	if d := until.Sub(in.ExpiresAt).Abs(); d > time.Millisecond || until.Sub(o.now()) < model.SessionLife-time.Minute {
		t.Errorf("until %s, told %s", until, in.ExpiresAt)
	}
	o.count(1, `sessions WHERE token_hash = sha256($1::text::bytea)`, in.Token)
}

func TestSignInRefusesAllAlike(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	off := true
	o.hire("invited", model.AgentRole)
	gone, pass := o.hire("gone", model.AgentRole), "a fine password"
	o.exec(`UPDATE agents SET password_hash = (SELECT password_hash FROM agents WHERE id = $1) WHERE id = $2`, o.admin, gone.ID)
	if _, err := o.UpdateAgent(o.asAdmin(), desk.AgentChange{Agent: gone.ID, Disabled: &off}); err != nil {
		t.Fatal(err)
	}
	var texts []string
	for _, try := range [][2]string{{adminEmail, "wrong password"}, {adminEmail, ""}, {"nobody@example.com", pass}, {"", ""}, {"no address", pass},
		{"a\x00b@example.com", pass}, {"invited@example.com", ""}, {"gone@example.com", adminPassword}} {
		_, err := o.signIn(try[0], try[1])
		wantCode(t, err, model.WrongCredentials)
		texts = append(texts, fmt.Sprint(err))
	}
	if len(slices.Compact(texts)) != 1 {
		t.Errorf("answers differ: %q", texts)
	}
	o.count(0, `sessions`)
}

// Whether there is such an agent must not show in the time: an unknown address costs a hash, too.
func TestSignInHashesForAStranger(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.hire("invited", model.AgentRole)
	o.FillHasher()
	for _, email := range []string{adminEmail, "invited@example.com", "nobody@example.com", "no address", ""} {
		_, err := o.signIn(email, "wrong password")
		wantCode(t, err, model.Overloaded)
	}
}

// atOnce runs so many attempts together and returns how many were looked at; the others are RATE_LIMITED.
func (o *office) atOnce(n int, try func(i int) desk.SignIn) int {
	o.t.Helper()
	var looked atomic.Int32
	var wg sync.WaitGroup
	for i := range n {
		wg.Go(func() {
			_, err := o.SignIn(o.t.Context(), try(i))
			if model.CodeOf(err) != model.RateLimited {
				looked.Add(1)
			}
		})
	}
	wg.Wait()
	return int(looked.Load())
}

func TestAttemptsWithOneLoginAreCounted(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	admin := func(i int) desk.SignIn {
		return desk.SignIn{Email: adminEmail, Password: adminPassword, Address: fmt.Sprintf("192.0.2.%d", i)}
	}
	guess := func(i int) desk.SignIn {
		return desk.SignIn{Email: adminEmail, Password: "a guess", Address: fmt.Sprintf("192.0.2.%d", i)}
	}
	if n := o.atOnce(100, guess); n != 10 {
		t.Errorf("%d of 100 parallel attempts were looked at, want 10", n)
	}
	_, err := o.SignIn(t.Context(), desk.SignIn{Email: strings.ToUpper(adminEmail) + " ", Password: adminPassword, Address: "198.51.100.1"})
	wantCode(t, err, model.RateLimited)
	_, err = o.SignIn(t.Context(), desk.SignIn{Email: "other@example.com", Password: adminPassword, Address: "192.0.2.1"})
	wantCode(t, err, model.WrongCredentials)
	o.wind(14 * time.Minute)
	_, err = o.SignIn(t.Context(), admin(1))
	wantCode(t, err, model.RateLimited)
	o.wind(2 * time.Minute)
	if _, err = o.SignIn(t.Context(), admin(1)); err != nil {
		t.Errorf("after a quarter of an hour: %v", err)
	}
}

func TestAttemptsFromOneAddressAreCounted(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	n := o.atOnce(60, func(i int) desk.SignIn {
		return desk.SignIn{Email: fmt.Sprintf("nobody%d@example.com", i), Password: "x", Address: fmt.Sprintf("2001:db8::%d", i)}
	})
	if n != 50 {
		t.Errorf("%d of 60 attempts from one /64 were looked at, want 50", n)
	}
	_, err := o.SignIn(model.WithAddress(t.Context(), "2001:db8::ffff"), desk.SignIn{Email: adminEmail, Password: adminPassword})
	wantCode(t, err, model.RateLimited)
	_, err = o.SetPassword(t.Context(), "1_x", "a fine password", "2001:db8::1")
	wantCode(t, err, model.RateLimited)
	if _, err := o.SignIn(t.Context(), desk.SignIn{Email: adminEmail, Password: adminPassword, Address: "2001:db8:0:1::1"}); err != nil {
		t.Errorf("another network: %v", err)
	}
}

// A whole office begins its shift behind one address. What succeeds counts no more; what fails in between does.
func TestSuccessfulAttemptsAreTakenBack(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	_, link := o.invite("hana")
	for range 30 {
		o.mustSignIn()
		o.mustSignIn()
		if _, err := o.signIn("nobody@example.com", "x"); model.CodeOf(err) == "" {
			t.Error(err)
		}
	}
	o.count(2*10, `sign_in_attempts`) // ten are looked at, against a login and an address each
	if n := o.atOnce(8, func(int) desk.SignIn {
		return desk.SignIn{Email: adminEmail, Password: adminPassword, Address: "192.0.2.1"}
	}); n != 8 {
		t.Errorf("%d of 8 at once", n)
	}
	if _, err := o.setPassword(link, newPassword); err != nil {
		t.Error(err)
	}
	if _, err := o.ChangePassword(o.asAdmin(), adminPassword, newPassword); err != nil {
		t.Error(err)
	}
}

// Of attempts at the same instant each takes back its own.
func TestEachAttemptTakesBackOne(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	limits, at := []db.AttemptLimit{{Key: []byte("12345678"), Max: 10}}, o.now()
	for range 4 {
		if ok, err := o.db.CountAttempt(t.Context(), limits, at, time.Minute); !ok || err != nil {
			t.Fatal(ok, err)
		}
	}
	var both sync.WaitGroup
	for range 3 {
		both.Go(func() {
			if err := o.db.TakeBackAttempt(t.Context(), limits, at); err != nil {
				t.Error(err)
			}
		})
	}
	both.Wait()
	o.count(1, `sign_in_attempts`)
}

func TestSessionEndsWhenUnusedAndWhenOld(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	unused, used := o.mustSignIn(), o.mustSignIn()
	for range 15 { // 7 days less 2 hours in steps of 11
		o.wind(11 * time.Hour)
		o.wantAlive(used.Token, true)
	}
	o.wantAlive(unused.Token, false)
	o.wind(3*time.Hour + time.Minute)
	o.wantAlive(used.Token, false)
	if err := o.ForgetExpired(t.Context()); err != nil {
		t.Fatal(err)
	}
	o.count(0, `sessions`)
	o.count(0, `sign_in_attempts`)
}

func TestAuthenticateWritesOnceAMinute(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	in := o.mustSignIn()
	seen := func() (at time.Time) {
		t.Helper()
		o.wantAlive(in.Token, true)
		o.one(&at, `SELECT seen_at FROM sessions`)
		return at
	}
	began := seen()
	o.wind(50 * time.Second)
	if at := seen(); !at.Equal(began) {
		t.Errorf("touched after 50 seconds: %s", at)
	}
	o.wind(10 * time.Second)
	if at := seen(); at.Sub(began) < time.Minute {
		t.Errorf("not touched after a minute: %s", at)
	}
}

func TestAuthenticateRefuses(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	token := o.mustSignIn().Token
	_, random, _ := strings.Cut(token, "_")
	for _, bad := range []string{"", "x", token[:len(token)-1], token + "0", "99_" + random, "0_" + random, random, strings.ToUpper(token), token[:len(token)-1] + "g"} {
		o.wantAlive(bad, bad == token)
	}
}

func TestSignOutEndsOneSession(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	in, other := o.mustSignIn(), o.mustSignIn()
	v, _, err := o.Authenticate(t.Context(), in.Token)
	if err != nil {
		t.Fatal(err)
	}
	o.events()
	before := o.told.Load()
	if err := o.SignOut(model.WithViewer(t.Context(), v)); err != nil {
		t.Fatal(err)
	}
	o.wantAlive(in.Token, false)
	o.wantAlive(other.Token, true)
	o.wantEvents(show(model.Event{Kind: model.SessionEnded, AgentID: o.admin, SessionID: v.Session}))
	if o.told.Load() != before+1 {
		t.Error("nobody was told that there are events")
	}
	wantCode(t, o.SignOut(t.Context()), model.Unauthenticated)
}
