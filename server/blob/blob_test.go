package blob

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/iotest"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) {
	for name, value := range map[string]string{
		"AWS_ACCESS_KEY_ID":           testKeyID,
		"AWS_SECRET_ACCESS_KEY":       testSecret,
		"AWS_CONFIG_FILE":             os.DevNull,
		"AWS_SHARED_CREDENTIALS_FILE": os.DevNull,
	} {
		os.Setenv(name, value)
	}
	for _, name := range []string{"AWS_REGION", "AWS_DEFAULT_REGION", "AWS_PROFILE", "AWS_SESSION_TOKEN"} {
		os.Unsetenv(name)
	}
	goleak.VerifyTestMain(m, goleak.Cleanup(func(code int) {
		http.DefaultClient.CloseIdleConnections()
		os.Exit(code)
	}))
}

// backend is a store under test and a count of what it holds, in whatever state.
type backend struct {
	*Store
	left func() int
}

func open(t *testing.T, url, dir string) *Store {
	t.Helper()
	s, err := Open(t.Context(), url, dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

// everyBackend runs the test on a folder and on S3.
func everyBackend(t *testing.T, test func(t *testing.T, b backend)) {
	t.Parallel()
	t.Run("folder", func(t *testing.T) {
		t.Parallel()
		dir := t.TempDir()
		test(t, backend{open(t, "", dir), func() int { return len(files(t, dir)) }})
	})
	t.Run("s3", func(t *testing.T) {
		t.Parallel()
		fake, url := newFakeS3(t)
		test(t, backend{open(t, url, ""), fake.left})
	})
}

// files lists the files below the folder.
func files(t *testing.T, dir string) (names []string) {
	t.Helper()
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			names = append(names, path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return names
}

func put(t *testing.T, s *Store, key, contentType string, body []byte) {
	t.Helper()
	size, sum, err := s.Put(t.Context(), key, contentType, bytes.NewReader(body), int64(len(body)))
	if err != nil {
		t.Fatal(err)
	}
	want := sha256.Sum256(body)
	if size != int64(len(body)) || sum != hex.EncodeToString(want[:]) {
		t.Fatalf("size %d, sha256 %s", size, sum)
	}
}

func read(t *testing.T, s *Store, key string) (string, Attrs) {
	t.Helper()
	r, err := s.Open(t.Context(), key)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	body, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return string(body), r.Attrs
}

func TestPutOpenDelete(t *testing.T) {
	everyBackend(t, func(t *testing.T, b backend) {
		key := NewKey(7)
		put(t, b.Store, key, "image/png", []byte("first"))
		put(t, b.Store, key, "text/plain; charset=utf-8", []byte("second"))
		body, attrs := read(t, b.Store, key)
		if body != "second" || attrs.Size != 6 || attrs.ContentType != "text/plain; charset=utf-8" {
			t.Errorf("%q, %+v", body, attrs)
		}
		if attrs.ModTime.IsZero() || !strings.HasPrefix(attrs.ETag, `"`) {
			t.Errorf("%+v", attrs)
		}
		for range 2 {
			if err := b.Delete(t.Context(), key); err != nil {
				t.Error(err)
			}
		}
		if _, err := b.Open(t.Context(), key); !errors.Is(err, ErrNotFound) {
			t.Errorf("open after delete: %v", err)
		}
		if n := b.left(); n != 0 {
			t.Errorf("%d things left", n)
		}
	})
}

func TestPutSizes(t *testing.T) {
	everyBackend(t, func(t *testing.T, b backend) {
		for _, size := range []int{0, 1, 1 << 20, 16<<20 - 1, 16 << 20, 17<<20 + 5} { // S3 sends 16 MiB and more in parts
			key := NewKey(1)
			body := bytes.Repeat([]byte("0123456789abcde"), size/15+1)[:size]
			put(t, b.Store, key, "", body)
			got, attrs := read(t, b.Store, key)
			if got != string(body) || attrs.Size != int64(size) || attrs.ContentType != "application/octet-stream" {
				t.Errorf("%d bytes: got %d, %+v", size, len(got), attrs)
			}
		}
	})
}

// A Put that fails leaves nothing, and leaves alone what was there.
func TestPutFails(t *testing.T) {
	broken := errors.New("connection lost")
	everyBackend(t, func(t *testing.T, b backend) {
		kept := NewKey(1)
		put(t, b.Store, kept, "image/png", []byte("as before"))
		before := b.left()
		for _, size := range []int{0, 10, 1 << 20, 16 << 20, 20 << 20} {
			ctx, cancel := context.WithCancel(t.Context())
			zeros := func(then io.Reader) io.Reader { return io.MultiReader(bytes.NewReader(make([]byte, size)), then) }
			for _, c := range []struct {
				name string
				r    func() io.Reader
				max  int
				err  error
			}{
				{"too large", func() io.Reader { return zeros(strings.NewReader("x")) }, size, ErrTooLarge},
				{"endless", func() io.Reader { return endless{} }, size, ErrTooLarge},
				{"broken", func() io.Reader { return zeros(iotest.ErrReader(broken)) }, 1 << 30, broken},
				{"cancelled", func() io.Reader { return zeros(closing(cancel)) }, 1 << 30, context.Canceled},
			} {
				for _, key := range []string{kept, NewKey(1)} {
					n, sum, err := b.Put(ctx, key, "image/png", c.r(), int64(c.max))
					if !errors.Is(err, c.err) || n != 0 || sum != "" {
						t.Errorf("%s at %d: %d, %q, %v", c.name, size, n, sum, err)
					}
				}
				if left := b.left(); left != before {
					t.Errorf("%s at %d: %d things left, %d before", c.name, size, left, before)
				}
			}
		}
		if body, _ := read(t, b.Store, kept); body != "as before" {
			t.Errorf("kept blob has %d bytes", len(body))
		}
	})
}

type endless struct{}

func (endless) Read(p []byte) (int, error) { return len(p), nil }

// closing is a reader that ends, and calls the function when it does.
type closing func()

func (c closing) Read([]byte) (int, error) { c(); return 0, io.EOF }

func TestForeignKeys(t *testing.T) {
	everyBackend(t, func(t *testing.T, b backend) {
		for _, key := range []string{
			"", "a", "../../etc/passwd", "1/ab/../../../../etc/passwd", "/etc/passwd", "1/ab/" + strings.Repeat("a", 23),
			"1/AB/" + strings.Repeat("a", 24), "1/ab/" + strings.Repeat("a", 24) + ".attrs", NewKey(1) + "\n", "-1" + NewKey(1),
		} {
			if _, _, err := b.Put(t.Context(), key, "", strings.NewReader("x"), 1); err == nil {
				t.Errorf("put %q", key)
			}
			if _, err := b.Open(t.Context(), key); err == nil || errors.Is(err, ErrNotFound) {
				t.Errorf("open %q: %v", key, err)
			}
			if b.Delete(t.Context(), key) == nil {
				t.Errorf("delete %q", key)
			}
		}
		if n := b.left(); n != 0 {
			t.Errorf("%d things left", n)
		}
	})
}

func TestNewKey(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for range 1000 {
		key := NewKey(9223372036854775807)
		if seen[key] || checkKey(key) != nil || !strings.HasPrefix(key, "9223372036854775807/") {
			t.Fatal(key)
		}
		seen[key] = true
	}
}

func TestServeContent(t *testing.T) {
	everyBackend(t, func(t *testing.T, b backend) {
		key := NewKey(1)
		put(t, b.Store, key, "video/mp4", []byte("0123456789"))
		s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			blob, err := b.Open(r.Context(), key)
			if err != nil {
				t.Error(err)
				return
			}
			defer blob.Close()
			w.Header().Set("Content-Type", blob.ContentType)
			w.Header().Set("ETag", blob.ETag)
			http.ServeContent(w, r, "", blob.ModTime, blob)
		}))
		t.Cleanup(s.Close)
		_, attrs := read(t, b.Store, key)
		for _, c := range []struct {
			header, value string
			status        int
			body          string
		}{
			{"Range", "", 200, "0123456789"},
			{"Range", "bytes=0-3", 206, "0123"},
			{"Range", "bytes=4-", 206, "456789"},
			{"Range", "bytes=-2", 206, "89"},
			{"Range", "bytes=10-", 416, "invalid range: failed to overlap\n"},
			{"If-None-Match", attrs.ETag, 304, ""},
		} {
			req, _ := http.NewRequestWithContext(t.Context(), "GET", s.URL, nil)
			req.Header.Set(c.header, c.value)
			resp, err := http.DefaultClient.Do(req)
			if err != nil {
				t.Fatal(err)
			}
			body, err := io.ReadAll(resp.Body)
			resp.Body.Close()
			if resp.StatusCode != c.status || string(body) != c.body || err != nil {
				t.Errorf("%s %s: %d %q %v", c.header, c.value, resp.StatusCode, body, err)
			}
		}
	})
}

func TestSeek(t *testing.T) {
	everyBackend(t, func(t *testing.T, b backend) {
		key := NewKey(1)
		put(t, b.Store, key, "", []byte("0123456789"))
		r, err := b.Open(t.Context(), key)
		if err != nil {
			t.Fatal(err)
		}
		defer r.Close()
		if err := iotest.TestReader(r, []byte("0123456789")); err != nil {
			t.Error(err)
		}
		if _, err := r.Seek(-1, io.SeekStart); err == nil {
			t.Error("sought before the start")
		}
	})
}
