package db

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"hash/fnv"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/livedesk/livedesk/model"
)

// Feed is a process's view of the event logs: it numbers what its own transactions left in the outbox, and delivers
// the events of the accounts that somebody here follows, in the order of their numbers, each once. Other processes
// are told, and tell, by a hint that may be lost: a look each second finds what hints missed.
type Feed struct {
	db    *DB
	log   *slog.Logger
	tag   string // names this feed in its own hints
	epoch atomic.Int64
	done  sync.WaitGroup

	ctx    context.Context // ends with Stop
	stop   context.CancelFunc
	work   context.Context // of what is under way then; ends when Stop can wait no longer
	giveUp context.CancelFunc

	// own has the connections that number and read. In the pool of the desk they would wait behind everybody who writes,
	// and the busier the desk, the later its events.
	own *pgxpool.Pool

	mu    sync.Mutex
	dirty map[int64]bool // accounts with a sequencer at work; true: look again
	hubs  map[int64]*hub
	alone atomic.Bool // no other process is alive: nobody to hint
	hints chan int64

	// OnEvents is called with each batch before any subscriber gets it, in order, and must be quick. It is where
	// rights and sessions that end take effect.
	OnEvents func([]*model.Event)
}

// readLimit is how many events one look reads.
const readLimit = 500

// feedConns is how many accounts are numbered at a time.
const feedConns = 4

// NewFeed makes the feed of a process; Start sets it to work.
func NewFeed(d *DB, log *slog.Logger) *Feed {
	return &Feed{db: d, log: log, tag: rand.Text(), dirty: map[int64]bool{}, hubs: map[int64]*hub{}, hints: make(chan int64, 1024), OnEvents: func([]*model.Event) {}}
}

// Start learns which incarnation of the logs this is and begins to number and to listen. Stop ends it.
func (f *Feed) Start(ctx context.Context) error {
	epoch, err := f.db.logEpoch(ctx)
	if err != nil {
		return err
	}
	f.epoch.Store(epoch)
	config := f.db.pool.Config()
	config.MaxConns, config.MinConns, config.MinIdleConns = feedConns, 0, 0
	if f.own, err = pgxpool.NewWithConfig(ctx, config); err != nil {
		return fmt.Errorf("connect the feed: %w", err)
	}
	f.work, f.giveUp = context.WithCancel(context.WithoutCancel(ctx))
	f.ctx, f.stop = context.WithCancel(f.work)
	f.done.Go(func() { f.listen(f.ctx) })
	f.done.Go(func() { f.tellOthers(f.ctx) })
	f.done.Go(func() { f.sweep(f.ctx) })
	return nil
}

// Stop ends the feed's work after numbering what this process committed. When ctx ends before that is done, the rest is
// left in the outbox, for another process or the next start, and the error says so.
func (f *Feed) Stop(ctx context.Context) error {
	f.mu.Lock() // no sequencer starts between the end of the context and the wait
	f.stop()
	f.mu.Unlock()
	defer f.giveUp()
	done := make(chan struct{})
	go func() {
		f.done.Wait()
		f.own.Close()
		close(done)
	}()
	select {
	case <-done:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("number the last events: %w", ctx.Err())
	}
}

// SetAlone says whether other processes share the database. One that is alone spares the hints to others.
func (f *Feed) SetAlone(alone bool) { f.alone.Store(alone) }

// Epoch is the incarnation of the logs that this feed delivers.
func (f *Feed) Epoch() int64 { return f.epoch.Load() }

// Told says that a committed transaction left events of the account in the outbox. It never blocks.
func (f *Feed) Told(account int64) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.ctx == nil || f.ctx.Err() != nil {
		return
	}
	if _, working := f.dirty[account]; working {
		f.dirty[account] = true
		return
	}
	f.dirty[account] = false
	f.done.Go(func() { f.sequence(account) })
}

