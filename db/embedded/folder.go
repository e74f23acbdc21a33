//go:build linux || darwin

package embedded

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
)

// folder is the data folder, absolute and free of symbolic links.
type folder string

func (f folder) cluster() string { return filepath.Join(string(f), "pg") }
func (f folder) lock() string    { return filepath.Join(string(f), "pg.lock") }
func (f folder) log() string     { return filepath.Join(string(f), "pg.log") }
func (f folder) socket() string  { return filepath.Join(string(f), "pg.sock") }

// halfMade begins the names of clusters whose initdb has not finished; they hold no data.
const halfMade = "pg.initdb-"

// openFolder makes the data folder when it is missing.
func openFolder(dir string) (folder, error) {
	abs, err := filepath.Abs(dir)
	if err != nil {
		return "", fmt.Errorf("open data folder %s: %w", dir, err)
	}
	if err := makeFolder(abs, searchable()); err != nil {
		return "", fmt.Errorf("make data folder: %w", err)
	}
	real, err := filepath.EvalSymlinks(abs)
	if err != nil {
		return "", fmt.Errorf("open data folder: %w", err)
	}
	return folder(real), nil
}

// searchable is the mode of the folders above the cluster. A root process gives the cluster
// to another user, who must be able to pass through them.
func searchable() fs.FileMode {
	if os.Geteuid() == 0 {
		return 0o711
	}
	return 0o700
}

// makeFolder is os.MkdirAll that holds the mode against the umask, for the folders it makes.
func makeFolder(path string, mode fs.FileMode) error {
	if info, err := os.Stat(path); err == nil {
		if !info.IsDir() {
			return fmt.Errorf("%s is not a folder", path)
		}
		return nil
	}
	if err := makeFolder(filepath.Dir(path), mode); err != nil {
		return err
	}
	if err := os.Mkdir(path, mode); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	return os.Chmod(path, mode)
}

// named lists the paths in a folder whose name begins and ends so. (A glob would read signs
// in the folder's own path as a pattern.)
func named(dir, prefix, suffix string) ([]string, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	var paths []string
	for _, e := range entries {
		if strings.HasPrefix(e.Name(), prefix) && strings.HasSuffix(e.Name(), suffix) {
			paths = append(paths, filepath.Join(dir, e.Name()))
		}
	}
	return paths, nil
}

// cacheFolder keeps fetched binaries and the test clusters' template. Root's own cache lies
// where the user of the child cannot read.
func cacheFolder() (string, error) {
	if os.Geteuid() != 0 {
		base, err := os.UserCacheDir()
		if err != nil {
			return "", fmt.Errorf("find cache folder: %w", err)
		}
		return filepath.Join(base, "livedesk"), nil
	}
	if runtime.GOOS == "darwin" {
		return "/Library/Caches/livedesk", nil
	}
	return "/var/cache/livedesk", nil
}

// syncFolder makes renames inside a folder durable.
func syncFolder(path string) error {
	dir, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(dir.Sync(), dir.Close())
}
