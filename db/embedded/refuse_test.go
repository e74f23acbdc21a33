//go:build linux || darwin

package embedded

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

func TestForeignFolderIsLeftAlone(t *testing.T) {
	t.Parallel()
	dir := newDir(t)
	mine := filepath.Join(dir, "pg", "letter.txt")
	write(t, mine, "dear customer", 0o600)
	mustSay(t, refused(t, Options{Dir: dir}), "is not empty and holds no Postgres cluster", "choose another data folder")
	if text, err := os.ReadFile(mine); string(text) != "dear customer" {
		t.Errorf("the file is now %q, %v", text, err)
	}
}

func TestOtherMajorVersionIsLeftAlone(t *testing.T) {
	t.Parallel()
	dir := newDir(t)
	s := start(t, Options{Dir: dir, FastUnsafe: true})
	stop(t, s)
	version := filepath.Join(dir, "pg", "PG_VERSION")
	for _, major := range []int{s.bin.major - 1, oldest - 1} {
		write(t, version, fmt.Sprintln(major), 0o600)
		text := refused(t, Options{Dir: dir, Bin: s.bin.dir})
		mustSay(t, text, fmt.Sprintf("was written by Postgres %d and is left as it is", major),
			"version "+s.bin.version, fmt.Sprintf("postgresql-%d", major), "pg_dumpall", "psql", "initdb")
	}
	write(t, version, fmt.Sprintln(s.bin.major), 0o600)
	start(t, Options{Dir: dir})
}

// The commands of the error are run as they stand, from the version at hand to itself.
func TestMoveStepsMoveTheData(t *testing.T) {
	t.Parallel()
	dir := newDir(t)
	s := start(t, Options{Dir: dir})
	run(t, s.URL(), "CREATE TABLE kept AS SELECT 'yes' AS word")
	stop(t, s)
	if err := s.as.give(dir); err != nil {
		t.Fatal(err)
	}
	steps := moveSteps(s.folder, s.as, s.bin.major)
	_, script, _ := strings.Cut(steps, "\n")
	script = regexp.MustCompile(`=<[^>]*>`).ReplaceAllString(script, "="+s.bin.dir)
	// Two runs of this test on one machine must not meet.
	script = strings.ReplaceAll(script, moveSocket, filepath.Join(dir, "move"))
	cmd := exec.CommandContext(soon(t), "/bin/sh", "-ec", script)
	cmd.Dir, cmd.Env, cmd.SysProcAttr = dir, childEnv(), attributes(s.as, 0)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s\n%s", err, script, out)
	}
	again := start(t, Options{Dir: dir})
	if word := ask[string](t, again.URL(), "SELECT word FROM kept"); word != "yes" {
		t.Errorf("read %q", word)
	}
	if _, err := os.Stat(fmt.Sprintf("%s.%d/PG_VERSION", s.folder.cluster(), s.bin.major)); err != nil {
		t.Errorf("the old cluster is gone: %v", err)
	}
}

// As root the child is another user, who must be able to reach the data; an ordinary user
// reaches its own.
func TestDataBehindAClosedFolder(t *testing.T) {
	t.Parallel()
	dir := newDir(t)
	closed := filepath.Join(dir, "closed")
	if err := os.MkdirAll(closed, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(dir, 0o711); err != nil {
		t.Fatal(err)
	}
	inner := filepath.Join(closed, "data")
	if os.Geteuid() != 0 {
		start(t, Options{Dir: inner, FastUnsafe: true})
		return
	}
	mustSay(t, refused(t, Options{Dir: inner}), "cannot pass "+closed+" to reach", "chmod o+x "+closed, "/var/lib/livedesk")
	if left, _ := named(inner, halfMade, ""); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
}

// A cluster restored by root belongs to root; started by root it is given to the child.
func TestClusterOfAnotherOwner(t *testing.T) {
	t.Parallel()
	dir := newDir(t)
	s := start(t, Options{Dir: dir, FastUnsafe: true})
	run(t, s.URL(), "CREATE TABLE kept ()")
	stop(t, s)
	if os.Geteuid() != 0 {
		if _, err := chooseUser("/"); err == nil {
			t.Error("a cluster of root's is taken")
		}
		return
	}
	if out, err := exec.Command("chown", "-R", "0:0", s.folder.cluster()).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	start(t, Options{Dir: dir, FastUnsafe: true})
}

func TestNoDataFolderGiven(t *testing.T) {
	t.Parallel()
	mustSay(t, refused(t, Options{}), "no data folder given")
	file := filepath.Join(newDir(t), "file")
	write(t, file, "", 0o600)
	mustSay(t, refused(t, Options{Dir: file}), "is not a folder")
}

func write(t *testing.T, path, text string, mode os.FileMode) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), mode); err != nil {
		t.Fatal(err)
	}
}