// sequence numbers the account's outbox until it is empty and nobody has told of more.
func (f *Feed) sequence(account int64) {
	for {
		n, err := f.sequenceOnce(account)
		if err != nil && f.ctx.Err() == nil {
			f.log.Error("number events", "account", account, "error", err)
		}
		f.mu.Lock()
		if again := f.dirty[account]; err == nil && (again || n == readLimit) {
			f.dirty[account] = false
			f.mu.Unlock()
			continue
		}
		delete(f.dirty, account)
		f.mu.Unlock()
		return
	}
}

func (f *Feed) sequenceOnce(account int64) (int, error) {
	ctx, cancel := context.WithTimeout(f.work, 10*time.Second)
	defer cancel()
	if f.hub(account) == nil { // nobody here wants them
		var n int
		err := f.own.QueryRow(ctx, `SELECT count(*) FROM sequence_events($1, $2)`, account, readLimit).Scan(&n)
		f.numbered(account, n, nil)
		return n, err
	}
	rows, err := f.own.Query(ctx, `SELECT `+eventColumns+` FROM sequence_events($1, $2)`, account, readLimit)
	if err != nil {
		return 0, err
	}
	events, err := pgx.CollectRows(rows, scanEvent)
	if err != nil {
		return 0, err
	}
	f.numbered(account, len(events), events)
	return len(events), nil
}

// numbered tells the other processes, and whoever follows here. Without the events a follower who came meanwhile reads
// them from the log.
func (f *Feed) numbered(account int64, n int, events []*model.Event) {
	if n == 0 {
		return
	}
	f.hintOthers(account)
	f.deliver(account, events)
}

func (f *Feed) hintOthers(account int64) {
	if f.alone.Load() {
		return
	}
	select {
	case f.hints <- account:
	default: // they look each second
	}
}

// took is told of events that the intake has committed under numbers of the log, and of what they are about if that was
// read with them. The intake does not wait for others who deliver, nor while the log is read.
func (f *Feed) took(account int64, events []*model.Event, seen *reading) {
	f.hintOthers(account)
	h := f.hub(account)
	if h == nil {
		return
	}
	if h.delivering.TryLock() {
		next := h.at >= 0 && events[0].Seq == h.at+1
		if next {
			f.publish(h, events, seen)
		}
		h.delivering.Unlock()
		if next {
			return
		}
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.ctx != nil && f.ctx.Err() == nil {
		f.done.Go(func() { f.deliver(account, nil) })
	}
}

// followed tells whether anybody here follows the account.
func (f *Feed) followed(account int64) bool {
	h := f.hub(account)
	return h != nil && h.followed()
}

// deliver hands events that are committed to those who follow the account. Between what was delivered and these
// another process may have numbered some: then the log itself is read.
func (f *Feed) deliver(account int64, events []*model.Event) {
	h := f.hub(account)
	if h == nil {
		return
	}
	h.delivering.Lock()
	defer h.delivering.Unlock()
	if h.at < 0 {
		return // it could not be read where the log stands, and whoever waited for that gives the hub up
	}
	if len(events) > 0 && events[0].Seq == h.at+1 {
		f.publish(h, events, nil)
		return
	}
	f.catchUp(h)
}

func (f *Feed) catchUp(h *hub) {
	for {
		ctx, cancel := context.WithTimeout(f.work, 10*time.Second)
		events, err := (&Store{hot: f.own}).Events(ctx, h.account, h.at, readLimit)
		cancel()
		if err != nil {
			if f.ctx.Err() == nil {
				f.log.Error("read events", "account", h.account, "error", err)
			}
			return
		}
		f.publish(h, events, nil)
		if len(events) < readLimit {
			return
		}
	}
}

func (f *Feed) publish(h *hub, events []*model.Event, seen *reading) {
	if len(events) == 0 {
		return
	}
	f.OnEvents(events)
	h.send(newBatch(events, seen))
}

// sweep finds what hints missed: events left by a process that died, and those that others numbered.
func (f *Feed) sweep(ctx context.Context) {
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		rows, err := f.db.pool.Query(ctx, `SELECT DISTINCT account_id FROM event_outbox WHERE created_at < now() - interval '200 ms'`)
		if err != nil {
			continue // the pool reports what is wrong; the next look tries again
		}
		left, _ := pgx.CollectRows(rows, pgx.RowTo[int64])
		for _, account := range left {
			f.Told(account)
		}
		f.followAll()
	}
}

