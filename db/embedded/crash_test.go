//go:build linux || darwin

package embedded

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"
)

func TestKilledPostmasterComesBack(t *testing.T) {
	t.Parallel()
	dir := newDir(t)
	s := start(t, Options{Dir: dir})
	run(t, s.URL(), "CREATE TABLE kept AS SELECT 'yes' AS word")
	old, began := postmaster(t, dir), time.Now()
	kill(t, old, syscall.SIGKILL)
	eventually(t, "a new postmaster", func() bool { return answers(t, s, old) })
	t.Logf("back after %v", time.Since(began).Round(time.Millisecond))
	if word := ask[string](t, s.URL(), "SELECT word FROM kept"); word != "yes" {
		t.Errorf("read %q", word)
	}
}

// A backend that computes does not see that its postmaster is gone, and its hold on the shared
// memory keeps a new one from starting.
func TestBusyBackendDoesNotKeepThePostmasterDown(t *testing.T) {
	t.Parallel()
	dir := newDir(t)
	s := start(t, Options{Dir: dir, FastUnsafe: true})
	conn := connect(t, s.URL())
	ended := make(chan error, 1)
	go func() {
		_, err := conn.Exec(context.Background(), "SELECT count(*) FROM generate_series(1, 100000000000) n WHERE n < 0")
		ended <- err
	}()
	eventually(t, "a busy backend", func() bool {
		return ask[int](t, s.URL(), "SELECT count(*) FROM pg_stat_activity WHERE state = 'active' AND pid <> pg_backend_pid()") == 1
	})
	old := postmaster(t, dir)
	kill(t, old, syscall.SIGKILL)
	eventually(t, "a new postmaster", func() bool { return answers(t, s, old) })
	if err := <-ended; err == nil {
		t.Error("the query outlived its postmaster")
	}
}

func TestGivesUpWhenItCannotComeBack(t *testing.T) {
	t.Parallel()
	dir, bin := newDir(t), copiedBinaries(t)
	s := start(t, Options{Dir: dir, Bin: bin, FastUnsafe: true, maxDeaths: 2})
	if err := os.Remove(filepath.Join(bin, "postgres")); err != nil {
		t.Fatal(err)
	}
	kill(t, postmaster(t, dir), syscall.SIGKILL)
	select {
	case <-s.Done():
	case <-soon(t).Done():
		t.Fatal("it never gave up")
	}
	if !errors.Is(s.Err(), os.ErrNotExist) {
		t.Errorf("it gave up because of: %v", s.Err())
	}
	start(t, Options{Dir: dir, FastUnsafe: true})
}

func TestOrphanIsTakenOver(t *testing.T) {
	t.Parallel()
	dir := newDir(t)
	d := runDesk(t, dir, "unwatched")
	run(t, d.says(t, "ready:"), "CREATE TABLE kept AS SELECT 'yes' AS word")
	orphan := postmaster(t, dir)
	d.kill()
	if !isPostgresOf(orphan, filepath.Join(dir, "pg")) {
		t.Fatal("the postmaster died with the desk, so nothing is tested")
	}
	began := time.Now()
	s := start(t, Options{Dir: dir})
	t.Logf("taken over in %v", time.Since(began).Round(time.Millisecond))
	if isPostgresOf(orphan, filepath.Join(dir, "pg")) || postmaster(t, dir) == orphan {
		t.Error("the orphan still runs")
	}
	if word := ask[string](t, s.URL(), "SELECT word FROM kept"); word != "yes" {
		t.Errorf("read %q", word)
	}
}

func TestPostgresOfSomebodyElseIsLeftAlone(t *testing.T) {
	t.Parallel()
	dir := newDir(t)
	s := start(t, Options{Dir: dir, FastUnsafe: true})
	stop(t, s)
	cmd := exec.Command(s.bin.postgres(), "-D", s.folder.cluster(), "-c", "listen_addresses=", "-k", s.socket)
	cmd.Env, cmd.SysProcAttr = childEnv(), attributes(s.as, 0)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = cmd.Wait() }()
	eventually(t, "the hand-started Postgres", func() bool { return openDatabase(soon(t), s.socket) == nil })
	mustSay(t, refused(t, Options{Dir: dir}), "did not start", "stop it first")
	if ask[int](t, s.URL(), "SELECT 1") != 1 {
		t.Error("it does not answer any more")
	}
	kill(t, cmd.Process.Pid, syscall.SIGINT)
}

// The pid of a killed postmaster may soon belong to any process: here to this test.
func TestStalePidFileOfALivingStranger(t *testing.T) {
	t.Parallel()
	dir := newDir(t)
	d := runDesk(t, dir, "")
	d.says(t, "ready:")
	cluster := filepath.Join(dir, "pg")
	pidfile := filepath.Join(cluster, "postmaster.pid")
	text, err := os.ReadFile(pidfile)
	if err != nil {
		t.Fatal(err)
	}
	old := postmaster(t, dir)
	kill(t, d.cmd.Process.Pid, syscall.SIGSTOP)
	kill(t, old, syscall.SIGKILL)
	d.kill()
	eventually(t, "the old postmaster's end", func() bool { return !isPostgresOf(old, cluster) })
	stranger := exec.Command("/bin/cat")
	as, err := chooseUser(cluster)
	if err != nil {
		t.Fatal(err)
	}
	stranger.SysProcAttr = attributes(as, 0)
	in, err := stranger.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := stranger.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() { _, _ = in.Close(), stranger.Wait() }()
	_, rest, _ := bytes.Cut(text, []byte("\n"))
	if err := os.WriteFile(pidfile, append(fmt.Appendln(nil, stranger.Process.Pid), rest...), 0o600); err != nil {
		t.Fatal(err)
	}
	start(t, Options{Dir: dir})
}

func TestInterruptedInitdb(t *testing.T) {
	t.Parallel()
	dir := newDir(t)
	d := runDesk(t, dir, "")
	eventually(t, "initdb at work", func() bool {
		found, _ := named(dir, halfMade, "")
		return len(found) > 0
	})
	d.kill()
	if _, err := os.Lstat(filepath.Join(dir, "pg")); err == nil {
		t.Fatal("initdb was through already, so nothing is tested")
	}
	// What an initdb leaves that was killed itself.
	left := filepath.Join(dir, halfMade+"left")
	if err := os.MkdirAll(filepath.Join(left, "base"), 0o700); err != nil {
		t.Fatal(err)
	}
	s := start(t, Options{Dir: dir})
	if ask[int](t, s.URL(), "SELECT 1") != 1 {
		t.Error("it does not answer")
	}
	if found, _ := named(dir, halfMade, ""); len(found) > 0 {
		t.Errorf("left behind: %v", found)
	}
}

func TestDeathsWithinTheWindow(t *testing.T) {
	t.Parallel()
	var d deaths
	now := time.Unix(0, 0)
	for i, want := range []time.Duration{100, 200, 400, 800, 1600, 3200, 5000, 5000, 5000} {
		now = now.Add(time.Second)
		wait, ok := d.add(now, 10)
		if wait != want*time.Millisecond || !ok {
			t.Errorf("death %d: wait %v, go on %v", i+1, wait, ok)
		}
	}
	if _, ok := d.add(now, 10); ok {
		t.Error("no end after ten")
	}
	if wait, ok := d.add(now.Add(2*deathWindow), 10); wait != 100*time.Millisecond || !ok {
		t.Errorf("long after: wait %v, go on %v", wait, ok)
	}
}
