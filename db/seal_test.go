package db_test

import (
	"bytes"
	"encoding/base64"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/livedesk/livedesk/db"
	"github.com/livedesk/livedesk/model"
)

func sealingKey(id string, fill byte) string {
	return id + ":" + base64.StdEncoding.EncodeToString(bytes.Repeat([]byte{fill}, 32))
}

func ring(t *testing.T, s string) *db.KeyRing {
	t.Helper()
	r, err := db.ParseKeyRing(s)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestSealOpensOnlyInItsPlace(t *testing.T) {
	t.Parallel()
	r := ring(t, sealingKey("1", 'a'))
	row, other := model.NewID(model.KindChannel), model.NewID(model.KindChannel)
	place := db.SealedAt("channels", "secret", 1, row)
	sealed, err := r.Seal([]byte("top secret"), place)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(sealed, "k1:") || strings.Contains(sealed, "top") {
		t.Errorf("sealed as %q", sealed)
	}
	if plain, err := r.Open(sealed, place); err != nil || string(plain) != "top secret" {
		t.Errorf("opened %q, %v", plain, err)
	}
	for name, elsewhere := range map[string]string{
		"another table":   db.SealedAt("ai_agents", "secret", 1, row),
		"another column":  db.SealedAt("channels", "secret_before", 1, row),
		"another account": db.SealedAt("channels", "secret", 2, row),
		"another row":     db.SealedAt("channels", "secret", 1, other),
	} {
		if _, err := r.Open(sealed, elsewhere); err == nil {
			t.Errorf("a secret copied to %s opens", name)
		}
	}
	if again, _ := r.Seal([]byte("top secret"), place); again == sealed {
		t.Error("the same nonce was used twice")
	}
}

func TestOpenRefusesWhatWasChanged(t *testing.T) {
	t.Parallel()
	r := ring(t, sealingKey("1", 'a'))
	sealed, _ := r.Seal([]byte("top secret"), "x")
	b, _ := base64.StdEncoding.DecodeString(sealed[3:])
	for i := range b {
		changed := bytes.Clone(b)
		changed[i] ^= 1
		if _, err := r.Open("k1:"+base64.StdEncoding.EncodeToString(changed), "x"); err == nil {
			t.Errorf("byte %d can be changed", i)
		}
	}
	for _, text := range []string{"", "k1", "k1:", "k1:AAAA", "k2:" + sealed[3:], sealed[3:], "1:" + sealed[3:]} {
		if _, err := r.Open(text, "x"); err == nil {
			t.Errorf("%q opens", text)
		}
	}
}

func TestKeyRingOpensFormerKeys(t *testing.T) {
	t.Parallel()
	before := ring(t, sealingKey("1", 'a'))
	sealed, _ := before.Seal([]byte("top secret"), "x")
	both := ring(t, sealingKey("2", 'b')+"\n"+sealingKey("1", 'a')+"\n")
	if both.CurrentID() != "2" {
		t.Errorf("current key %s", both.CurrentID())
	}
	if plain, err := both.Open(sealed, "x"); err != nil || string(plain) != "top secret" {
		t.Errorf("%q, %v", plain, err)
	}
	after := ring(t, sealingKey("2", 'b'))
	if _, err := after.Open(sealed, "x"); err == nil || !strings.Contains(err.Error(), `"1"`) {
		t.Errorf("a key that is gone: %v", err)
	}
}

func TestParseKeyRingRefuses(t *testing.T) {
	t.Parallel()
	for _, s := range []string{"", " ,\n", "1", "1:", "1:c2hvcnQ=", "a" + sealingKey("1", 'a'), sealingKey("01", 'a'), sealingKey("-1", 'a'),
		sealingKey("", 'a'), sealingKey("1", 'a') + "," + sealingKey("1", 'b')} {
		if _, err := db.ParseKeyRing(s); err == nil {
			t.Errorf("%q was taken", s)
		} else if strings.Contains(err.Error(), "YWFh") {
			t.Errorf("the error tells the key: %v", err)
		}
	}
}

func TestLoadKeyRingMakesOneKeyForAll(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "keys", "seal.key")
	rings := make([]*db.KeyRing, 8)
	var wg sync.WaitGroup
	for i := range rings {
		wg.Go(func() {
			r, err := db.LoadKeyRing(path)
			if err != nil {
				t.Error(err)
			}
			rings[i] = r
		})
	}
	wg.Wait()
	if t.Failed() {
		return
	}
	sealed, _ := rings[0].Seal([]byte("shared"), "x")
	for i, r := range rings {
		if _, err := r.Open(sealed, "x"); err != nil {
			t.Errorf("process %d has another key: %v", i, err)
		}
	}
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
	if files, _ := os.ReadDir(filepath.Dir(path)); len(files) != 1 {
		t.Errorf("%d files left", len(files))
	}
}
