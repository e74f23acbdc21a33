//go:build linux || darwin

package embedded

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"syscall"
	"time"
)

// awaitLock tries for two seconds: a process that was killed while it started a child leaves
// the lock with that child until its exec, and one that was told to stop may still be at it.
func awaitLock(ctx context.Context, f folder) (*os.File, error) {
	ctx, cancel := context.WithTimeout(ctx, 2*time.Second)
	defer cancel()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for {
		file, err := takeLock(f)
		if !errors.Is(err, ErrInUse) {
			return file, err
		}
		select {
		case <-ctx.Done():
			return nil, err
		case <-tick.C:
		}
	}
}

// takeLock lets one process at a time have the data folder. The kernel drops the lock with
// the process, however it ends; the child does not inherit it.
func takeLock(f folder) (*os.File, error) {
	file, err := os.OpenFile(f.lock(), os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, fmt.Errorf("open lock: %w", err)
	}
	err = syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
	if errors.Is(err, syscall.EWOULDBLOCK) {
		holder, _ := io.ReadAll(io.LimitReader(file, 32))
		_ = file.Close()
		return nil, fmt.Errorf("%s: %w by another process (pid %s): stop it first, or choose another folder",
			f, ErrInUse, strings.TrimSpace(string(holder)))
	}
	if err != nil {
		_ = file.Close()
		return nil, fmt.Errorf("lock %s: %w", f.lock(), err)
	}
	if err := writePid(file); err != nil {
		_ = file.Close()
		return nil, fmt.Errorf("write %s: %w", f.lock(), err)
	}
	return file, nil
}

func writePid(file *os.File) error {
	if err := file.Truncate(0); err != nil {
		return err
	}
	_, err := file.WriteAt(fmt.Appendln(nil, os.Getpid()), 0)
	return err
}
