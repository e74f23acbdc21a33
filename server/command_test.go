package server

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/livedesk/livedesk/db/dbtest"
)

func TestCommandsWithoutADatabase(t *testing.T) {
	t.Parallel()
	secrets := []string{"DATABASE_URL=postgres://a:canary1@127.0.0.1:1/none", "LIVEDESK_ADMIN_PASSWORD=canary2canary2", "LIVEDESK_SECRET_KEYS=" + goodKey}
	wrong := []string{"LIVEDESK_ADDR=nowhere", "LIVEDESK_MODE=canary3", "LIVEDESK_EVENT_RETENTION=a week", "DATABASE_URL=canary4://", "LIVEDESK_SECRET_KEYS=canary5"}
	for _, c := range []struct {
		name     string
		settings []string
		args     []string
		code     int
		out      []string
		errs     []string
	}{
		{"version", nil, []string{"version"}, 0, []string{Version()}, nil},
		{"version with wrong settings", wrong, []string{"version"}, 0, []string{Version()}, nil},
		{"config", secrets, []string{"config"}, 0, []string{"DATABASE_URL=********\n", "LIVEDESK_ADMIN_PASSWORD=********\n", "LIVEDESK_SECRET_KEYS=********\n", "LIVEDESK_ADDR=127.0.0.1:8080\n"}, nil},
		{"config with wrong settings", wrong, []string{"config"}, 1, nil, []string{"LIVEDESK_ADDR: ", "LIVEDESK_MODE: ", "LIVEDESK_EVENT_RETENTION: ", "DATABASE_URL: ", "LIVEDESK_SECRET_KEYS: "}},
		{"serve with wrong settings", wrong, nil, 1, nil, []string{"LIVEDESK_ADDR: ", "LIVEDESK_EVENT_RETENTION: "}},
		{"serve without its database", secrets, nil, 1, nil, []string{"reach the database"}},
		{"migrate without its database", secrets, []string{"migrate"}, 1, nil, []string{"reach the database"}},
		{"serve with an argument", nil, []string{"serve", "now"}, 1, nil, []string{`unknown argument "now"`}},
		{"an option", nil, []string{"--port"}, 1, nil, []string{`unknown argument "--port"`}},
		{"another command", nil, []string{"server"}, 2, nil, []string{"Usage: livedesk", "serve", "migrate", "admin", "verify"}},
		{"help", nil, []string{"help"}, 0, []string{"Usage: livedesk", "serve", "migrate", "admin", "verify"}, nil},
		{"--help", nil, []string{"--help"}, 0, []string{"Usage: livedesk"}, nil},
		{"admin alone", secrets, []string{"admin"}, 1, nil, []string{"rekey, or reset-password EMAIL"}},
		{"an emulator for everybody", nil, []string{"emulate", "--only", "--addr", "0.0.0.0:0"}, 1, nil, []string{"loopback"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			code, out, errs := run(t, c.settings, c.args...)
			if code != c.code {
				t.Errorf("exit code %d, want %d", code, c.code)
			}
			for _, part := range c.out {
				if !strings.Contains(out, part) {
					t.Errorf("it does not print %q but %q", part, out)
				}
			}
			for _, part := range c.errs {
				if !strings.Contains(errs, part) {
					t.Errorf("it does not complain of %q but %q", part, errs)
				}
			}
			if all := out + errs; strings.Contains(strings.ReplaceAll(all, "canary3", ""), "canary") || strings.Contains(all, goodKey[2:]) {
				t.Errorf("it prints a secret: %s", all)
			}
		})
	}
}

