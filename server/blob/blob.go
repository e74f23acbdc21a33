// Package blob owns the bytes of attachments: where they are kept (a folder, or a bucket of an S3-compatible service,
// both through gocloud.dev/blob), under which key, as what content type, and by which signed URL they may be fetched.
// The media jobs put and delete, the server's media handler opens, checks and serves. It must not know messages or
// accounts beyond the number in a key, and holds no HTTP handler.
package blob

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"

	"github.com/aws/aws-sdk-go-v2/service/s3"
	"gocloud.dev/blob"
	"gocloud.dev/blob/fileblob"
	"gocloud.dev/blob/s3blob"
	"gocloud.dev/gcerrors"
)

// Store keeps blobs. It is safe for concurrent use.
type Store struct {
	bucket *blob.Bucket
	dir    string // of a folder; empty for S3
}

// Open opens the store at the URL: "" for the folder dir, "file:///folder" for another one, or
// "s3://bucket?region=eu-central-1" with "&endpoint=https://host" for a service that is not Amazon's. The credentials
// of S3 come from the environment, as for every program that uses Amazon's SDK, never from the URL. A folder is made if
// it is missing; an S3 bucket is not contacted before Ping or a first use.
//
// With an endpoint the bucket is named in the path, there is no checksum beyond the signed one, and the region is
// us-east-1, unless the URL says otherwise: what services other than Amazon's understand. The other parameters are
// those of gocloud.dev/blob/s3blob.
func Open(ctx context.Context, rawURL, dir string) (*Store, error) {
	if rawURL == "" {
		return openFolder(dir)
	}
	u, err := url.Parse(rawURL)
	if err != nil {
		return nil, errors.New("blob store: the URL cannot be read") // a *url.Error would repeat what may be a secret
	}
	switch {
	case u.User != nil:
		return nil, errors.New("blob store: no credentials in the URL, set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY")
	case u.Scheme == "file" && u.Host == "" && u.Path != "" && u.RawQuery == "":
		return openFolder(filepath.FromSlash(u.Path))
	case u.Scheme == "s3":
		return openS3(ctx, u)
	}
	return nil, fmt.Errorf("blob store: %s: write file:///folder or s3://bucket?region=eu-central-1", u.Redacted())
}

func openFolder(dir string) (*Store, error) {
	if dir == "" {
		return nil, errors.New("blob store: no folder given")
	}
	abs, err := filepath.Abs(dir)
	if err != nil {
		return nil, fmt.Errorf("blob store: folder %s: %w", dir, err)
	}
	bucket, err := fileblob.OpenBucket(abs, &fileblob.Options{
		CreateDir:   true,
		DirFileMode: 0o700,
		NoTempDir:   true, // a rename out of /tmp can cross file systems, and /tmp is often memory
	})
	if err != nil {
		return nil, fmt.Errorf("blob store: folder %s: %w", abs, err)
	}
	return &Store{bucket: bucket, dir: abs}, nil
}

func openS3(ctx context.Context, u *url.URL) (*Store, error) {
	q := u.Query()
	if q.Has("endpoint") {
		for name, value := range map[string]string{
			"region":                       "us-east-1",
			"use_path_style":               "true",
			"request_checksum_calculation": "when_required",
			"response_checksum_validation": "when_required",
		} {
			if !q.Has(name) {
				q.Set(name, value)
			}
		}
	}
	full := *u
	full.RawQuery = q.Encode()
	bucket, err := new(s3blob.URLOpener).OpenBucketURL(ctx, &full)
	if err != nil {
		return nil, fmt.Errorf("blob store: %w", err)
	}
	var client *s3.Client
	if bucket.As(&client) && client.Options().Region == "" {
		bucket.Close()
		return nil, errors.New("blob store: s3 needs a region: s3://bucket?region=eu-central-1")
	}
	return &Store{bucket: bucket}, nil
}

// Ping tells whether blobs can be written (a folder) or the bucket can be listed (S3, permission s3:ListBucket).
func (s *Store) Ping(ctx context.Context) error {
	if s.dir != "" {
		return pingFolder(s.dir)
	}
	ok, err := s.bucket.IsAccessible(ctx)
	if err == nil && !ok {
		err = errors.New("no such bucket")
	}
	if err != nil {
		return fmt.Errorf("blob store: %w", err)
	}
	return nil
}

func pingFolder(dir string) error {
	f, err := os.CreateTemp(dir, ".ping-*")
	if err != nil {
		return fmt.Errorf("blob store: %w", err)
	}
	_, err = f.WriteString("ping")
	if err := errors.Join(err, f.Close(), os.Remove(f.Name())); err != nil {
		return fmt.Errorf("blob store: %w", err)
	}
	return nil
}

// Close ends the use of the store; open Readers keep working.
func (s *Store) Close() error { return s.bucket.Close() }

// Delete removes the blob and, in a folder, what an interrupted Put left of it. A key that holds nothing is no error.
func (s *Store) Delete(ctx context.Context, key string) error {
	if err := checkKey(key); err != nil {
		return err
	}
	if err := s.bucket.Delete(ctx, key); err != nil && gcerrors.Code(err) != gcerrors.NotFound {
		return fmt.Errorf("delete blob %s: %w", key, err)
	}
	if s.dir == "" {
		return nil
	}
	left, err := filepath.Glob(s.path(key) + ".*")
	for _, name := range left {
		err = errors.Join(err, os.Remove(name))
	}
	if err != nil {
		return fmt.Errorf("delete blob %s: %w", key, err)
	}
	return nil
}

// path is where a folder keeps the blob.
func (s *Store) path(key string) string { return filepath.Join(s.dir, filepath.FromSlash(key)) }
