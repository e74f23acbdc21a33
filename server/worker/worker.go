// Package worker runs the desk's jobs on River: it takes them from the queue, hands each to the one verb of the desk
// that does it, and puts what is due by time into the queue. Beside it, it has AI Agents answer.
//
// The server starts and stops it. It decides nothing and keeps nothing: a job only says that something may be to do,
// and the desk looks what that is, so that a job which runs twice, late or not at all does no harm.
package worker

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
	"github.com/riverqueue/river/rivertype"

	"github.com/livedesk/livedesk/db"
	"github.com/livedesk/livedesk/server/desk"
)

// Options are what a worker is made of. DB and Desk are needed.
type Options struct {
	DB       *db.DB
	Desk     *desk.Desk
	Log      *slog.Logger                                   // nil: the default logger
	Observe  func(kind, outcome string, took time.Duration) // called after each job; outcome is ok, error or panic; may be nil
	Events   time.Duration                                  // how long events are kept; 0: 7 days
	Requests time.Duration                                  // how long providers' requests are kept; 0: 30 days
	Senders  int                                            // conversations sent at once; 0: 64
	Files    int                                            // customers' files fetched at once; 0: 4
}

// Worker works on the queues of one process.
type Worker struct {
	river *river.Client[pgx.Tx]
	turns *turns
}

// The times of the queue.
const (
	jobTime     = 2 * time.Minute  // of a job, before its context ends
	rescueAfter = 10 * time.Minute // until the job of a process that died is worked again
	stopTime    = 3 * time.Second  // for jobs under way when the process stops; a call to a provider that is cut off is UNKNOWN
)

// New makes a worker; Start sets it to work.
func New(o Options) (*Worker, error) {
	o = o.withDefaults()
	workers := river.NewWorkers()
	register(workers, o.Desk)
	periodic := registerClock(workers, o)
	client, err := river.NewClient(riverpgxv5.New(o.DB.Pool()), &river.Config{
		Queues: map[string]river.QueueConfig{
			db.SendQueue:  {MaxWorkers: o.Senders},
			db.MediaQueue: {MaxWorkers: o.Files},
			db.ClockQueue: {MaxWorkers: 2},
		},
		Workers:                     workers,
		PeriodicJobs:                periodic,
		FetchCooldown:               5 * time.Millisecond,
		FetchPollInterval:           time.Second,
		JobTimeout:                  jobTime,
		RescueStuckJobsAfter:        rescueAfter,
		SoftStopTimeout:             stopTime,
		CompletedJobRetentionPeriod: time.Hour,
		Logger:                      o.Log,
		Middleware:                  []rivertype.Middleware{observer(o.Observe)},
	})
	if err != nil {
		return nil, fmt.Errorf("make the job worker: %w", err)
	}
	return &Worker{river: client, turns: newTurns(o.Desk, o.Log)}, nil
}

func (o Options) withDefaults() Options {
	if o.Log == nil {
		o.Log = slog.Default()
	}
	if o.Observe == nil {
		o.Observe = func(string, string, time.Duration) {}
	}
	for value, usual := range map[*time.Duration]time.Duration{&o.Events: 7 * 24 * time.Hour, &o.Requests: 30 * 24 * time.Hour} {
		if *value == 0 {
			*value = usual
		}
	}
	for value, usual := range map[*int]int{&o.Senders: 64, &o.Files: 4} {
		if *value == 0 {
			*value = usual
		}
	}
	return o
}

// Start begins to work. It goes on until Stop, whatever becomes of the context.
func (w *Worker) Start(ctx context.Context) error {
	if err := w.river.Start(context.WithoutCancel(ctx)); err != nil {
		return fmt.Errorf("start the job worker: %w", err)
	}
	w.turns.start(ctx)
	return nil
}

// Stop takes no more jobs and waits for those under way; after three seconds their contexts end. The process has ten to
// end in, and what was cut off is found again by its rows.
func (w *Worker) Stop(ctx context.Context) error {
	var turns sync.WaitGroup
	turns.Go(func() { w.turns.stop(ctx) })
	err := w.river.Stop(ctx)
	turns.Wait()
	if err != nil {
		return fmt.Errorf("stop the job worker: %w", err)
	}
	return nil
}

// observer tells how each job ended.
func observer(observe func(kind, outcome string, took time.Duration)) rivertype.Middleware {
	return river.WorkerMiddlewareFunc(func(ctx context.Context, job *rivertype.JobRow, work func(context.Context) error) error {
		start, outcome := time.Now(), "panic"
		defer func() { observe(job.Kind, outcome, time.Since(start)) }()
		err := work(ctx)
		outcome = "ok"
		if err != nil {
			outcome = "error"
		}
		return err
	})
}
