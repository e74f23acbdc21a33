package blob

import (
	"bytes"
	"errors"
	"net/url"
	"strings"
	"testing"
	"time"
)

var (
	oldKey = bytes.Repeat([]byte("o"), 32)
	newKey = bytes.Repeat([]byte("n"), 32)
	expiry = time.Unix(1_800_000_000, 0)
)

func signer(t *testing.T, base string, keys ...[]byte) *Signer {
	t.Helper()
	u, err := url.Parse(base)
	if err != nil {
		t.Fatal(err)
	}
	s, err := NewSigner(u, keys...)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// check takes a URL apart as the media handler does.
func check(t *testing.T, s *Signer, raw string, now time.Time) (string, error) {
	t.Helper()
	u, err := url.Parse(raw)
	if err != nil {
		t.Fatal(err)
	}
	return s.Check(u.Path[strings.LastIndexByte(u.Path, '/')+1:], u.Query(), now)
}

func TestSignedURL(t *testing.T) {
	t.Parallel()
	s := signer(t, "https://desk.example/prefix/", newKey)
	raw := s.URL("7_0190", "agent:hana", expiry)
	const want = "https://desk.example/prefix/media/7_0190?exp=1800000000&for=agent%3Ahana&sig="
	if !strings.HasPrefix(raw, want) || len(raw) != len(want)+43 {
		t.Error(raw)
	}
	if audience, err := check(t, s, raw, expiry.Add(-time.Nanosecond)); audience != "agent:hana" || err != nil {
		t.Errorf("%q, %v", audience, err)
	}
	if audience, err := check(t, s, raw+"&download=1", expiry.Add(-time.Hour)); audience != "agent:hana" || err != nil {
		t.Errorf("with another parameter: %q, %v", audience, err)
	}
	for _, late := range []time.Time{expiry, expiry.Add(time.Hour)} {
		if audience, err := check(t, s, raw, late); audience != "" || !errors.Is(err, ErrExpired) {
			t.Errorf("at %s: %q, %v", late, audience, err)
		}
	}
}

func TestAlteredURL(t *testing.T) {
	t.Parallel()
	s := signer(t, "https://desk.example", newKey)
	raw := s.URL("7_0190", "agent:hana", expiry)
	head, sig, _ := strings.Cut(raw, "&sig=")
	other := s.URL("7_0191", "agent:hana", expiry)
	for name, altered := range map[string]string{
		"other id":          strings.Replace(raw, "7_0190", "7_0191", 1),
		"other account":     strings.Replace(raw, "7_0190", "8_0190", 1),
		"other audience":    strings.Replace(raw, "hana", "boss", 1),
		"later expiry":      strings.Replace(raw, "exp=18", "exp=19", 1),
		"expiry respelled":  strings.Replace(raw, "exp=18", "exp=018", 1),
		"other's signature": head + other[strings.Index(other, "&sig="):],
		"no signature":      head,
		"empty signature":   head + "&sig=",
		"cut signature":     raw[:len(raw)-1],
		"padded signature":  raw + "=",
		"lower case":        head + "&sig=" + strings.ToLower(sig),
		"two signatures":    raw + "&sig=" + sig,
		"two expiries":      raw + "&exp=1900000000",
		"expiry before":     strings.Replace(raw, "?", "?exp=1900000000&", 1),
		"two audiences":     raw + "&for=agent:boss",
		"nothing":           "https://desk.example/media/7_0190",
	} {
		if audience, err := check(t, s, altered, expiry.Add(-time.Hour)); audience != "" || !errors.Is(err, ErrSignature) {
			t.Errorf("%s: %q, %v", name, audience, err)
		}
	}
}

// The parts cannot be shifted into one another.
func TestPartsAreApart(t *testing.T) {
	t.Parallel()
	if sign(newKey, "media", `a" "b`, "c", "1") == sign(newKey, "media", "a", `b" "c`, "1") || sign(newKey, "media", "a", "b1", "2") == sign(newKey, "media", "a", "b", "12") {
		t.Error("two sets of parts have one signature")
	}
}

func TestKeyRotation(t *testing.T) {
	t.Parallel()
	const base = "https://desk.example"
	before, during, after := signer(t, base, oldKey), signer(t, base, newKey, oldKey), signer(t, base, newKey)
	ofOld, ofNew := before.URL("7_1", "message:2", expiry), during.URL("7_1", "message:2", expiry)
	now := expiry.Add(-time.Hour)
	for _, c := range []struct {
		s    *Signer
		raw  string
		want error
	}{
		{during, ofOld, nil}, {during, ofNew, nil}, {after, ofNew, nil}, {after, ofOld, ErrSignature}, {before, ofNew, ErrSignature},
	} {
		if _, err := check(t, c.s, c.raw, now); !errors.Is(err, c.want) {
			t.Errorf("%d keys: %v, want %v", len(c.s.keys), err, c.want)
		}
	}
}

func TestNewSignerRefuses(t *testing.T) {
	t.Parallel()
	good := &url.URL{Scheme: "https", Host: "desk.example"}
	for name, c := range map[string]struct {
		base *url.URL
		keys [][]byte
	}{
		"no key":        {good, nil},
		"short key":     {good, [][]byte{newKey, oldKey[:31]}},
		"empty key":     {good, [][]byte{{}}},
		"no host":       {&url.URL{Path: "/desk"}, [][]byte{newKey}},
		"other scheme":  {&url.URL{Scheme: "ftp", Host: "desk.example"}, [][]byte{newKey}},
		"with a query":  {&url.URL{Scheme: "https", Host: "desk.example", RawQuery: "a=b"}, [][]byte{newKey}},
		"with fragment": {&url.URL{Scheme: "https", Host: "desk.example", Fragment: "a"}, [][]byte{newKey}},
	} {
		if _, err := NewSigner(c.base, c.keys...); err == nil {
			t.Error(name)
		}
	}
}

// The address of a file opens no export, and the other way round.
func TestExportURL(t *testing.T) {
	t.Parallel()
	s, now := signer(t, "https://desk.example", newKey), expiry.Add(-time.Hour)
	u, err := url.Parse(s.ExportURL("7_1", "agent:2", expiry))
	if err != nil || u.Path != "/exports/7_1" {
		t.Fatal(u, err)
	}
	if audience, err := s.CheckExport("7_1", u.Query(), now); audience != "agent:2" || err != nil {
		t.Error(audience, err)
	}
	if _, err := s.Check("7_1", u.Query(), now); !errors.Is(err, ErrSignature) {
		t.Error("it opens a file:", err)
	}
	if u, err = url.Parse(s.URL("7_1", "agent:2", expiry)); err != nil {
		t.Fatal(err)
	}
	if _, err := s.CheckExport("7_1", u.Query(), now); !errors.Is(err, ErrSignature) {
		t.Error("a file opens it:", err)
	}
}
