package db_test

import (
	"testing"

	"github.com/livedesk/livedesk/model"
)

func TestBacklogCountsWhatWaits(t *testing.T) {
	t.Parallel()
	d := newDesk(t, model.AlwaysNew)
	a := d.arrival("MM1", "", "+819000000001")
	a.Incoming.Media = []model.IncomingMedia{{URL: "https://example.org/1"}}
	if _, err := d.in.Store(t.Context(), d.account, a); err != nil {
		t.Fatal(err)
	}
	d.exec(`UPDATE event_outbox SET created_at = now() - interval '1 minute'`)
	d.exec(`UPDATE river_job SET scheduled_at = now() - interval '2 minutes'`)
	b, err := d.Backlog(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if b.OutboxAge.Seconds() < 59 || b.SendAge != 0 || b.EventAge <= 0 || b.RequestAge <= 0 {
		t.Errorf("backlog %+v", b)
	}
	for _, q := range b.Queues {
		busy := q.Queue == "media"
		if (q.Counts["available"] == 1) != busy || (q.Age.Seconds() > 119) != busy {
			t.Errorf("queue %+v", q)
		}
	}
	if len(b.Queues) != 3 {
		t.Errorf("%d queues", len(b.Queues))
	}
}
