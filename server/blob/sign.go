package blob

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// The refusals of Signer.Check.
var (
	ErrSignature = errors.New("media URL: signature does not match")
	ErrExpired   = errors.New("media URL: expired")
)

// minKey is the least length of a signing key in bytes, that of the hash.
const minKey = 32

// Signer makes and checks the URLs under which attachments can be fetched without a session:
//
//	<base>/media/<id>?exp=<Unix seconds>&for=<audience>&sig=<HMAC-SHA256>
//
// The signature binds the three. It keeps no state: a URL works until it expires, for whoever holds it. Those of exports
// are below /exports, and neither serves for the other.
type Signer struct {
	base string
	keys [][]byte
}

// NewSigner makes a Signer for URLs below base (the public URL, with or without a path). The first key signs, all of
// them are accepted: to change the key, put the new one in front and drop the old one when its URLs have expired. A key
// has 32 bytes or more and serves nothing else.
func NewSigner(base *url.URL, keys ...[]byte) (*Signer, error) {
	if base.Host == "" || base.Scheme != "https" && base.Scheme != "http" || base.RawQuery != "" || base.Fragment != "" {
		return nil, fmt.Errorf("media URLs: %q is not the start of a web address", base.Redacted())
	}
	if len(keys) == 0 {
		return nil, errors.New("media URLs: no signing key")
	}
	for _, key := range keys {
		if len(key) < minKey {
			return nil, fmt.Errorf("media URLs: a signing key has %d bytes, at least %d are needed", len(key), minKey)
		}
	}
	return &Signer{base: strings.TrimRight(base.String(), "/"), keys: keys}, nil
}

// URL makes the URL of an attachment. The id is what the media handler finds it by and has to tell the account as well,
// which nothing else does there; the audience says for whom the URL is, an agent or a message at the provider.
func (s *Signer) URL(id, audience string, expires time.Time) string {
	return s.url("media", id, audience, expires)
}

// ExportURL makes the URL of an exported report.
func (s *Signer) ExportURL(id, audience string, expires time.Time) string {
	return s.url("exports", id, audience, expires)
}

func (s *Signer) url(below, id, audience string, expires time.Time) string {
	exp := strconv.FormatInt(expires.Unix(), 10)
	q := url.Values{"exp": {exp}, "for": {audience}, "sig": {sign(s.keys[0], below, id, audience, exp)}}
	return s.base + "/" + below + "/" + url.PathEscape(id) + "?" + q.Encode()
}

// Check returns the audience of a URL that URL made, given the id of its path and its query, as of now. The error is
// ErrSignature, or ErrExpired for one that was good before.
func (s *Signer) Check(id string, q url.Values, now time.Time) (audience string, err error) {
	return s.check("media", id, q, now)
}

// CheckExport is Check for a URL that ExportURL made.
func (s *Signer) CheckExport(id string, q url.Values, now time.Time) (audience string, err error) {
	return s.check("exports", id, q, now)
}

func (s *Signer) check(below, id string, q url.Values, now time.Time) (audience string, err error) {
	if len(q["exp"]) != 1 || len(q["for"]) != 1 || len(q["sig"]) != 1 {
		return "", ErrSignature
	}
	exp, audience, sig := q.Get("exp"), q.Get("for"), []byte(q.Get("sig"))
	matches := false
	for _, key := range s.keys {
		if hmac.Equal(sig, []byte(sign(key, below, id, audience, exp))) {
			matches = true
		}
	}
	unix, err := strconv.ParseInt(exp, 10, 64)
	if !matches || err != nil {
		return "", ErrSignature
	}
	if !now.Before(time.Unix(unix, 0)) {
		return "", ErrExpired
	}
	return audience, nil
}

// sign quotes the parts, so that no two sets of them give the same text.
func sign(key []byte, below, id, audience, exp string) string {
	mac := hmac.New(sha256.New, key)
	fmt.Fprintf(mac, "%s %q %q %q", below, id, audience, exp)
	return base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
}
