package cloudapi

import (
	"bytes"
	"errors"
	"hash"
	"io"
	"net/url"
	"strings"
)

// metaDomains are those whose hosts may get the access token. Files are normally at lookaside.fbsbx.com.
var metaDomains = []string{"facebook.com", "fbsbx.com", "fbcdn.net", "whatsapp.net", "whatsapp.com"}

// own tells whether the access token may go to the URL: to Meta over TLS, or to its stand-in.
func (p *Provider) own(u *url.URL) bool {
	if u.User != nil {
		return false
	}
	if p.standIn {
		return u.Scheme == p.base.Scheme && strings.EqualFold(u.Host, p.base.Host)
	}
	return u.Scheme == "https" && (u.Port() == "" || u.Port() == "443") && metaHost(u.Hostname())
}

func metaHost(host string) bool {
	host = strings.ToLower(host)
	for _, domain := range metaDomains {
		if host == domain || strings.HasSuffix(host, "."+domain) {
			return true
		}
	}
	return false
}

// summed is a body that ends well only when it is the file with the SHA-256.
type summed struct {
	io.ReadCloser
	want []byte
	hash hash.Hash
}

var errOtherFile = errors.New("the file is not the one that the customer sent")

func (s *summed) Read(p []byte) (int, error) {
	n, err := s.ReadCloser.Read(p)
	s.hash.Write(p[:n])
	if err == io.EOF && !bytes.Equal(s.hash.Sum(nil), s.want) {
		err = errOtherFile
	}
	return n, err
}
