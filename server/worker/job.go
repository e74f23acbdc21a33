package worker

import (
	"context"

	"github.com/riverqueue/river"

	"github.com/livedesk/livedesk/db"
	"github.com/livedesk/livedesk/server/desk"
)

// register ties each kind of job to the verb of the desk that does it.
func register(workers *river.Workers, d *desk.Desk) {
	add(workers, func(ctx context.Context, job db.SendMessages) error {
		return d.Deliver(ctx, job.Account, job.Conversation)
	})
	add(workers, func(ctx context.Context, job db.SettleMessage) error { return d.Settle(ctx, job) })
	add(workers, func(ctx context.Context, job db.FetchMedia) error {
		return d.FetchMedia(ctx, job.Account, job.Attachment)
	})
}

func add[T river.JobArgs](workers *river.Workers, do func(context.Context, T) error) {
	river.AddWorker(workers, river.WorkFunc(func(ctx context.Context, job *river.Job[T]) error { return do(ctx, job.Args) }))
}
