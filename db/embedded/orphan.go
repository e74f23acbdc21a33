//go:build linux || darwin

package embedded

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// clearCluster makes sure that nothing runs on the cluster before a postmaster is started. The
// caller holds the data folder's lock. A postmaster left by a killed process of ours is
// stopped; one that somebody else started is an error. Backends that outlived their
// postmaster would keep a new one from starting, so they are told to quit.
func clearCluster(ctx context.Context, cluster string, log *slog.Logger) error {
	pid, err := pidFile(cluster)
	if err != nil {
		return err
	}
	if err := endOrphan(ctx, cluster, pid, log); err != nil {
		return err
	}
	if err := endBackends(ctx, cluster, log); err != nil {
		return err
	}
	return dropStalePid(cluster, pid)
}

// pidFile reads the pid that Postgres keeps in its data directory; 0 when there is none. A
// server in single-user mode writes it negated; one that died while writing leaves it empty.
func pidFile(cluster string) (int, error) {
	text, err := os.ReadFile(filepath.Join(cluster, "postmaster.pid"))
	if errors.Is(err, fs.ErrNotExist) || err == nil && len(text) == 0 {
		return 0, nil
	}
	if err != nil {
		return 0, fmt.Errorf("read postmaster.pid: %w", err)
	}
	first, _, _ := strings.Cut(string(text), "\n")
	pid, err := strconv.Atoi(strings.TrimSpace(first))
	if err != nil {
		return 0, fmt.Errorf("read postmaster.pid: %w", err)
	}
	return pid, nil
}

func endOrphan(ctx context.Context, cluster string, pid int, log *slog.Logger) error {
	live := max(pid, -pid)
	if live == 0 || !isPostgresOf(live, cluster) {
		return nil
	}
	if pid < 0 || !startedByUs(pid) {
		return fmt.Errorf("a Postgres that this program did not start (pid %d) runs on %s: stop it first", live, cluster)
	}
	log.Warn("postgres left by a killed process, stopping it", "pid", pid)
	if err := end(ctx, syscall.SIGINT, cluster, pid); err != nil {
		return fmt.Errorf("stop the postgres left by a killed process: %w", err)
	}
	return nil
}

// endBackends tells them to quit and kills those that do not, a postmaster's own way after a
// crash. The log is replayed at the next start in both cases.
func endBackends(ctx context.Context, cluster string, log *slog.Logger) error {
	left := processesOf(cluster)
	if len(left) == 0 {
		return nil
	}
	log.Warn("postgres backends without their postmaster, stopping them", "count", len(left))
	soon, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	err := end(soon, syscall.SIGQUIT, cluster, left...)
	if errors.Is(err, context.DeadlineExceeded) && ctx.Err() == nil {
		err = end(ctx, syscall.SIGKILL, cluster, processesOf(cluster)...)
	}
	if err != nil {
		return fmt.Errorf("stop backends without their postmaster: %w", err)
	}
	return nil
}

// dropStalePid removes a killed postmaster's file when its pid now belongs to another program,
// common in containers: Postgres goes by the number alone and would refuse to start. With a
// dead pid the file stays, for Postgres' own check of the shared memory named in it.
func dropStalePid(cluster string, pid int) error {
	if pid > 0 && errors.Is(syscall.Kill(pid, 0), syscall.ESRCH) {
		return nil
	}
	err := os.Remove(filepath.Join(cluster, "postmaster.pid"))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("remove stale postmaster.pid: %w", err)
	}
	return nil
}

// end signals processes that are not our children and waits until they are gone.
func end(ctx context.Context, sig syscall.Signal, cluster string, pids ...int) error {
	for _, pid := range pids {
		if err := syscall.Kill(pid, sig); err != nil && !errors.Is(err, syscall.ESRCH) {
			return fmt.Errorf("signal pid %d: %w", pid, err)
		}
	}
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for _, pid := range pids {
		for isPostgresOf(pid, cluster) {
			select {
			case <-ctx.Done():
				return fmt.Errorf("wait for pid %d: %w", pid, ctx.Err())
			case <-tick.C:
			}
		}
	}
	return nil
}