// Only a command that goes on until it is ended has done its work when it is interrupted.
func TestAnInterruptedCommandHasFailed(t *testing.T) {
	t.Parallel()
	ended, end := context.WithCancel(t.Context())
	end()
	cut := fmt.Errorf("read: %w", context.Canceled)
	for _, c := range []struct {
		name string
		ctx  context.Context
		err  error
		code int
		errs string
	}{
		{"serve", ended, cut, 0, ""},
		{"emulate", ended, nil, 0, ""},
		{"serve", ended, errors.New("port taken"), 1, "livedesk serve: port taken\n"},
		{"serve", t.Context(), cut, 1, "livedesk serve: read: context canceled\n"},
		{"verify", ended, cut, 130, "livedesk verify: interrupted before it was done\n"},
		{"bench", ended, errors.Join(errors.New("ended"), cut), 130, "livedesk bench: interrupted before it was done\n"},
		{"verify", ended, errors.New("3 violations"), 1, "livedesk verify: 3 violations\n"},
		{"migrate", ended, nil, 0, ""},
	} {
		cmd := commands()[slices.IndexFunc(commands(), func(cmd command) bool { return cmd.name == c.name })]
		var errs strings.Builder
		if code := cmd.end(c.ctx, c.err, &errs); code != c.code || errs.String() != c.errs {
			t.Errorf("%s with %v: %d %q, want %d %q", c.name, c.err, code, errs.String(), c.code, c.errs)
		}
	}
}

func TestMigrateAndVerify(t *testing.T) {
	t.Parallel()
	database := "DATABASE_URL=" + emptyDatabase(t)
	for range 2 {
		if code, out, errs := run(t, []string{database}, "migrate"); code != 0 || !strings.Contains(out, "up to date") {
			t.Fatalf("migrate: %d %s%s", code, out, errs)
		}
	}
	code, out, errs := run(t, []string{database}, "verify")
	if code != 0 || !regexp.MustCompile(`^invariants=[0-9]+ violations=0\n$`).MatchString(out) {
		t.Errorf("verify of an empty desk: %d %s%s", code, out, errs)
	}
	p := startProgram(t, database)
	code, out, errs = run(t, []string{database}, "verify")
	if code != 0 || !strings.HasSuffix(out, "violations=0\n") {
		t.Errorf("verify beside a desk: %d %s%s", code, out, errs)
	}
	printed, _ := p.end()
	password := regexp.MustCompile(`Sign in    admin@livedesk.local with the password (\S+) `).FindStringSubmatch(printed)
	if password == nil {
		t.Fatalf("the first start does not say how to sign in: %s", printed)
	}
	again := startProgram(t, database)
	if printed, _ := again.end(); strings.Contains(printed, "password") {
		t.Errorf("a later start prints %s", printed)
	}
}

func TestVerifyNamesWhatIsWrong(t *testing.T) {
	t.Parallel()
	d := newDoor(t)
	d.says("hello")
	settings := []string{"DATABASE_URL=" + d.server.config.DatabaseURL}
	if code, out, errs := run(t, settings, "verify"); code != 0 {
		t.Errorf("before: %d %s%s", code, out, errs)
	}
	d.exec(`UPDATE conversations SET last_seq = 7`)
	code, out, errs := run(t, settings, "verify")
	if code != 1 || !strings.Contains(out, "messages-are-numbered") || !strings.Contains(out, "violations=1\n") || !strings.Contains(errs, "1 violation") {
		t.Errorf("after: %d %s%s", code, out, errs)
	}
}

func TestVerifyMakesReportsAnew(t *testing.T) {
	t.Parallel()
	d := newDoor(t)
	d.says("hello")
	d.exec(`UPDATE messages SET created_at = created_at - interval '1 day'`)
	d.exec(`UPDATE conversation_changes SET at = at - interval '1 day'`)
	d.eventually("the facts are stored", func() bool { // the desk's own clock may be at it
		d.exec(`UPDATE report_progress SET stored_until = 'epoch'`)
		if err := d.server.desk.KeepFacts(t.Context()); err != nil {
			t.Fatal(err)
		}
		return d.count("report_slots") == 1
	})
	settings := []string{"DATABASE_URL=" + d.server.config.DatabaseURL}
	if code, out, errs := run(t, settings, "verify", "reports"); code != 0 || out != "slots=1 facts=2 wrong=0\n" {
		t.Errorf("before: %d %s%s", code, out, errs)
	}
	d.exec(`DELETE FROM report_slots`)
	code, out, errs := run(t, settings, "verify", "reports")
	if code != 1 || !strings.Contains(out, "0 facts stored, 2 made anew\nslots=0 facts=0 wrong=1\n") || !strings.Contains(errs, "1 slots are wrong") {
		t.Errorf("after: %d %s%s", code, out, errs)
	}
	if code, _, errs := run(t, settings, "verify", "everything"); code != 1 || !strings.Contains(errs, "verify what?") {
		t.Errorf("something else: %d %s", code, errs)
	}
}

