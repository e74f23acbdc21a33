package bench

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/livedesk/livedesk/db"
	"github.com/livedesk/livedesk/model"
	"github.com/livedesk/livedesk/server/desk"
)

// placingTask is a slice of the place benchmark.
type placingTask struct {
	Work     string // decide, place, update, quick-update or race
	Database string
	Account  int64
	Admin    model.ID
	Clients  int
	Count    int
	Rows     int      // to update
	Flapping model.ID // an agent who comes and goes meanwhile, if any
}

type placingAnswer struct {
	Took   time.Duration
	Length int // of the text that was decided about, in bytes
	Flaps  int
	Wins   [2]int
}

// placingLoad works with a desk of its own per account.
type placingLoad struct{ counters map[int64]*counter }

// counter is a desk at work, with what numbers its events and follows them as in a server.
type counter struct {
	db     *db.DB
	desk   *desk.Desk
	reader *reader
}

func newPlacingLoad() *placingLoad { return &placingLoad{map[int64]*counter{}} }

func (l *placingLoad) do(ctx context.Context, t placingTask) (a placingAnswer, err error) {
	if t.Work == "decide" {
		return decideOften(t.Count)
	}
	c := l.counters[t.Account]
	if c == nil {
		if c, err = openCounter(ctx, t); err != nil {
			return a, err
		}
		l.counters[t.Account] = c
	}
	switch t.Work {
	case "place":
		err = c.place(ctx, t, &a)
	case "update":
		err = c.update(ctx, t, &a)
	case "quick-update":
		err = c.quickUpdate(ctx, t, &a)
	case "race":
		err = c.race(ctx, t, &a)
	default:
		err = fmt.Errorf("nobody knows the work %q", t.Work)
	}
	return a, err
}

func (l *placingLoad) close() {
	for _, c := range l.counters {
		c.desk.EndReceiving()
		c.reader.close()
		c.db.Close()
	}
}

// openCounter has a connection for each client, and some for who numbers and for who comes and goes.
func openCounter(ctx context.Context, t placingTask) (*counter, error) {
	d, err := db.Open(ctx, t.Database, db.Options{MaxConns: int32(t.Clients) + 4, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		return nil, err
	}
	r, err := newReader(ctx, d, t.Account)
	if err != nil {
		d.Close()
		return nil, err
	}
	return &counter{db: d, reader: r, desk: desk.New(desk.Options{DB: d, Told: r.feed.Told, Log: slog.New(slog.DiscardHandler)})}, nil
}

// together has the clients do n things, and returns how long that took.
func together(clients, n int, do func(i int) error) (time.Duration, error) {
	errs := make([]error, clients)
	var next atomic.Int64
	var all sync.WaitGroup
	start := time.Now()
	for c := range clients {
		all.Go(func() {
			for i := int(next.Add(1)) - 1; i < n && errs[c] == nil; i = int(next.Add(1)) - 1 {
				errs[c] = do(i)
			}
		})
	}
	all.Wait()
	return time.Since(start), errors.Join(errs...)
}

const plainUpdate = `UPDATE plain_rows SET n = n + 1 WHERE id = $1`

// update changes a row in a transaction, which it begins and commits.
func (c *counter) update(ctx context.Context, t placingTask, a *placingAnswer) (err error) {
	a.Took, err = together(t.Clients, t.Count, func(int) error {
		return pgx.BeginFunc(ctx, c.db.Pool(), func(tx pgx.Tx) error {
			_, err := tx.Exec(ctx, plainUpdate, 1+rand.IntN(t.Rows))
			return err
		})
	})
	return err
}

// quickUpdate changes a row by a statement that is its own transaction.
func (c *counter) quickUpdate(ctx context.Context, t placingTask, a *placingAnswer) (err error) {
	a.Took, err = together(t.Clients, t.Count, func(int) error {
		_, err := c.db.Pool().Exec(ctx, plainUpdate, 1+rand.IntN(t.Rows))
		return err
	})
	return err
}

// place places all conversations that are to be placed.
func (c *counter) place(ctx context.Context, t placingTask, a *placingAnswer) error {
	type one struct{ Channel, ID model.ID }
	rows, err := c.db.Pool().Query(ctx, `SELECT channel_id::text, id::text FROM conversations WHERE account_id = $1 AND to_place IS NOT NULL ORDER BY id`, t.Account)
	if err != nil {
		return err
	}
	list, err := pgx.CollectRows(rows, pgx.RowToStructByPos[one])
	if err != nil || len(list) != t.Count {
		return errors.Join(err, fmt.Errorf("%d conversations are to be placed, not %d", len(list), t.Count))
	}
	flaps := c.flap(ctx, t)
	a.Took, err = together(t.Clients, len(list), func(i int) error { return c.desk.Place(ctx, t.Account, list[i].Channel, list[i].ID) })
	n, failed := flaps()
	a.Flaps = n
	if err := errors.Join(err, failed); err != nil {
		return err
	}
	c.desk.EndReceiving()
	_, _, err = c.reader.finish(ctx)
	return err
}
