//go:build linux || darwin

package embedded

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"testing"
)

// realBinaries are those of this machine, which the tests need.
func realBinaries(t *testing.T) (binaries, runAs) {
	t.Helper()
	as, err := chooseUser("/nonexistent")
	if err != nil {
		t.Fatal(err)
	}
	cache, err := cacheFolder()
	if err != nil {
		t.Fatal(err)
	}
	bin, err := newFinder(Options{Log: quiet()}, as, cache).find(soon(t), 0)
	if err != nil {
		t.Fatal(err)
	}
	return bin, as
}

// copiedBinaries is a folder with copies of postgres and initdb. They find their libraries and
// data where they were built for.
func copiedBinaries(t *testing.T) string {
	t.Helper()
	bin, _ := realBinaries(t)
	dir := newDir(t)
	if err := makeFolder(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	for _, exe := range []string{bin.postgres(), bin.initdb()} {
		copyOver(t, exe, filepath.Join(dir, filepath.Base(exe)))
	}
	return dir
}

// copyOver puts a copy in place by renaming it there, as a package manager does.
func copyOver(t *testing.T, from, to string) {
	t.Helper()
	source, err := os.Open(from)
	if err != nil {
		t.Fatal(err)
	}
	defer source.Close()
	target, err := os.OpenFile(to+".new", os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o755)
	if err != nil {
		t.Fatal(err)
	}
	_, err = io.Copy(target, source)
	if err := errors.Join(err, target.Close(), os.Rename(to+".new", to)); err != nil {
		t.Fatal(err)
	}
}

// pretended is a folder with a postgres that only tells a version.
func pretended(t *testing.T, version string) string {
	t.Helper()
	dir := newDir(t)
	write(t, filepath.Join(dir, "postgres"), "#!/bin/sh\necho 'postgres (PostgreSQL) "+version+"'\n", 0o755)
	return dir
}

func noFetch(context.Context, string, *slog.Logger) (string, error) {
	return "", errors.New("nothing to fetch with")
}

func TestFindTakesTheFirstThatFits(t *testing.T) {
	t.Parallel()
	_, as := realBinaries(t)
	tooOld, newer, distribution := pretended(t, "13.4"), pretended(t, "17.2"), pretended(t, "16.9 (Debian 16.9-1)")
	cache := newDir(t)
	write(t, filepath.Join(cachedBinaries(cache), "postgres"), "#!/bin/sh\necho 'postgres (PostgreSQL) 18.4'\n", 0o755)
	if err := os.Chmod(cache, 0o755); err != nil {
		t.Fatal(err)
	}
	f := finder{as: as, places: []string{"/nonexistent", tooOld, newer, distribution}, cache: cache, fetch: noFetch, log: quiet()}
	for want, found := range map[int]string{0: "17.2", 16: "16.9", 17: "17.2", 18: "18.4", 13: "13.4"} {
		bin, err := f.find(soon(t), want)
		if err != nil || bin.version != found {
			t.Errorf("looking for %d: found %q, %v", want, bin.version, err)
		}
	}
	_, err := f.find(soon(t), 15)
	mustSay(t, err.Error(), "no Postgres 15 found", "version 13.4 in "+tooOld, "version 16.9", "LIVEDESK_PG_BIN", "DATABASE_URL")
}

func TestExplicitFolderIsTheOnlyOne(t *testing.T) {
	t.Parallel()
	real, as := realBinaries(t)
	f := finder{as: as, explicit: pretended(t, "13.4"), places: []string{real.dir}, fetch: noFetch, log: quiet()}
	_, err := f.find(soon(t), 0)
	mustSay(t, err.Error(), "no Postgres 14 or newer found", "version 13.4")
	f.explicit = "/nonexistent"
	_, err = f.find(soon(t), 0)
	mustSay(t, err.Error(), "/nonexistent")
}

func TestNothingFoundNamesThePackage(t *testing.T) {
	t.Parallel()
	_, as := realBinaries(t)
	f := finder{as: as, places: []string{"/nonexistent"}, cache: "/nonexistent", fetch: noFetch, log: quiet()}
	_, err := f.find(soon(t), 0)
	mustSay(t, err.Error(), "no Postgres 14 or newer found", "install", "nothing to fetch with")
	_, err = f.find(soon(t), 15)
	mustSay(t, err.Error(), "no Postgres 15 found")
}

func TestFetchedIsUsed(t *testing.T) {
	t.Parallel()
	_, as := realBinaries(t)
	dir := pretended(t, "18.4")
	f := finder{as: as, places: []string{pretended(t, "13.4")}, cache: "/nonexistent", log: quiet(),
		fetch: func(context.Context, string, *slog.Logger) (string, error) { return dir, nil }}
	for _, want := range []int{0, pinnedMajor} {
		if bin, err := f.find(soon(t), want); err != nil || bin.dir != dir {
			t.Errorf("looking for %d: found %q, %v", want, bin.dir, err)
		}
	}
}

func TestFolderVersion(t *testing.T) {
	t.Parallel()
	for path, want := range map[string]int{"/usr/lib/postgresql/15/bin": 15, "/opt/homebrew/opt/postgresql@17/bin": 17, "/bin": 0} {
		if got := folderVersion(path); got != want {
			t.Errorf("%s: %d, want %d", path, got, want)
		}
	}
}

func TestReplacedBinariesRestart(t *testing.T) {
	t.Parallel()
	dir, bin := newDir(t), copiedBinaries(t)
	s := start(t, Options{Dir: dir, Bin: bin, FastUnsafe: true, lookEvery: lookOften})
	run(t, s.URL(), "CREATE TABLE kept ()")
	old := postmaster(t, dir)
	copyOver(t, filepath.Join(bin, "postgres"), filepath.Join(bin, "postgres"))
	eventually(t, "a new postmaster", func() bool { return answers(t, s, old) })
	run(t, s.URL(), "INSERT INTO kept DEFAULT VALUES")
}

func TestReplacedByAnotherMajorStays(t *testing.T) {
	t.Parallel()
	dir, bin := newDir(t), copiedBinaries(t)
	said := make(chan struct{})
	log := slog.New(listener{Handler: slog.DiscardHandler, message: "postgres' binaries were replaced and do not fit, the running ones stay", heard: said})
	s := start(t, Options{Dir: dir, Bin: bin, FastUnsafe: true, lookEvery: lookOften, Log: log})
	old := postmaster(t, dir)
	copyOver(t, filepath.Join(pretended(t, "19.0"), "postgres"), filepath.Join(bin, "postgres"))
	select {
	case <-said:
	case <-soon(t).Done():
		t.Fatal("it was not noticed")
	}
	if ask[int](t, s.URL(), "SELECT 1") != 1 || postmaster(t, dir) != old {
		t.Error("the running postmaster is gone")
	}
}
