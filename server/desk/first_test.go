package desk_test

import (
	"sync"
	"sync/atomic"
	"testing"

	"github.com/livedesk/livedesk/model"
)

func TestFirstAdminIsMadeOnce(t *testing.T) {
	t.Parallel()
	o := openOffice(t)
	if _, _, err := o.FirstAdmin(t.Context(), "no address", ""); model.CodeOf(err) != model.Invalid {
		t.Errorf("no address: %v", err)
	}
	o.count(0, `accounts`)
	var made atomic.Int32
	var password atomic.Value
	var wg sync.WaitGroup
	for range 6 {
		wg.Go(func() {
			generated, created, err := o.FirstAdmin(t.Context(), "Root@Example.com", "")
			if err != nil || created != (generated != "") {
				t.Error(generated, created, err)
			}
			if created {
				made.Add(1)
				password.Store(generated)
			}
		})
	}
	wg.Wait()
	if made.Load() != 1 {
		t.Fatalf("made %d times", made.Load())
	}
	o.count(1, `accounts JOIN account_feed ON account_id = accounts.id WHERE name = 'My company'`)
	in, err := o.signIn("root@example.com", password.Load().(string))
	if err != nil || in.Agent.Role != model.Admin || in.Agent.Availability != model.Online {
		t.Errorf("%+v, %v", in, err)
	}
	if generated, created, err := o.FirstAdmin(t.Context(), "other@example.com", "another password"); err != nil || created || generated != "" {
		t.Errorf("a second first start: %v, %v", created, err)
	}
}