// Secrets are resealed under a new key, then the old one is thrown away.
func TestAdminRekey(t *testing.T) {
	t.Parallel()
	first, second := goodKey, "2:AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE="
	d := newDoor(t, func(c *Config) { c.SecretKeys = first })
	database := "DATABASE_URL=" + d.server.config.DatabaseURL
	if n := d.count("channels WHERE secret LIKE 'k1:%'"); n != 1 {
		t.Fatalf("%d secrets under the first key", n)
	}
	for _, want := range []string{"1 secrets", "0 secrets"} {
		code, out, errs := run(t, []string{database, "LIVEDESK_SECRET_KEYS=" + second + "," + first}, "admin", "rekey")
		if code != 0 || !strings.HasPrefix(out, want) {
			t.Errorf("rekey: %d %s%s", code, out, errs)
		}
	}
	if n := d.count("channels WHERE secret LIKE 'k2:%'"); n != 1 {
		t.Errorf("%d secrets under the second key", n)
	}
	if code, out, errs := run(t, []string{database, "LIVEDESK_SECRET_KEYS=" + first}, "admin", "rekey"); code != 1 || !strings.Contains(errs, "channel") {
		t.Errorf("rekey without the key: %d %s%s", code, out, errs)
	}
	then := newServer(t, d.server.config.DatabaseURL, d.server.config.TwilioURL, func(c *Config) {
		c.SecretKeys, c.PublicURL = second, d.server.config.PublicURL
	})
	there := &door{world: &world{t: t, server: then}, webhook: d.webhook}
	if got := there.knock(knock{form: d.form("under the new key")}); got.status != http.StatusNoContent {
		t.Errorf("a webhook under the new key: %d %s", got.status, got.body)
	}
}

func TestAdminResetPassword(t *testing.T) {
	t.Parallel()
	d := newDoor(t)
	d.agent("hana", "WhatsApp")
	hana := d.agents["hana"]
	settings := []string{"DATABASE_URL=" + d.server.config.DatabaseURL, "LIVEDESK_PUBLIC_URL=" + d.url()}
	if code, _, errs := run(t, settings, "admin", "reset-password", "nobody@example.org"); code != 1 || !strings.Contains(errs, "nobody signs in as") {
		t.Errorf("of nobody: %d %s", code, errs)
	}
	code, out, errs := run(t, settings, "admin", "reset-password", "Hana@Example.org")
	link := regexp.MustCompile(`http://\S+/password/\S+`).FindString(out)
	if code != 0 || link == "" {
		t.Fatalf("of hana: %d %s%s", code, out, errs)
	}
	hana.closedWith("4403")
	r := d.get(strings.TrimPrefix(link, d.url()))
	if got := send(t, r); got.status != http.StatusOK || !strings.Contains(got.body, `name="password"`) {
		t.Errorf("the page: %d %s", got.status, got.body)
	}
	set := func() heard {
		r := d.request(knock{address: link, form: url.Values{"password": {"another password"}}})
		return send(t, r)
	}
	if got := set(); got.status != http.StatusOK || !strings.Contains(got.body, "Your password is set") {
		t.Errorf("setting it: %d %s", got.status, got.body)
	}
	if got := set(); got.status != http.StatusUnprocessableEntity || !strings.Contains(got.body, "used or is too old") {
		t.Errorf("setting it again: %d %s", got.status, got.body)
	}
	in := d.admin.mutate("signIn", `{"email":"hana@example.org","password":"another password"}`, "viewer { id }")
	if !strings.Contains(string(in), hana.id) {
		t.Errorf("signing in with it: %s", in)
	}
}

// The second start of a desk says at once that the first one runs.
func TestPortInUse(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	code, _, errs := run(t, []string{"DATABASE_URL=" + dbtest.URL(t), "LIVEDESK_ADDR=" + w.server.Addr().String()})
	if code != 1 || !strings.Contains(errs, "LIVEDESK_ADDR") || !strings.Contains(errs, "in use") {
		t.Errorf("exit code %d: %s", code, errs)
	}
}
