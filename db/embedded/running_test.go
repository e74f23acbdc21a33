//go:build linux || darwin

package embedded

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestRunningIsThatOfAnotherProcess(t *testing.T) {
	t.Parallel()
	dir := newDir(t)
	if url, err := Running(soon(t), dir); !errors.Is(err, ErrNotRunning) {
		t.Errorf("without a folder: %q, %v", url, err)
	}
	if _, err := os.Stat(dir); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("it made the folder: %v", err)
	}
	d := runDesk(t, dir, "")
	var url string
	// From the moment the other process holds the folder its Postgres is waited for.
	eventually(t, "the other process holds the folder", func() bool {
		var err error
		url, err = Running(t.Context(), dir)
		if err != nil && !errors.Is(err, ErrNotRunning) {
			t.Fatal(err)
		}
		return err == nil
	})
	if want := d.says(t, "ready:"); url != want {
		t.Errorf("joined %s, it runs at %s", url, want)
	}
	run(t, url, "CREATE TABLE ours ()")
	d.kill()
	if url, err := Running(soon(t), dir); !errors.Is(err, ErrNotRunning) {
		t.Errorf("after its end: %q, %v", url, err)
	}
}

// With a long path the socket lies somewhere else, which only Postgres itself tells.
func TestRunningWithAMovedSocket(t *testing.T) {
	t.Parallel()
	s := start(t, Options{Dir: filepath.Join(newDir(t), strings.Repeat("long/", 25)), FastUnsafe: true})
	url, err := Running(soon(t), string(s.folder))
	if err != nil || url != s.URL() || ask[int](t, url, "SELECT 1") != 1 {
		t.Errorf("joined %q, it runs at %s: %v", url, s.URL(), err)
	}
}

// A process that holds the folder and never has a Postgres in it is not waited for without end.
func TestRunningThatNeverComes(t *testing.T) {
	t.Parallel()
	f, err := openFolder(newDir(t))
	if err != nil {
		t.Fatal(err)
	}
	lock, err := takeLock(f)
	if err != nil {
		t.Fatal(err)
	}
	defer lock.Close()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if url, err := Running(ctx, string(f)); !errors.Is(err, context.Canceled) {
		t.Errorf("%q, %v", url, err)
	}
}
