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
	if len(b.Queues) != 1 || b.Queues[0].Queue != "media" || b.Queues[0].Counts["available"] != 1 || b.Queues[0].Age.Seconds() < 119 {
		t.Errorf("queues %+v", b.Queues)
	}
}
