package server

import (
	"regexp"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
)

var printedPassword = regexp.MustCompile(`Sign in    admin@livedesk.local with the password (\S+) `)

// The first admin's password is shown once: nothing makes one without showing it.
func TestFirstPasswordIsNotLost(t *testing.T) {
	t.Parallel()
	database := emptyDatabase(t)
	setting := "DATABASE_URL=" + database
	conn, err := pgx.Connect(t.Context(), database)
	if err != nil {
		t.Fatal(err)
	}
	nobody := func(after string) {
		t.Helper()
		var accounts int
		if err := conn.QueryRow(t.Context(), `SELECT count(*) FROM accounts`).Scan(&accounts); err != nil || accounts > 0 {
			t.Errorf("%d accounts after %s, %v", accounts, after, err)
		}
	}
	exec := func(query string) {
		t.Helper()
		if _, err := conn.Exec(t.Context(), query); err != nil {
			t.Fatal(err)
		}
	}
	if code, out, errs := run(t, []string{setting}, "admin", "rekey"); code != 0 || !strings.HasPrefix(out, "0 secrets") {
		t.Fatalf("rekey: %d %s%s", code, out, errs)
	}
	nobody("rekey")
	exec(`ALTER TABLE river_queue RENAME TO away`) // without which the worker does not start
	if code, out, errs := run(t, []string{setting, "LIVEDESK_ADDR=127.0.0.1:0"}); code != 1 || !strings.Contains(errs, "river_queue") {
		t.Fatalf("a start that fails: %d %s%s", code, out, errs)
	}
	nobody("a start that failed")
	exec(`ALTER TABLE away RENAME TO river_queue`)
	if printed, _ := startProgram(t, setting).end(); printedPassword.FindString(printed) == "" {
		t.Errorf("the first start that worked does not say how to sign in: %s", printed)
	}
	if err := conn.Close(t.Context()); err != nil {
		t.Error(err)
	}
}
