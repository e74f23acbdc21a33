package blob

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"gocloud.dev/blob"
	"gocloud.dev/gcerrors"
)

// ErrNotFound is in the chain of the error of an Open of a key that holds nothing.
var ErrNotFound = errors.New("no such blob")

// Attrs say what a stored blob is.
type Attrs struct {
	ContentType string
	Size        int64 // bytes
	ModTime     time.Time
	ETag        string // with its quotes, as in the HTTP header
}

// Reader reads one blob. It is an io.ReadSeekCloser that fetches nothing before the first Read, and then from the place
// it was moved to, so that http.ServeContent answers a range without reading what is before. Set the ETag header to
// Attrs.ETag for conditional requests. It must be closed, and is for one goroutine.
type Reader struct {
	Attrs
	ctx    context.Context
	bucket *blob.Bucket
	key    string
	at     int64
	body   *blob.Reader // open at at; nil before the first Read and after a Seek elsewhere
}

// Open looks the blob up. The context holds for the life of the Reader.
func (s *Store) Open(ctx context.Context, key string) (*Reader, error) {
	if err := checkKey(key); err != nil {
		return nil, err
	}
	a, err := s.bucket.Attributes(ctx, key)
	if err != nil {
		return nil, readError(key, err)
	}
	return &Reader{
		Attrs:  Attrs{ContentType: a.ContentType, Size: a.Size, ModTime: a.ModTime, ETag: a.ETag},
		ctx:    ctx,
		bucket: s.bucket,
		key:    key,
	}, nil
}

// Read reads on from the place of the Reader.
func (r *Reader) Read(p []byte) (int, error) {
	if r.at >= r.Size {
		return 0, io.EOF
	}
	if r.body == nil {
		body, err := r.bucket.NewRangeReader(r.ctx, r.key, r.at, -1, nil)
		if err != nil {
			return 0, readError(r.key, err)
		}
		r.body = body
	}
	n, err := r.body.Read(p)
	r.at += int64(n)
	return n, err
}

// Seek moves the Reader.
func (r *Reader) Seek(offset int64, whence int) (int64, error) {
	switch whence {
	case io.SeekCurrent:
		offset += r.at
	case io.SeekEnd:
		offset += r.Size
	}
	if offset < 0 {
		return 0, fmt.Errorf("seek blob %s: before its start", r.key)
	}
	if offset == r.at {
		return offset, nil
	}
	r.at = offset
	return offset, r.Close()
}

// Close ends the fetching.
func (r *Reader) Close() error {
	if r.body == nil {
		return nil
	}
	body := r.body
	r.body = nil
	return body.Close()
}

func readError(key string, err error) error {
	if gcerrors.Code(err) == gcerrors.NotFound {
		return fmt.Errorf("open blob %s: %w", key, ErrNotFound)
	}
	return fmt.Errorf("open blob %s: %w", key, err)
}
