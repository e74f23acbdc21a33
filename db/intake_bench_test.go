package db_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/livedesk/livedesk/db"
	"github.com/livedesk/livedesk/model"
)

// BenchmarkIntake stores messages of customers who have an open conversation, so many in one commit, and numbers their
// events. The clusters of tests do not sync: this is what the statements themselves cost.
func BenchmarkIntake(b *testing.B) {
	for _, together := range []int{1, 8, 64} {
		b.Run(fmt.Sprint(together), func(b *testing.B) {
			d := newDesk(b, model.AlwaysNew)
			arrivals := make([]db.Arrival, together)
			n := 0
			next := func() []db.Arrival {
				for i := range arrivals {
					n++
					arrivals[i] = d.arrival(fmt.Sprint("SM", n), "Where is my parcel?", fmt.Sprintf("+4915%07d", n%1000))
				}
				return arrivals
			}
			var storing, numbering time.Duration
			both := func() {
				start := time.Now()
				if _, err := d.in.Store(b.Context(), d.account, next()...); err != nil {
					b.Fatal(err)
				}
				stored := time.Now()
				d.exec(`SELECT count(*) FROM sequence_events($1, 500)`, d.account)
				storing += stored.Sub(start)
				numbering += time.Since(stored)
			}
			for n < 2000 {
				both()
			}
			d.exec(`VACUUM ANALYZE`)
			storing, numbering = 0, 0
			for b.Loop() {
				both()
			}
			b.ReportMetric(float64(storing.Microseconds())/float64(b.N), "store-µs/op")
			b.ReportMetric(float64(numbering.Microseconds())/float64(b.N), "number-µs/op")
		})
	}
}
