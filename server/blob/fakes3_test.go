package blob

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
)

const (
	testBucket = "media"
	testKeyID  = "AKIATEST"
	testSecret = "not-a-secret"
)

// fakeS3 is one bucket as S3 shows it over HTTP, path-style, so far as the store uses it: whole and ranged GET, HEAD,
// PUT, multipart PUT, DELETE and list. It refuses every request whose signature it does not compute the same, and the
// trailing checksums that services older than Amazon's of 2025 do not know.
type fakeS3 struct {
	mu      sync.Mutex
	objects map[string]object
	parts   map[string][]byte // of uploads neither completed nor aborted, by upload id
	puts    []string          // Content-Type of each PUT of an object
	ranges  []string          // Range of each GET of an object
	fail    int               // status with which writes are refused, if not 0

	failAbort bool
}

type object struct {
	body        []byte
	contentType string
}

func newFakeS3(t *testing.T) (*fakeS3, string) {
	t.Helper()
	f := &fakeS3{objects: map[string]object{}, parts: map[string][]byte{}}
	s := httptest.NewServer(f)
	t.Cleanup(s.Close)
	return f, "s3://" + testBucket + "?endpoint=" + s.URL
}

func (f *fakeS3) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil || !signed(r) {
		refuse(w, http.StatusForbidden, "SignatureDoesNotMatch")
		return
	}
	if r.Header.Get("X-Amz-Sdk-Checksum-Algorithm") != "" || r.Header.Get("X-Amz-Trailer") != "" {
		refuse(w, http.StatusBadRequest, "NotImplemented")
		return
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	bucket, key, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/"), "/")
	switch {
	case bucket != testBucket:
		refuse(w, http.StatusNotFound, "NoSuchBucket")
	case key == "":
		fmt.Fprintf(w, `<ListBucketResult><KeyCount>0</KeyCount></ListBucketResult>`)
	case r.Method == http.MethodGet || r.Method == http.MethodHead:
		f.read(w, r, key)
	case f.fail != 0:
		refuse(w, f.fail, "AccessDenied")
	default:
		f.write(w, r, key, body)
	}
}

func (f *fakeS3) read(w http.ResponseWriter, r *http.Request, key string) {
	o, ok := f.objects[key]
	if !ok {
		refuse(w, http.StatusNotFound, "NoSuchKey")
		return
	}
	if r.Method == http.MethodGet {
		f.ranges = append(f.ranges, r.Header.Get("Range"))
	}
	w.Header().Set("Content-Type", o.contentType)
	w.Header().Set("ETag", `"etag"`)
	http.ServeContent(w, r, "", time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC), bytes.NewReader(o.body))
}

func (f *fakeS3) write(w http.ResponseWriter, r *http.Request, key string, body []byte) {
	q := r.URL.Query()
	upload := q.Get("uploadId")
	switch {
	case q.Has("uploads"):
		f.parts[key] = nil
		f.puts = append(f.puts, r.Header.Get("Content-Type"))
		fmt.Fprintf(w, `<InitiateMultipartUploadResult><UploadId>%s</UploadId></InitiateMultipartUploadResult>`, key)
	case r.Method == http.MethodPut && upload != "":
		f.parts[upload] = append(f.parts[upload], body...)
		w.Header().Set("ETag", `"part"`)
	case r.Method == http.MethodPut:
		f.objects[key] = object{body, r.Header.Get("Content-Type")}
		f.puts = append(f.puts, r.Header.Get("Content-Type"))
	case r.Method == http.MethodPost:
		f.objects[key] = object{f.parts[upload], f.puts[len(f.puts)-1]}
		delete(f.parts, upload)
		fmt.Fprint(w, `<CompleteMultipartUploadResult></CompleteMultipartUploadResult>`)
	case r.Method == http.MethodDelete && upload != "" && f.failAbort:
		refuse(w, http.StatusForbidden, "AccessDenied")
	case r.Method == http.MethodDelete && upload != "":
		delete(f.parts, upload)
		w.WriteHeader(http.StatusNoContent)
	case r.Method == http.MethodDelete:
		delete(f.objects, key)
		w.WriteHeader(http.StatusNoContent)
	}
}

// left is what the bucket holds: objects, and uploads begun and not ended.
func (f *fakeS3) left() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return len(f.objects) + len(f.parts)
}

func refuse(w http.ResponseWriter, status int, code string) {
	w.WriteHeader(status)
	xml.NewEncoder(w).Encode(struct {
		XMLName xml.Name `xml:"Error"`
		Code    string
	}{Code: code})
}

// signed computes the AWS4-HMAC-SHA256 signature of the request anew, from what arrived, and compares.
func signed(r *http.Request) bool {
	auth := r.Header.Get("Authorization")
	_, rest, ok := strings.Cut(auth, "AWS4-HMAC-SHA256 Credential="+testKeyID+"/")
	at, err := time.Parse("20060102T150405Z", r.Header.Get("X-Amz-Date"))
	scope := strings.Split(rest, "/")
	if !ok || err != nil || len(scope) < 4 || scope[2] != "s3" {
		return false
	}
	again := r.Clone(r.Context())
	again.URL.Scheme, again.URL.Host = "http", r.Host
	_, names, _ := strings.Cut(auth, "SignedHeaders=")
	names, _, _ = strings.Cut(names, ",")
	again.Header = http.Header{}
	for name := range strings.SplitSeq(names, ";") {
		if values := r.Header.Values(name); len(values) > 0 {
			again.Header[http.CanonicalHeaderKey(name)] = values
		}
	}
	who := aws.Credentials{AccessKeyID: testKeyID, SecretAccessKey: testSecret}
	err = v4.NewSigner().SignHTTP(r.Context(), who, again, r.Header.Get("X-Amz-Content-Sha256"), "s3", scope[1], at,
		func(o *v4.SignerOptions) { o.DisableURIPathEscaping = true })
	return err == nil && again.Header.Get("Authorization") == auth
}
