package desk

import (
	"testing"

	"github.com/livedesk/livedesk/model"
)

func TestSimulationsAreCapped(t *testing.T) {
	t.Parallel()
	s := &simulations{running: map[int64]bool{}}
	begin := func(account int64, want model.Code) func() {
		t.Helper()
		end, err := s.begin(account)
		if model.CodeOf(err) != want {
			t.Fatalf("account %d: %v, want %q", account, err, want)
		}
		return end
	}
	one := begin(1, "")
	begin(1, model.RateLimited)
	two := begin(2, "")
	begin(3, model.RateLimited)
	one()
	begin(2, model.RateLimited)
	three := begin(3, "")
	begin(1, model.RateLimited)
	two()
	three()
	begin(1, "")()
	if len(s.running) > 0 {
		t.Errorf("left are %v", s.running)
	}
}
