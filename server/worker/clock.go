package worker

import (
	"context"
	"time"

	"github.com/riverqueue/river"

	"github.com/livedesk/livedesk/db"
)

// The jobs that the clock puts into the queue, on one process at a time.
type (
	wakeSnoozed    struct{}
	closeResolved  struct{}
	sweep          struct{}
	keepPartitions struct{}
	forgetExpired  struct{}
	dropUploads    struct{}
	forgetRecords  struct{}
	catchUp        struct{}
	keepFacts      struct{}
)

// Kind is the job's name in the queue.
func (wakeSnoozed) Kind() string { return "wake_snoozed" }

// Kind is the job's name in the queue.
func (closeResolved) Kind() string { return "close_resolved" }

// Kind is the job's name in the queue.
func (sweep) Kind() string { return "sweep" }

// Kind is the job's name in the queue.
func (keepPartitions) Kind() string { return "keep_partitions" }

// Kind is the job's name in the queue.
func (forgetExpired) Kind() string { return "forget_expired" }

// Kind is the job's name in the queue.
func (dropUploads) Kind() string { return "drop_uploads" }

// Kind is the job's name in the queue.
func (forgetRecords) Kind() string { return "forget_records" }

// Kind is the job's name in the queue.
func (catchUp) Kind() string { return "catch_up" }

// Kind is the job's name in the queue.
func (keepFacts) Kind() string { return "keep_facts" }

// registerClock ties the jobs of the clock to what they do, and says how often each is due.
func registerClock(workers *river.Workers, o Options) []*river.PeriodicJob {
	return []*river.PeriodicJob{
		every(workers, 5*time.Second, func(ctx context.Context, _ wakeSnoozed) error { return o.Desk.Wake(ctx) }),
		every(workers, 5*time.Second, func(ctx context.Context, _ catchUp) error { return o.Desk.CatchUp(ctx) }),
		every(workers, time.Hour, func(ctx context.Context, _ forgetRecords) error { return o.Desk.ForgetRecords(ctx) }),
		every(workers, 15*time.Second, func(ctx context.Context, _ sweep) error { return o.Desk.Sweep(ctx) }),
		every(workers, time.Minute, func(ctx context.Context, _ closeResolved) error { return o.Desk.CloseResolved(ctx) }),
		every(workers, time.Minute, func(ctx context.Context, _ keepFacts) error { return o.Desk.KeepFacts(ctx) }),
		every(workers, 10*time.Minute, func(ctx context.Context, _ forgetExpired) error { return o.Desk.ForgetExpired(ctx) }),
		every(workers, 10*time.Minute, func(ctx context.Context, _ dropUploads) error { return o.Desk.DropUploads(ctx) }),
		every(workers, time.Hour, func(ctx context.Context, _ keepPartitions) error {
			return o.DB.KeepPartitions(ctx, time.Now(), o.Events, o.Requests)
		}),
	}
}

// every makes the job due at the start and then at each interval. One that fails is not tried again: the next is near.
func every[T river.JobArgs](workers *river.Workers, interval time.Duration, do func(context.Context, T) error) *river.PeriodicJob {
	add(workers, do)
	var job T
	return river.NewPeriodicJob(river.PeriodicInterval(interval),
		func() (river.JobArgs, *river.InsertOpts) {
			return job, &river.InsertOpts{Queue: db.ClockQueue, MaxAttempts: 1}
		},
		&river.PeriodicJobOpts{RunOnStart: true})
}
