//go:build linux || darwin

package embedded

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

func TestDataOutlivesAStop(t *testing.T) {
	t.Parallel()
	dir := newDir(t)
	s := start(t, Options{Dir: dir})
	run(t, s.URL(), "CREATE TABLE kept AS SELECT 'yes' AS word")
	stop(t, s)
	select {
	case <-s.Done():
	default:
		t.Error("Done is open after Stop")
	}
	if s.Err() != nil {
		t.Errorf("Err after Stop: %v", s.Err())
	}
	stop(t, s)

	again := start(t, Options{Dir: dir})
	if word := ask[string](t, again.URL(), "SELECT word FROM kept"); word != "yes" {
		t.Errorf("read %q", word)
	}
}

func TestDurableAndPrivateByDefault(t *testing.T) {
	t.Parallel()
	s := start(t, Options{Dir: newDir(t)})
	for setting, want := range map[string]string{
		"fsync": "on", "synchronous_commit": "on", "full_page_writes": "on", "data_checksums": "on",
		"listen_addresses": "", "TimeZone": "UTC", "lc_collate": "C", "server_encoding": "UTF8",
	} {
		sql := "SELECT setting FROM pg_settings WHERE name = '" + setting + "'"
		if setting == "lc_collate" {
			sql = "SELECT datcollate FROM pg_database WHERE datname = current_database()"
		}
		if got := ask[string](t, s.URL(), sql); got != want {
			t.Errorf("%s is %q, want %q", setting, got, want)
		}
	}
	info, err := os.Stat(s.socket)
	if err != nil {
		t.Fatal(err)
	}
	if info.Mode().Perm()&0o027 != 0 {
		t.Errorf("the socket's folder has mode %v", info.Mode())
	}
}

func TestRoleIsOrdinaryAndOwnsTheDatabase(t *testing.T) {
	t.Parallel()
	s := start(t, Options{FastUnsafe: true})
	if ask[bool](t, s.URL(), "SELECT rolsuper FROM pg_roles WHERE rolname = current_user") {
		t.Error("the desk's role is a superuser")
	}
	run(t, s.URL(), "CREATE DATABASE another")
	run(t, s.URL(), "CREATE TABLE public.mine ()")
	if !ask[bool](t, s.URL(), "SELECT lower('ÄÉ') = 'äé'") {
		t.Error("lower knows ASCII only")
	}
}

func TestRunsAsAnOrdinaryUser(t *testing.T) {
	t.Parallel()
	s := start(t, Options{Dir: newDir(t), FastUnsafe: true})
	owner, err := ownerOf(s.folder.cluster())
	if err != nil {
		t.Fatal(err)
	}
	if owner == 0 || os.Geteuid() != 0 && int(owner) != os.Geteuid() {
		t.Errorf("as uid %d the cluster belongs to uid %d", os.Geteuid(), owner)
	}
}

func TestTuning(t *testing.T) {
	t.Parallel()
	s := start(t, Options{FastUnsafe: true, Tuning: map[string]string{"work_mem": "7MB", "max_connections": "23"}})
	if got := ask[string](t, s.URL(), "SELECT current_setting('work_mem') || ' ' || current_setting('max_connections')"); got != "7MB 23" {
		t.Errorf("settings are %s", got)
	}
	mustSay(t, refused(t, Options{FastUnsafe: true, Tuning: map[string]string{"listen_addresses": "*"}}), "listen_addresses cannot be set")
	mustSay(t, refused(t, Options{FastUnsafe: true, Tuning: map[string]string{"x y": "1"}}), "not the name of a Postgres setting")
}

func TestStartErrorShowsPostgresOwnWords(t *testing.T) {
	t.Parallel()
	text := refused(t, Options{FastUnsafe: true, Tuning: map[string]string{"work_mem": "much"}})
	mustSay(t, text, "postgres ended: exit status 1", `invalid value for parameter "work_mem": "much"`)
}

func TestSecondInstanceIsRefused(t *testing.T) {
	t.Parallel()
	dir := newDir(t)
	d := runDesk(t, dir, "")
	url := d.says(t, "ready:")
	_, err := Start(soon(t), Options{Dir: dir, Log: quiet()})
	if !errors.Is(err, ErrInUse) {
		t.Fatalf("the second start said: %v", err)
	}
	mustSay(t, err.Error(), dir, "stop it first")
	if one := ask[int](t, url, "SELECT 1"); one != 1 {
		t.Error("the first does not answer")
	}
}

