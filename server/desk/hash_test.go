package desk

import (
	"context"
	"strings"
	"testing"

	"github.com/livedesk/livedesk/model"
)

func TestHashIsArgon2id(t *testing.T) {
	t.Parallel()
	h := newHasher()
	phc, err := h.hash(t.Context(), "correct horse battery")
	if err != nil || !strings.HasPrefix(phc, "$argon2id$v=19$m=19456,t=2,p=1$") {
		t.Fatal(phc, err)
	}
	for password, want := range map[string]bool{"correct horse battery": true, "correct horse battery ": false, "": false} {
		if ok, err := h.matches(t.Context(), phc, password); err != nil || ok != want {
			t.Errorf("%q: %v, %v", password, ok, err)
		}
	}
	if again, _ := h.hash(t.Context(), "correct horse battery"); again == phc {
		t.Error("the same salt twice")
	}
}

// The vector is of the reference implementation (P-H-C, phc-winner-argon2, src/test.c).
func TestMatchesReadsTheCostOfTheHash(t *testing.T) {
	t.Parallel()
	const reference = "$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc"
	if ok, err := newHasher().matches(t.Context(), reference, "password"); err != nil || !ok {
		t.Error(ok, err)
	}
	for _, broken := range []string{"x", "$argon2i$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFh", "$argon2id$v=16$m=65536,t=2,p=1$c29tZXNhbHQ$CTFh", "$argon2id$v=19$m=x$c29tZXNhbHQ$CTFh",
		"$argon2id$v=19$m=65536,t=2,p=1$!$CTFh", "$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$!"} {
		if ok, err := newHasher().matches(t.Context(), broken, "password"); err == nil || ok {
			t.Errorf("%q was read", broken)
		}
	}
}

func TestNobodyMatchesNoHash(t *testing.T) {
	t.Parallel()
	if ok, err := newHasher().matches(t.Context(), "", ""); err != nil || ok {
		t.Error(ok, err)
	}
}

func TestAStrangerCostsAsMuch(t *testing.T) {
	t.Parallel()
	phc, err := newHasher().hash(t.Context(), "correct horse battery")
	if err != nil {
		t.Fatal(err)
	}
	real, err := parsePHC(phc)
	none, err2 := parsePHC("")
	if err != nil || err2 != nil || none.memory != real.memory || none.passes != real.passes || none.threads != real.threads ||
		len(none.salt) != len(real.salt) || len(none.sum) != len(real.sum) {
		t.Errorf("an account costs %+v, none %+v (%v, %v)", real, none, err, err2)
	}
}

func TestHashingIsBounded(t *testing.T) {
	t.Parallel()
	h := newHasher()
	for range parallelHashes {
		h.running <- struct{}{}
	}
	ctx, cancel := context.WithCancel(t.Context())
	results := make(chan error)
	for range parallelHashes + waitingHashes + 1 {
		go func() {
			_, err := h.hash(ctx, "a password")
			results <- err
		}()
	}
	// With nobody getting a turn, the only one who comes back is the one too many.
	if err := <-results; model.CodeOf(err) != model.Overloaded {
		t.Errorf("one too many: %v", err)
	}
	cancel()
	for range parallelHashes + waitingHashes {
		if err := <-results; err != context.Canceled {
			t.Errorf("gave up waiting: %v", err)
		}
	}
	if len(h.admitted) != 0 {
		t.Errorf("%d places are lost", len(h.admitted))
	}
}
