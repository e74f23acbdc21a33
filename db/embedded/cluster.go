//go:build linux || darwin

package embedded

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// superuser owns the cluster; the desk itself works as an ordinary role.
const superuser = "postgres"

// clusterVersion reads the major version of the cluster; 0 means that there is none yet. A
// folder with anything else in it is refused.
func clusterVersion(cluster string) (int, error) {
	entries, err := os.ReadDir(cluster)
	if errors.Is(err, fs.ErrNotExist) || err == nil && len(entries) == 0 {
		return 0, nil
	}
	if err != nil {
		return 0, fmt.Errorf("look into %s: %w", cluster, err)
	}
	text, err := os.ReadFile(filepath.Join(cluster, "PG_VERSION"))
	if errors.Is(err, fs.ErrNotExist) {
		return 0, fmt.Errorf("%s is not empty and holds no Postgres cluster (no PG_VERSION): it is left as it is, choose another data folder", cluster)
	}
	if err != nil {
		return 0, fmt.Errorf("read PG_VERSION: %w", err)
	}
	major, err := strconv.Atoi(strings.TrimSpace(string(text)))
	if err != nil {
		return 0, fmt.Errorf("%s/PG_VERSION says %q: %w", cluster, text, err)
	}
	return major, nil
}

// createCluster makes the cluster beside its place and renames it there when it is whole, so
// that a half-made one is never taken for data.
func createCluster(ctx context.Context, f folder, as runAs, bin binaries, opt Options) error {
	fresh, err := os.MkdirTemp(string(f), halfMade+"*")
	if err != nil {
		return fmt.Errorf("make cluster folder: %w", err)
	}
	if err := fillCluster(ctx, fresh, as, bin, opt); err != nil {
		return errors.Join(err, os.RemoveAll(fresh))
	}
	if err := os.Rename(fresh, f.cluster()); err != nil {
		return errors.Join(fmt.Errorf("put the new cluster in place: %w", err), os.RemoveAll(fresh))
	}
	if err := syncFolder(string(f)); err != nil {
		return fmt.Errorf("sync %s: %w", f, err)
	}
	return nil
}

func fillCluster(ctx context.Context, fresh string, as runAs, bin binaries, opt Options) error {
	if opt.FastUnsafe {
		return fromTemplate(ctx, fresh, as, bin, opt)
	}
	return initdb(ctx, fresh, as, bin, "--data-checksums")
}

// dropHalfMade removes what interrupted calls of createCluster left. The lock is held, so
// none is under way.
func dropHalfMade(f folder) error {
	left, err := named(string(f), halfMade, "")
	if err != nil {
		return fmt.Errorf("look into data folder: %w", err)
	}
	for _, dir := range left {
		if err := os.RemoveAll(dir); err != nil {
			return fmt.Errorf("remove half-made cluster: %w", err)
		}
	}
	return nil
}

// initdb fills the folder. Collation C keeps indexes right when the system's locale data or
// the binaries' libc change; the character classes are Unicode's where the system knows them.
func initdb(ctx context.Context, dir string, as runAs, bin binaries, extra ...string) error {
	if err := as.give(dir); err != nil {
		return fmt.Errorf("give %s to %s: %w", dir, as.name, err)
	}
	var err error
	for _, ctype := range []string{"C.UTF-8", "en_US.UTF-8", "C"} {
		var out []byte
		out, err = runInitdb(ctx, dir, as, bin, append(extra, "--lc-ctype="+ctype))
		if err == nil {
			return nil
		}
		if !strings.Contains(string(out), "invalid locale name") {
			break
		}
	}
	return err
}

// runInitdb locks its thread for the death signal; on SIGTERM initdb ends its own children.
func runInitdb(ctx context.Context, dir string, as runAs, bin binaries, extra []string) ([]byte, error) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	args := append([]string{"-D", dir, "-U", superuser, "--auth=trust", "--encoding=UTF8",
		"--lc-collate=C", "--lc-messages=C", "--no-instructions"}, extra...)
	cmd := exec.CommandContext(ctx, bin.initdb(), args...)
	cmd.Dir, cmd.Env = dir, childEnv()
	cmd.SysProcAttr = attributes(as, syscall.SIGTERM)
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) }
	cmd.WaitDelay = 5 * time.Second
	out, err := cmd.CombinedOutput()
	if err != nil {
		return out, fmt.Errorf("initdb %s: %w: %s", dir, as.explain(err, dir), lastLines(out, 5))
	}
	return out, nil
}
