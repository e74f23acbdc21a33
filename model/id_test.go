package model

import (
	"strings"
	"testing"
	"time"
)

func TestIDKnowsItsKindAndSortsByTime(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)
	first, second := NewIDAt(KindMessage, at), NewIDAt(KindContact, at.Add(time.Millisecond))
	if first.Kind() != KindMessage || second.Kind() != KindContact || first >= second {
		t.Errorf("%s is %d, %s is %d", first, first.Kind(), second, second.Kind())
	}
	if parsed, err := ParseID(strings.ToUpper(string(first))); err != nil || parsed != first {
		t.Errorf("read %s as %s, %v", first, parsed, err)
	}
	if first[14] != '7' {
		t.Errorf("%s is no UUID of version 7", first)
	}
}

func TestIDsAreUnguessable(t *testing.T) {
	t.Parallel()
	at, seen := time.Now(), map[ID]bool{}
	for range 10_000 {
		id := NewIDAt(KindMessage, at)
		if seen[id] {
			t.Fatalf("%s twice", id)
		}
		seen[id] = true
	}
}

func TestParseIDRefusesWhatIsNone(t *testing.T) {
	t.Parallel()
	for _, s := range []string{"", "1", "not-an-id", "01a2064a-0156-7e3b-b52b-24ed285cbb0", "01a2064a-0156-7e3b-b52b-24ed285cbb0g", "01a2064a-0156-7e3b-b52b-24ed285cbb04 ", "'; DROP TABLE agents; --             "} {
		if id, err := ParseID(s); CodeOf(err) != Invalid {
			t.Errorf("%q is %s, %v", s, id, err)
		}
	}
}

func TestKeysNameTheirAccount(t *testing.T) {
	t.Parallel()
	key := NewKey(42)
	if AccountOfKey(key) != 42 || len(key) != 2+1+64 {
		t.Errorf("%s is of account %d", key, AccountOfKey(key))
	}
	for _, s := range []string{
		"", "42", "42_short", key + "0", "-1_" + key[3:], "x_" + key[3:], "0_" + key[3:], "+42_" + key[3:], "042_" + key[3:],
		"9999999999999999999_" + key[3:], key[:66] + "\x00", key[:66] + "\xff", key[:66] + "G", key[:66] + "A", key[:50] + " " + key[51:],
	} {
		if n := AccountOfKey(s); n != 0 {
			t.Errorf("%q is of account %d", s, n)
		}
	}
}

func FuzzCursor(f *testing.F) {
	f.Add(Cursor{Account: 1, Epoch: 77, Seq: 1 << 40}.String())
	f.Add("AoaZ8NkZDA")
	f.Fuzz(func(t *testing.T, s string) {
		c, err := ParseCursor(s)
		if err != nil {
			if CodeOf(err) != Invalid {
				t.Errorf("%q: %v", s, err)
			}
			return
		}
		if again, err := ParseCursor(c.String()); err != nil || again != c {
			t.Errorf("%q is %+v, then %+v, %v", s, c, again, err)
		}
	})
}

func TestContactHasAlwaysAName(t *testing.T) {
	t.Parallel()
	for want, c := range map[string]Contact{"Ana": {ProfileName: "Ana", Phone: "+1", Address: "x"}, "+1555": {Phone: "+1555", Address: "x"}, "US.123": {Address: "US.123"}} {
		if c.Name() != want {
			t.Errorf("%q instead of %q", c.Name(), want)
		}
	}
}

func TestCleanAddress(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{"whatsapp:+4477": "+4477", " +4477 ": "+4477", "whatsapp:US.123": "US.123", "ACME": "ACME", "rcs:acme": "acme"} {
		if got := CleanAddress(in); got != want {
			t.Errorf("%q became %q", in, got)
		}
	}
	for number, is := range map[string]bool{"+447700900101": true, "+0123": false, "447700900101": false, "+44x": false, "+1234567890123456": false, "+123": true} {
		if IsPhoneNumber(number) != is {
			t.Errorf("%q is a number: %v", number, !is)
		}
	}
}
