//go:build linux || darwin

package embedded

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

// Running returns the URL of the Postgres that another process runs in the data folder, for a
// command that works beside it. One that is just starting is waited for. ErrNotRunning means
// that no process holds the folder; nothing is made or changed then.
func Running(ctx context.Context, dir string) (string, error) {
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for {
		url, err := joinRunning(ctx, dir)
		if !errors.Is(err, errNotYet) {
			return url, err
		}
		select {
		case <-ctx.Done():
			return "", fmt.Errorf("join the Postgres in %s: %w (%w)", dir, ctx.Err(), err)
		case <-tick.C:
		}
	}
}

// joinRunning tries once; errNotYet means that it is worth another try.
func joinRunning(ctx context.Context, dir string) (string, error) {
	real, err := filepath.EvalSymlinks(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return "", ErrNotRunning
	}
	if err != nil {
		return "", fmt.Errorf("open data folder: %w", err)
	}
	f := folder(real)
	if err := lockHeld(f); err != nil {
		return "", err
	}
	socket, err := socketOf(f.cluster())
	if err != nil {
		return "", err
	}
	url := address(socket, deskName, deskName)
	if err := try(ctx, url); err != nil {
		return "", joinable(err)
	}
	return url, nil
}

// joinable makes errNotYet of what a start that is not done answers: it makes role and database last.
func joinable(err error) error {
	if c := code(err); c == noSuchRole || c == noSuchDatabase {
		return fmt.Errorf("%w: %w", errNotYet, err)
	}
	return err
}

// lockHeld gives ErrNotRunning when no process has the data folder. It takes the lock for a
// moment and shared, which a start that comes at the same time outwaits.
func lockHeld(f folder) error {
	file, err := os.Open(f.lock())
	if errors.Is(err, fs.ErrNotExist) {
		return ErrNotRunning
	}
	if err != nil {
		return fmt.Errorf("open lock: %w", err)
	}
	defer file.Close()
	err = syscall.Flock(int(file.Fd()), syscall.LOCK_SH|syscall.LOCK_NB)
	if errors.Is(err, syscall.EWOULDBLOCK) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("look at the lock %s: %w", f.lock(), err)
	}
	return ErrNotRunning
}

// socketLine is the line of postmaster.pid, from zero, with the first of the sockets' folders.
const socketLine = 4

// socketOf reads where the postmaster of the cluster listens; errNotYet while it has not
// written that down.
func socketOf(cluster string) (string, error) {
	text, err := os.ReadFile(filepath.Join(cluster, "postmaster.pid"))
	if errors.Is(err, fs.ErrNotExist) {
		return "", errNotYet
	}
	if err != nil {
		return "", fmt.Errorf("read postmaster.pid: %w", err)
	}
	lines := strings.Split(string(text), "\n")
	if len(lines) <= socketLine+1 || lines[socketLine] == "" {
		return "", errNotYet
	}
	return lines[socketLine], nil
}