func (f *Feed) followAll() {
	f.mu.Lock()
	accounts := make([]int64, 0, len(f.hubs))
	for account := range f.hubs {
		accounts = append(accounts, account)
	}
	f.mu.Unlock()
	for _, account := range accounts {
		f.deliver(account, nil)
	}
}

const eventColumns = `account_id, seq, kind, coalesce(channel_id::text, ''), coalesce(conversation_id::text, ''), coalesce(message_id::text, ''),
	coalesce(message_seq, 0), coalesce(agent_id::text, ''), coalesce(session_id::text, ''), created_at`

func scanEvent(row pgx.CollectableRow) (*model.Event, error) {
	e := new(model.Event)
	return e, row.Scan(&e.AccountID, &e.Seq, &e.Kind, &e.ChannelID, &e.ConversationID, &e.MessageID, &e.MessageSeq, &e.AgentID, &e.SessionID, &e.CreatedAt)
}

// Events reads up to limit events of the account after the given number.
func (s *Store) Events(ctx context.Context, account, after int64, limit int) ([]*model.Event, error) {
	rows, err := s.hot.Query(ctx, `SELECT `+eventColumns+` FROM events WHERE account_id = $1 AND seq > $2 ORDER BY seq LIMIT $3`, account, after, limit)
	if err != nil {
		return nil, fmt.Errorf("read events: %w", err)
	}
	return pgx.CollectRows(rows, scanEvent)
}

// LogBounds returns the numbers of the first event that is still kept and of the last one. When none is kept, first
// is last + 1.
func (s *Store) LogBounds(ctx context.Context, account int64) (first, last int64, err error) {
	err = s.hot.QueryRow(ctx, `SELECT coalesce((SELECT e.seq FROM events e WHERE e.account_id = $1 ORDER BY e.seq LIMIT 1), f.last_seq + 1), f.last_seq
		FROM account_feed f WHERE f.account_id = $1`, account).Scan(&first, &last)
	if err != nil {
		return 0, 0, fmt.Errorf("read the bounds of the log: %w", err)
	}
	return first, last, nil
}

// logEpoch returns the incarnation of the logs. A cluster restored from a backup, or one that took over from a
// lagging primary, may give a number again that a client has seen with another event: it has another identity
// (system identifier and timeline), and so gets another epoch.
func (d *DB) logEpoch(ctx context.Context) (int64, error) {
	var identity string
	err := d.pool.QueryRow(ctx, `SELECT s.system_identifier || '/' || c.timeline_id || '/' || current_database() FROM pg_control_system() s, pg_control_checkpoint() c`).Scan(&identity)
	if err != nil {
		identity = "unknown" // a managed Postgres may refuse to tell; the epoch then changes by `livedesk admin` alone
	}
	fresh := fnv.New32a()
	fmt.Fprint(fresh, identity, time.Now().UnixNano())
	var epoch int64
	err = d.pool.QueryRow(ctx, `INSERT INTO log_epoch (identity, epoch) VALUES ($1, $2) ON CONFLICT (one) DO UPDATE SET
		epoch = CASE WHEN log_epoch.identity = EXCLUDED.identity THEN log_epoch.epoch ELSE EXCLUDED.epoch END, identity = EXCLUDED.identity RETURNING epoch`,
		identity, int64(fresh.Sum32())).Scan(&epoch)
	if err != nil {
		return 0, fmt.Errorf("read the epoch of the log: %w", err)
	}
	return epoch, nil
}

// errNoStart is for who came while another failed to find where the log stands.
var errNoStart = errors.New("the log cannot be read now")
