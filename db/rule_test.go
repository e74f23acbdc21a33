package db_test

import (
	"testing"

	"github.com/livedesk/livedesk/db"
	"github.com/livedesk/livedesk/model"
)

// However much a rule decided, what it matched is counted in a bounded part of an index.
func TestWhatARuleMatchedIsCountedUpToABound(t *testing.T) {
	t.Parallel()
	d := newDesk(t, model.AlwaysNew)
	contact, busy, calm := model.NewID(model.KindContact), model.NewID(model.KindChannel), model.NewID(model.KindChannel)
	d.exec(`INSERT INTO contacts (account_id, id, address, created_at) VALUES ($1, $2, 'x', now())`, d.account, contact)
	d.exec(`INSERT INTO conversations (account_id, id, channel_id, contact_id, status, opened_at, last_activity_at)
		SELECT $1, gen_random_uuid(), $2, $3, 'CLOSED', now(), now() FROM generate_series(1, $4::int)`, d.account, d.channel, contact, 2*db.MaxCounted)
	d.exec(`INSERT INTO decisions (account_id, id, conversation_id, channel_id, decided_at, automation_version, stage, outcome, reason, rule_id)
		SELECT account_id, gen_random_uuid(), id, channel_id, now() - interval '1 hour', 1, 'ALL', 'WAITING', '', CASE WHEN n > 3 THEN $1::uuid ELSE $2 END
		FROM (SELECT *, row_number() OVER (ORDER BY id) n FROM conversations) c`, busy, calm)
	d.exec(`ANALYZE decisions`)
	err := d.Tx(t.Context(), func(s *db.Store) error {
		n, err := s.RuleMatches(t.Context(), d.account, []model.ID{busy, calm})
		if err != nil || n[busy] != db.MaxCounted || n[calm] != 3 {
			t.Errorf("%v, %v", n, err)
		}
		var visited int // by this transaction
		err = s.NewRaw(`SELECT pg_stat_get_xact_tuples_returned('decisions_matched'::regclass)`).Scan(t.Context(), &visited)
		if visited < db.MaxCounted || visited > db.MaxCounted+10 {
			t.Errorf("%d entries of the index were read", visited)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}
