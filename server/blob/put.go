package blob

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"time"

	"gocloud.dev/blob"
)

// ErrTooLarge is in the chain of the error of a Put whose reader holds more than the bytes allowed.
var ErrTooLarge = errors.New("blob is too large")

// abortTime is how long a Put to S3 may outlive its context.
const abortTime = 5 * time.Second

// Put stores what the reader gives, at most maxBytes, under a key of NewKey, and returns its size in bytes and its
// SHA-256 in hexadecimal. It streams: memory is bounded (S3: about 32 MB) whatever the size. On an error nothing is
// stored, and what the key held before stays; only S3 that stopped answering leaves that open. When it returns without
// an error, the bytes of a folder survive a loss of power.
func (s *Store) Put(ctx context.Context, key, contentType string, r io.Reader, maxBytes int64) (int64, string, error) {
	if err := checkKey(key); err != nil {
		return 0, "", err
	}
	if contentType == "" {
		contentType = octetStream
	}
	in := &intake{ctx: ctx, r: r, max: maxBytes, sum: sha256.New()}
	write := s.upload
	if s.dir != "" {
		write = s.writeFile
	}
	if err := write(ctx, key, in, &blob.WriterOptions{ContentType: contentType, MaxConcurrency: 1}); err != nil {
		return 0, "", fmt.Errorf("put blob %s: %w", key, err)
	}
	return in.size, hex.EncodeToString(in.sum.Sum(nil)), nil
}

// upload writes to S3. When the reader fails, also because ctx ended, the driver sends nothing, or aborts the parts that
// it sent. For that it gets a context that lives a little longer.
func (s *Store) upload(ctx context.Context, key string, in *intake, o *blob.WriterOptions) error {
	longer, cancel := context.WithCancel(context.WithoutCancel(ctx))
	defer cancel()
	stop := context.AfterFunc(ctx, func() { time.AfterFunc(abortTime, cancel) })
	defer stop()
	return s.bucket.Upload(longer, key, in, o)
}

// writeFile writes to the folder. Only a cancelled context keeps the driver from renaming a partial file at Close.
func (s *Store) writeFile(ctx context.Context, key string, in *intake, o *blob.WriterOptions) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	w, err := s.bucket.NewWriter(ctx, key, o)
	if err != nil {
		return err
	}
	if _, err := io.Copy(w, in); err != nil {
		cancel()
		w.Close()
		return err
	}
	if err := w.Close(); err != nil {
		return err
	}
	if err := s.sync(key); err != nil {
		return errors.Join(err, s.Delete(ctx, key))
	}
	return nil
}

// sync brings the file, the driver's file of attributes and their folders to the disk.
func (s *Store) sync(key string) error {
	path := s.path(key)
	err := errors.Join(syncFile(path, os.O_RDWR), syncFile(path+".attrs", os.O_RDWR))
	if runtime.GOOS == "windows" { // where folders cannot be synced
		return err
	}
	for dir := path; dir != s.dir; {
		dir = filepath.Dir(dir)
		err = errors.Join(err, syncFile(dir, os.O_RDONLY))
	}
	return err
}

func syncFile(name string, flag int) error {
	f, err := os.OpenFile(name, flag, 0)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}

// intake counts and hashes what is read through it, and ends with an error instead of a byte too many or too late.
type intake struct {
	ctx  context.Context
	r    io.Reader
	max  int64
	size int64
	sum  hash.Hash
}

func (in *intake) Read(p []byte) (int, error) {
	n, err := in.r.Read(p)
	in.size += int64(n)
	in.sum.Write(p[:n])
	if in.size > in.max {
		return 0, fmt.Errorf("%w: more than %d bytes", ErrTooLarge, in.max)
	}
	if in.ctx.Err() != nil {
		return 0, context.Cause(in.ctx)
	}
	return n, err
}
