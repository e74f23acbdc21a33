package model

import (
	"math/rand/v2"
	"testing"
)

// Reports come in any order and more than once: what stays is the same.
func TestStatusDoesNotDependOnTheOrderOfReports(t *testing.T) {
	t.Parallel()
	all := []DeliveryStatus{Queued, Sending, Unknown, Sent, Delivered, Read, Failed}
	for range 2000 {
		reports := make([]DeliveryStatus, 1+rand.IntN(8))
		best := Queued
		for i := range reports {
			reports[i] = all[rand.IntN(len(all))]
			if reports[i].Rank() > best.Rank() {
				best = reports[i]
			}
		}
		now := Queued
		for _, r := range reports {
			if now.Advances(r) {
				now = r
			}
		}
		if now != best {
			t.Fatalf("%v led to %s, not to %s", reports, now, best)
		}
	}
}

func TestDeliveredNeverFails(t *testing.T) {
	t.Parallel()
	if Delivered.Advances(Failed) || Read.Advances(Failed) || !Sent.Advances(Failed) || !Failed.Advances(Delivered) {
		t.Error("a report of failure takes delivery back, or a late delivery does not count")
	}
}

func TestTextUnits(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]int{"": 0, "abc": 3, "é": 1, "日本": 2, "👍": 2, "a👍b": 4} {
		if got := TextUnits(text); got != want {
			t.Errorf("%q: %d units, want %d", text, got, want)
		}
	}
}

func FuzzCleanText(f *testing.F) {
	f.Add("hello\x00 \xff\xfe 👍", 9)
	f.Add("日本語", 4)
	f.Fuzz(func(t *testing.T, s string, limit int) {
		if limit < 0 || limit > 1<<16 {
			return
		}
		got := CleanText(s, limit)
		if len(got) > limit {
			t.Errorf("%d bytes, at most %d were allowed", len(got), limit)
		}
		for i, r := range got {
			if r == 0 {
				t.Errorf("NUL at %d", i)
			}
		}
		if again := CleanText(got, limit); again != got {
			t.Errorf("cleaning twice changes %q to %q", got, again)
		}
	})
}
