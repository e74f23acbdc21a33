//go:build linux || darwin

package embedded

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
)

// fromTemplate fills the folder with a copy of a cached new cluster, several times faster than
// initdb; the first caller makes it. Without a usable cache it is a plain initdb.
func fromTemplate(ctx context.Context, fresh string, as runAs, bin binaries, opt Options) error {
	build, err := os.Stat(bin.postgres())
	if err != nil {
		return err
	}
	// Builds of one version may differ in their file format; their size tells them apart.
	name := fmt.Sprintf("cluster-%s-%d-uid%d", bin.version, build.Size(), as.uid())
	template := filepath.Join(opt.cache, name)
	if _, err := os.Stat(template); err != nil {
		// Small WAL segments: half of a new cluster is its first segment.
		const small = "--wal-segsize=1"
		// This one is synced: a power cut must not leave a broken template for good.
		err := makeTemplate(template, func(dir string) error { return initdb(ctx, dir, as, bin, small) })
		if err != nil {
			opt.Log.Debug("no template for test clusters", "err", err)
			return initdb(ctx, fresh, as, bin, small, "--no-sync")
		}
	}
	return copyCluster(template, fresh, as)
}

func (as runAs) uid() int {
	if as.cred != nil {
		return int(as.cred.Uid)
	}
	return os.Geteuid()
}

func makeTemplate(template string, fill func(string) error) error {
	cache := filepath.Dir(template)
	if err := makeFolder(cache, 0o755); err != nil {
		return fmt.Errorf("make cache: %w", err)
	}
	work, err := os.MkdirTemp(cache, "cluster-*")
	if err != nil {
		return fmt.Errorf("make work folder: %w", err)
	}
	defer os.RemoveAll(work)
	if err := fill(work); err != nil {
		return err
	}
	if err := os.Rename(work, template); err != nil && !errors.Is(err, fs.ErrExist) && !errors.Is(err, syscall.ENOTEMPTY) {
		return fmt.Errorf("put template in place: %w", err)
	}
	return nil
}

// copyCluster copies folders and regular files, all a new cluster has.
func copyCluster(from, to string, as runAs) error {
	return filepath.WalkDir(from, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		relative, err := filepath.Rel(from, path)
		if err != nil {
			return err
		}
		target := filepath.Join(to, relative)
		switch {
		case relative == ".":
		case entry.IsDir():
			err = os.Mkdir(target, 0o700)
		default:
			err = copyFile(path, target)
		}
		if err != nil {
			return fmt.Errorf("copy template: %w", err)
		}
		return as.give(target)
	})
}

func copyFile(from, to string) error {
	source, err := os.Open(from)
	if err != nil {
		return err
	}
	defer source.Close()
	target, err := os.OpenFile(to, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, err = io.Copy(target, source)
	return errors.Join(err, target.Close())
}
