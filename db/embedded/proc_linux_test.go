package embedded

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"syscall"
	"testing"
)

func TestPostgresGoesWithAKilledDesk(t *testing.T) {
	t.Parallel()
	dir := newDir(t)
	d := runDesk(t, dir, "")
	run(t, d.says(t, "ready:"), "CREATE TABLE kept AS SELECT 'yes' AS word")
	pid := postmaster(t, dir)
	d.kill()
	eventually(t, "the end of the postmaster", func() bool { return !isPostgresOf(pid, filepath.Join(dir, "pg")) })
	s := start(t, Options{Dir: dir})
	if word := ask[string](t, s.URL(), "SELECT word FROM kept"); word != "yes" {
		t.Errorf("read %q", word)
	}
}

// TestRootThatMayNotSwitchUser runs a desk as root without CAP_SETUID; for an ordinary user
// there is nothing to switch, and the desk simply starts.
func TestRootThatMayNotSwitchUser(t *testing.T) {
	t.Parallel()
	if os.Geteuid() != 0 {
		runDesk(t, newDir(t), "").says(t, "ready:")
		return
	}
	text := runDesk(t, newDir(t), "weak").says(t, "error:")
	mustSay(t, text, "this process may not switch to", "run as an ordinary user, or set DATABASE_URL")
}

// becomeWeak starts this program anew without the capability to change its user.
func becomeWeak() error {
	const dropFromBounding, setgid, setuid = 24, 6, 7
	runtime.LockOSThread()
	for _, capability := range []uintptr{setgid, setuid} {
		if _, _, errno := syscall.RawSyscall(syscall.SYS_PRCTL, dropFromBounding, capability, 0); errno != 0 {
			return fmt.Errorf("drop capability %d: %w", capability, errno)
		}
	}
	if err := os.Unsetenv(helperWay); err != nil {
		return err
	}
	return syscall.Exec(os.Args[0], os.Args, os.Environ())
}
