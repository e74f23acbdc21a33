package bench

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/livedesk/livedesk/db"
	"github.com/livedesk/livedesk/model"
	"github.com/livedesk/livedesk/server/desk"
)

// writersTask is a slice of work in one account. Slices with one number have the same operations.
type writersTask struct {
	Database   string
	Account    int64
	Channel    model.ID
	Told       bool // number the events and follow them
	Slice      int
	Writers    int
	Operations int
}

type writersAnswer struct {
	Took                  time.Duration // until everything was done and delivered
	Commit                time.Duration // median of the operations
	Delivery, DeliveryP99 time.Duration // from the commit's return until a follower has the event
	Events                int           // delivered
}

// writersLoad works on several databases in turn.
type writersLoad struct{ bureaus map[string]*bureau }

func newWritersLoad() *writersLoad { return &writersLoad{bureaus: map[string]*bureau{}} }

func (l *writersLoad) do(ctx context.Context, t writersTask) (writersAnswer, error) {
	b := l.bureaus[t.Database]
	if b == nil {
		var err error
		if b, err = openBureau(ctx, t); err != nil {
			return writersAnswer{}, err
		}
		l.bureaus[t.Database] = b
	}
	return b.work(ctx, t)
}

func (l *writersLoad) close() {
	for _, b := range l.bureaus {
		b.close()
	}
}

// bureau is a desk with its writers at work.
type bureau struct {
	db      *db.DB
	scene   *scene
	writers []*writer
	reader  *reader // nil where nothing is told
}

// writer is an agent with a desk of their own, so that the desk's word that something was committed is known to be
// about what this writer did.
type writer struct {
	desk      *desk.Desk
	viewer    *model.Viewer
	committed time.Time
	done      []deed
}

// deed is one operation. The message is what its event names, "" where no event names one or nothing changed.
type deed struct {
	message   model.ID
	committed time.Time
	took      time.Duration
}

func openBureau(ctx context.Context, t writersTask) (*bureau, error) {
	d, err := db.Open(ctx, t.Database, db.Options{Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		return nil, err
	}
	b := &bureau{db: d}
	if b.scene, err = readScene(ctx, d, t); err != nil {
		b.close()
		return nil, err
	}
	told := func(int64) {}
	if t.Told {
		if b.reader, err = newReader(ctx, d, t.Account); err != nil {
			b.close()
			return nil, err
		}
		told = b.reader.feed.Told
	}
	for _, agent := range b.scene.agents {
		w := &writer{viewer: &model.Viewer{Account: t.Account, Agent: agent, Role: model.AgentRole}}
		w.desk = desk.New(desk.Options{DB: d, Told: func(account int64) { w.committed = time.Now(); told(account) }})
		b.writers = append(b.writers, w)
	}
	return b, nil
}

func (b *bureau) close() {
	if b.reader != nil {
		b.reader.close()
	}
	b.db.Close()
}

// work does the operations of a slice, each writer one after another.
func (b *bureau) work(ctx context.Context, t writersTask) (a writersAnswer, err error) {
	if len(b.writers) != t.Writers {
		return a, fmt.Errorf("there are %d agents for %d writers", len(b.writers), t.Writers)
	}
	operations, err := b.scene.operations(t)
	if err != nil {
		return a, err
	}
	errs := make([]error, t.Writers)
	var next atomic.Int64
	var all sync.WaitGroup
	start := time.Now()
	for i, w := range b.writers {
		w.done = nil
		all.Go(func() {
			for n := int(next.Add(1)) - 1; n < len(operations) && errs[i] == nil; n = int(next.Add(1)) - 1 {
				errs[i] = w.do(ctx, operations[n])
			}
		})
	}
	all.Wait()
	for _, err := range errs {
		if err != nil {
			return a, err
		}
	}
	var arrived map[model.ID]time.Time
	if b.reader != nil {
		if arrived, a.Events, err = b.reader.finish(ctx); err != nil {
			return a, err
		}
	}
	a.Took = time.Since(start)
	return a, b.sum(&a, arrived)
}

func (w *writer) do(ctx context.Context, o operation) (err error) {
	began := time.Now()
	w.committed = time.Time{}
	message, err := o(model.WithViewer(ctx, w.viewer), w.desk)
	if err != nil {
		return err
	}
	d := deed{took: time.Since(began), committed: w.committed}
	if !w.committed.IsZero() {
		d.message = message
	}
	w.done = append(w.done, d)
	return nil
}

// sum works out the times of a slice. An event may be delivered before the writer's own goroutine learns of the commit;
// then it took no time.
func (b *bureau) sum(a *writersAnswer, arrived map[model.ID]time.Time) error {
	var took, delivery []time.Duration
	for _, w := range b.writers {
		for _, d := range w.done {
			took = append(took, d.took)
			if d.message == "" || arrived == nil {
				continue
			}
			at, ok := arrived[d.message]
			if !ok {
				return fmt.Errorf("message %s was changed and nobody was told", d.message)
			}
			delivery = append(delivery, max(0, at.Sub(d.committed)))
		}
	}
	a.Commit = median(took)
	a.Delivery, a.DeliveryP99 = percentile(delivery, 0.5), percentile(delivery, 0.99)
	return nil
}