func TestThrowAwayLeavesNothing(t *testing.T) {
	t.Parallel()
	s := start(t, Options{FastUnsafe: true})
	dir := string(s.folder)
	if got := ask[string](t, s.URL(), "SELECT current_setting('fsync')"); got != "off" {
		t.Errorf("fsync is %s", got)
	}
	stop(t, s)
	if _, err := os.Lstat(dir); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("%s is still there: %v", dir, err)
	}
}

func TestLongPathMovesTheSocket(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(newDir(t), strings.Repeat("long/", 25))
	s := start(t, Options{Dir: dir, FastUnsafe: true})
	if ask[int](t, s.URL(), "SELECT 1") != 1 || strings.HasPrefix(s.socket, dir) {
		t.Errorf("the socket lies in %s", s.socket)
	}
	old := postmaster(t, dir)
	kill(t, old, syscall.SIGKILL)
	eventually(t, "a new postmaster", func() bool { return answers(t, s, old) })
	stop(t, s)
	if _, err := os.Lstat(s.socket); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("%s is still there: %v", s.socket, err)
	}
}

func TestStopWithoutTimeQuitsAtOnce(t *testing.T) {
	t.Parallel()
	dir := newDir(t)
	s := start(t, Options{Dir: dir})
	run(t, s.URL(), "CREATE TABLE kept AS SELECT 'yes' AS word")
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	// Either it was quicker than the look at ctx, or it says what happened.
	if err := s.Stop(ctx); err != nil {
		mustSay(t, err.Error(), "recovers at its next start")
	}
	again := start(t, Options{Dir: dir})
	if word := ask[string](t, again.URL(), "SELECT word FROM kept"); word != "yes" {
		t.Errorf("read %q", word)
	}
}

func TestStartGivesUpWithItsContext(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	dir := newDir(t)
	s, err := Start(ctx, Options{Dir: dir, Log: quiet()})
	if err == nil {
		stop(t, s)
	}
	if !errors.Is(err, context.Canceled) {
		t.Fatalf("it said: %v", err)
	}
	start(t, Options{Dir: dir, FastUnsafe: true})
}

func TestLogIsBounded(t *testing.T) {
	t.Parallel()
	f, err := openFolder(newDir(t))
	if err != nil {
		t.Fatal(err)
	}
	log, err := openLog(f)
	if err != nil {
		t.Fatal(err)
	}
	defer log.close()
	if _, err := log.file.WriteString(strings.Repeat("a line of the log\n", maxLog/16) + "the last\n"); err != nil {
		t.Fatal(err)
	}
	if err := log.trim(); err != nil {
		t.Fatal(err)
	}
	old, err := os.ReadFile(f.log() + ".1")
	if err != nil {
		t.Fatal(err)
	}
	if log.size() != 0 || len(old) != maxLog || !strings.HasSuffix(string(old), "the last\n") {
		t.Errorf("after trimming: %d bytes, %d before", log.size(), len(old))
	}
}

func TestLogHoldsNoValues(t *testing.T) {
	t.Parallel()
	dir := newDir(t)
	s := start(t, Options{Dir: dir})
	run(t, s.URL(), "CREATE TABLE people (phone text PRIMARY KEY)")
	run(t, s.URL(), "INSERT INTO people VALUES ('+15550100')")
	conn := connect(t, s.URL())
	for _, sql := range []string{"INSERT INTO people VALUES ('+15550100')", "SELECT '+15550100 in words'::int"} {
		if _, err := conn.Exec(soon(t), sql); err == nil {
			t.Errorf("%s did not fail", sql)
		}
	}
	stop(t, s)
	text, err := os.ReadFile(s.folder.log())
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(text), "5550100") || !strings.Contains(string(text), "database system is shut down") {
		t.Errorf("the log is:\n%s", text)
	}
}

func TestThrowAwaysOfKilledProcessesGo(t *testing.T) {
	t.Parallel()
	root := t.TempDir()
	long := time.Now().Add(-time.Hour)
	for name, touched := range map[string]time.Time{"dead": long, "held": long, "young": time.Now()} {
		lock := folder(filepath.Join(root, throwAway+name)).lock()
		write(t, lock, "", 0o600)
		if err := os.Chtimes(lock, touched, touched); err != nil {
			t.Fatal(err)
		}
	}
	held := folder(filepath.Join(root, throwAway+"held"))
	lock, err := takeLock(held)
	if err != nil {
		t.Fatal(err)
	}
	defer lock.Close()
	if err := os.Chtimes(held.lock(), long, long); err != nil {
		t.Fatal(err)
	}
	dropThrowAways(root)
	for name, stays := range map[string]bool{"dead": false, "held": true, "young": true} {
		if _, err := os.Lstat(filepath.Join(root, throwAway+name)); (err == nil) != stays {
			t.Errorf("%s: %v", name, err)
		}
	}
}
