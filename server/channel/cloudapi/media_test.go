package cloudapi

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"io"
	"net/url"
	"strings"
	"testing"

	"github.com/livedesk/livedesk/model"
	"github.com/livedesk/livedesk/server/channel/cloudapi/cloudtest"
)

func (l *line) fetches(in model.IncomingMedia) ([]byte, error) {
	m, err := l.provider.FetchMedia(l.t.Context(), testChannel(), testSecret, in.URL)
	if err != nil {
		return nil, err
	}
	defer m.Body.Close()
	return io.ReadAll(m.Body)
}

func TestAFileThatIsAnotherOne(t *testing.T) {
	t.Parallel()
	l := newLine(t, cloudtest.Options{})
	in := l.sends(cloudtest.File{ContentType: "image/png", Data: picture, Other: []byte("somebody else's")})
	if _, err := l.fetches(in); !errors.Is(err, errOtherFile) || model.CodeOf(err) != "" {
		t.Errorf("%v; want an error after which it is tried again", err)
	}
	link, _, _ := strings.Cut(in.URL, "?")
	if _, err := l.fetches(model.IncomingMedia{URL: link}); !errors.Is(err, errOtherFile) {
		t.Errorf("by the sum that the API says, which is hexadecimal: %v", err)
	}
}

func TestATokenCrossesNoRedirect(t *testing.T) {
	t.Parallel()
	l := newLine(t, cloudtest.Options{})
	data, err := l.fetches(l.sends(cloudtest.File{ContentType: "application/pdf", Name: "a.pdf", Data: picture, Redirected: true}))
	if err != nil || string(data) != string(picture) {
		t.Error(len(data), err)
	}
	for _, c := range l.meta.Calls() {
		if strings.Contains(c.Path, "/elsewhere/") != (c.Authorization == "") {
			t.Errorf("%+v", c)
		}
	}
}

func TestFilesThatCannotBeHad(t *testing.T) {
	t.Parallel()
	l := newLine(t, cloudtest.Options{})
	large := l.sends(cloudtest.File{ContentType: "video/mp4", Data: make([]byte, maxMedia+1)})
	if _, err := l.fetches(large); model.CodeOf(err) != model.TooLarge {
		t.Errorf("a large file: %v", err)
	}
	in := l.sends(cloudtest.File{ContentType: "image/png", Data: picture})
	l.meta.SetToken("EAAnew")
	if _, err := l.fetches(in); model.CodeOf(err) != model.ProviderRefused {
		t.Errorf("a refused token: %v", err)
	}
	for _, link := range []string{"whatsapp-media:../me", "whatsapp-media:", "whatsapp-media:a/b", ":"} {
		if _, err := l.fetches(model.IncomingMedia{URL: link}); model.CodeOf(err) != model.NotFound {
			t.Errorf("%s: %v", link, err)
		}
	}
}

func TestHostsThatGetTheToken(t *testing.T) {
	t.Parallel()
	newer, err := url.Parse("https://graph.facebook.com/v24.0")
	if err != nil {
		t.Fatal(err)
	}
	for _, base := range []*url.URL{nil, newer} {
		p := New(Options{BaseURL: base})
		defer p.Close()
		hostsThatGetTheToken(t, p)
	}
	if p := New(Options{BaseURL: newer}); p.base.Path != "/v24.0" {
		t.Errorf("calls %s", p.base)
	}
}

func hostsThatGetTheToken(t *testing.T, p *Provider) {
	for address, want := range map[string]bool{
		"https://lookaside.fbsbx.com/a": true, "https://LOOKASIDE.fbsbx.com:443/a": true, "https://scontent.xx.fbcdn.net/v": true, "https://mmg.whatsapp.net/a": true,
		"https://graph.facebook.com/v23.0/1": true, "http://lookaside.fbsbx.com/a": false, "https://lookaside.fbsbx.com:8443/a": false,
		"https://fbsbx.com.evil.example/a": false, "https://evilfbsbx.com/a": false, "https://user@lookaside.fbsbx.com/a": false, "https://127.0.0.1/a": false,
	} {
		u, err := url.Parse(address)
		if err != nil || p.own(u) != want {
			t.Errorf("%s: %t, %v", address, !want, err)
		}
	}
}

func TestDigestsInAllSpellings(t *testing.T) {
	t.Parallel()
	sum := sha256.Sum256(picture)
	for _, s := range []string{hex.EncodeToString(sum[:]), strings.ToUpper(hex.EncodeToString(sum[:])), base64.StdEncoding.EncodeToString(sum[:]), base64.RawURLEncoding.EncodeToString(sum[:])} {
		if string(digest(s)) != string(sum[:]) {
			t.Errorf("%s is not read", s)
		}
	}
	for _, s := range []string{"", "x", "SfInY0g=", hex.EncodeToString(sum[:31])} {
		if digest(s) != nil {
			t.Errorf("%q is read", s)
		}
	}
}
