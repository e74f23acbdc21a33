package db_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/livedesk/livedesk/db"
	"github.com/livedesk/livedesk/model"
)

// BenchmarkIntake stores messages of customers who have an open conversation, so many in one commit with their numbered
// events. The clusters of tests do not sync: this is what the statements themselves cost.
func BenchmarkIntake(b *testing.B) {
	for _, together := range []int{1, 8, 64} {
		b.Run(fmt.Sprint(together), func(b *testing.B) {
			d := newDesk(b, model.AlwaysNew)
			d.in = db.NewIntake(d.DB, time.Now, func(int64) {}, d.feed())
			arrivals := make([]db.Arrival, together)
			n := 0
			next := func() []db.Arrival {
				for i := range arrivals {
					n++
					arrivals[i] = d.arrival(fmt.Sprint("SM", n), "Where is my parcel?", fmt.Sprintf("+4915%07d", n%1000))
				}
				return arrivals
			}
			store := func() {
				if _, err := d.in.Store(b.Context(), d.account, next()...); err != nil {
					b.Fatal(err)
				}
			}
			for n < 2000 {
				store()
			}
			d.exec(`VACUUM ANALYZE`)
			for b.Loop() {
				store()
			}
		})
	}
}
