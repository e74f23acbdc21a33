package server

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// passable is a data folder that the user of a private Postgres can reach, also when the tests run as root.
func passable(t testing.TB) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "livedesk-test-*")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := os.RemoveAll(dir); err != nil {
			t.Error(err)
		}
	})
	if err := os.Chmod(dir, 0o711); err != nil {
		t.Fatal(err)
	}
	return filepath.Join(dir, "data")
}

// A desk's own Postgres has one process; the commands an operator needs meanwhile join it.
func TestCommandsBesideARunningDesk(t *testing.T) {
	t.Parallel()
	data := "LIVEDESK_DATA_DIR=" + passable(t)
	desk := startProgram(t, data)
	works := func(want string, args ...string) {
		t.Helper()
		if code, out, errs := run(t, []string{data}, args...); code != 0 || !strings.Contains(out, want) {
			t.Errorf("%v: %d %s%s", args, code, out, errs)
		}
	}
	works("violations=0", "verify")
	works("up to date", "migrate")
	works("0 secrets", "admin", "rekey")
	works("/password/", "admin", "reset-password", "admin@livedesk.local")
	code, _, errs := run(t, []string{data, "LIVEDESK_ADDR=127.0.0.1:0"})
	if code != 1 || !strings.Contains(errs, "in use by another process") {
		t.Errorf("a second desk on the folder: %d %s", code, errs)
	}
	desk.end()
	works("violations=0", "verify")
}
