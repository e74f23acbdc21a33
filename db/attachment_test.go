package db_test

import (
	"testing"
	"time"

	"github.com/livedesk/livedesk/db"
	"github.com/livedesk/livedesk/model"
)

// The sweep asks every few seconds: what it reads must not grow with what the desk has ever stored.
func TestLateMediaReadsNoOtherFiles(t *testing.T) {
	t.Parallel()
	d := newDesk(t, model.AlwaysNew)
	d.exec(`INSERT INTO attachments (account_id, id, message_id, state, created_at)
		SELECT $1, gen_random_uuid(), gen_random_uuid(), CASE WHEN i <= 3 THEN 'PENDING' ELSE 'READY' END, now() - interval '1 day' FROM generate_series(1, 5000) i`, d.account)
	d.exec(`ANALYZE attachments`)
	err := d.Tx(t.Context(), func(s *db.Store) error {
		late, err := s.LateMedia(t.Context(), time.Now().Add(-time.Hour), 100)
		if err != nil || len(late) != 3 {
			t.Errorf("%d late files, %v, want 3", len(late), err)
		}
		var read int
		if err := s.NewRaw(`SELECT seq_tup_read + idx_tup_fetch FROM pg_stat_xact_user_tables WHERE relname = 'attachments'`).Scan(t.Context(), &read); err != nil {
			return err
		}
		if read > 10 {
			t.Errorf("%d files were read to find 3", read)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}
