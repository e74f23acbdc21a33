package model

import "testing"

func TestWhatWasDeliveredDidNotFail(t *testing.T) {
	t.Parallel()
	forward := []DeliveryStatus{Queued, Sending, Unknown, Sent, Failed, Delivered, Read}
	for i, s := range forward[1:] {
		if s.Rank() <= forward[i].Rank() {
			t.Errorf("%s does not rank above %s", s, forward[i])
		}
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
