package blob

import (
	"errors"
	"io"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func TestOpenRefuses(t *testing.T) {
	t.Parallel()
	for url, text := range map[string]string{
		"":                              "no folder",
		"mem://":                        "write file:///folder or s3://",
		"gs://bucket":                   "write file:///folder or s3://",
		"azblob://bucket":               "write file:///folder or s3://",
		"http://bucket":                 "write file:///folder or s3://",
		"file:":                         "write file:///folder or s3://",
		"file:///tmp?secret_key_path=x": "write file:///folder or s3://",
		"relative/folder":               "write file:///folder or s3://",
		"s3://bucket":                   "needs a region",
		"s3://?region=eu-central-1":     "bucketName is required",
		"s3://bucket?region=x&typo=1":   `unknown query parameter "typo"`,
		"s3://AKIA:hidden@bucket":       "no credentials in the URL",
		"s3://AKIA:hidden\x00@bucket":   "cannot be read",
	} {
		s, err := Open(t.Context(), url, "")
		if err == nil {
			s.Close()
		}
		if err == nil || !strings.Contains(err.Error(), text) || strings.Contains(err.Error(), "hidden") {
			t.Errorf("%q: %v", url, err)
		}
	}
}

func TestOpenFileURL(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "not", "yet", "there")
	s := open(t, "file://"+dir, "/nowhere")
	put(t, s, NewKey(1), "", []byte("x"))
	if n := len(files(t, dir)); n == 0 {
		t.Error("nothing in the folder")
	}
	if info, err := os.Stat(dir); err != nil || info.Mode().Perm() != 0o700 {
		t.Errorf("%v, %v", info, err)
	}
}

func TestPing(t *testing.T) {
	everyBackend(t, func(t *testing.T, b backend) {
		if err := b.Ping(t.Context()); err != nil {
			t.Error(err)
		}
		if n := b.left(); n != 0 {
			t.Errorf("%d things left", n)
		}
	})
}

func TestPingFolderGone(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := open(t, "", filepath.Join(dir, "blobs"))
	if err := os.RemoveAll(filepath.Join(dir, "blobs")); err != nil {
		t.Fatal(err)
	}
	if err := s.Ping(t.Context()); !errors.Is(err, fs.ErrNotExist) {
		t.Error(err)
	}
}

func TestPingS3(t *testing.T) {
	t.Parallel()
	_, url := newFakeS3(t)
	other := open(t, strings.Replace(url, testBucket, "other-bucket", 1), "")
	if err := other.Ping(t.Context()); err == nil || !strings.Contains(err.Error(), "no such bucket") {
		t.Error(err)
	}
}

// What a Put leaves that was killed half-way goes with the key it was for.
func TestDeleteTakesTheUnfinishedAlong(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := open(t, "", dir)
	key, neighbour := NewKey(1), NewKey(1)
	put(t, s, neighbour, "", []byte("x"))
	before := files(t, dir)

	r, w := io.Pipe()
	ended := make(chan error)
	go func() {
		_, _, err := s.Put(t.Context(), key, "", r, 100)
		ended <- err
	}()
	w.Write([]byte("half")) // returns when Put has it
	if len(files(t, dir)) != len(before)+1 {
		t.Fatalf("the partial file is not there: %q", files(t, dir))
	}
	if err := s.Delete(t.Context(), key); err != nil {
		t.Error(err)
	}
	if left := files(t, dir); !slices.Equal(left, before) {
		t.Errorf("left: %q", left)
	}
	w.Close()
	if err := <-ended; err == nil {
		t.Error("the Put succeeded without its file")
	}
	if left := files(t, dir); !slices.Equal(left, before) {
		t.Errorf("left after the Put: %q", left)
	}
}

// A range is fetched as such, from its start, and looking a blob up fetches nothing.
func TestS3Ranges(t *testing.T) {
	t.Parallel()
	fake, url := newFakeS3(t)
	s := open(t, url, "")
	key := NewKey(1)
	put(t, s, key, "", []byte("0123456789"))
	r, err := s.Open(t.Context(), key)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	r.Seek(0, io.SeekEnd)
	r.Seek(6, io.SeekStart)
	if body, err := io.ReadAll(r); string(body) != "6789" || err != nil {
		t.Errorf("%q, %v", body, err)
	}
	r.Seek(2, io.SeekStart)
	if _, err := io.ReadFull(r, make([]byte, 3)); err != nil {
		t.Error(err)
	}
	if at, err := r.Seek(0, io.SeekCurrent); at != 5 || err != nil {
		t.Errorf("at %d, %v", at, err)
	}
	if body, err := io.ReadAll(r); string(body) != "56789" || err != nil {
		t.Errorf("%q, %v", body, err)
	}
	if want := []string{"bytes=6-", "bytes=2-"}; !slices.Equal(fake.ranges, want) {
		t.Errorf("ranges %q", fake.ranges)
	}
}

// The reason of a failure is told also when cleaning up fails after it.
func TestS3RefusesAbort(t *testing.T) {
	t.Parallel()
	fake, url := newFakeS3(t)
	fake.failAbort = true
	s := open(t, url, "")
	if _, _, err := s.Put(t.Context(), NewKey(1), "", endless{}, 20<<20); !errors.Is(err, ErrTooLarge) {
		t.Error(err)
	}
}

func TestS3RefusesWrites(t *testing.T) {
	t.Parallel()
	fake, url := newFakeS3(t)
	fake.fail = http.StatusForbidden
	s := open(t, url, "")
	if _, _, err := s.Put(t.Context(), NewKey(1), "", strings.NewReader("x"), 1); err == nil {
		t.Error("a refused upload passes for stored")
	}
}

// The fake refuses what is not signed with the right secret, so the other tests show that requests are signed.
func TestFakeS3ChecksSignatures(t *testing.T) {
	t.Parallel()
	_, url := newFakeS3(t)
	s := open(t, url+"&anonymous=true", "")
	if err := s.Ping(t.Context()); err == nil {
		t.Error("an unsigned request was taken")
	}
}
