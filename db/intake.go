package db

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/livedesk/livedesk/model"
)

// maxBatch is how many messages share one commit at most.
const maxBatch = 128

// Arrival is one customer message on its way in.
type Arrival struct {
	Channel  model.ID
	Kind     model.ChannelKind
	Incoming model.Incoming
}

// Arrived says where a message was stored. A duplicate has no message: it was stored before.
type Arrived struct {
	Conversation model.ID
	Message      model.ID
	Seq          int64
	Began        bool // the message opened the conversation
	React        bool // the desk has something to do about the conversation

	kinds []string // of its events
	first int64    // number of the first of them; 0: they wait in the outbox
}

// Intake stores customers' messages. While one commit of an account is under way, what arrives waits and then goes
// together: under load many messages share one commit, and at rest one message goes at once.
type Intake struct {
	db   *DB
	now  func() time.Time
	told func(account int64)
	feed *Feed

	mu     sync.Mutex
	queues map[int64][]*waiting // of the accounts with a worker
	idle   sync.Cond            // when there are none
}

type waiting struct {
	item   intakeItem
	result Arrived
	err    error
	done   chan struct{}
}

// NewIntake makes the intake of a process. It calls told, which must not block, after a commit that left events in the
// outbox. Unless feed is nil, the intake gives events their numbers itself where it can, and they go to the feed.
func NewIntake(d *DB, now func() time.Time, told func(account int64), feed *Feed) *Intake {
	in := &Intake{db: d, now: now, told: told, feed: feed, queues: map[int64][]*waiting{}}
	in.idle.L = &in.mu
	return in
}

// Store returns when every arrival is committed, or is known to have been before. One that the database can never
// take gives INVALID and does not hold up the others.
func (in *Intake) Store(ctx context.Context, account int64, arrivals ...Arrival) ([]Arrived, error) {
	waits := make([]*waiting, len(arrivals))
	for i, a := range arrivals {
		waits[i] = &waiting{item: itemOf(a), done: make(chan struct{})}
	}
	in.join(account, waits)
	results := make([]Arrived, len(waits))
	for i, w := range waits {
		select {
		case <-w.done:
			if w.err != nil {
				return nil, w.err
			}
			results[i] = w.result
		case <-ctx.Done():
			return nil, ctx.Err() // the message is stored all the same, or the sender tries again
		}
	}
	return results, nil
}

// join queues the messages and starts a worker for the account unless one is at it.
func (in *Intake) join(account int64, waits []*waiting) {
	in.mu.Lock()
	defer in.mu.Unlock()
	queue, running := in.queues[account]
	in.queues[account] = append(queue, waits...)
	if !running {
		go in.commitAll(account)
	}
}

// Wait returns when nothing is being stored, and all that was stored is told. Messages may arrive meanwhile.
func (in *Intake) Wait() {
	in.mu.Lock()
	defer in.mu.Unlock()
	for len(in.queues) > 0 {
		in.idle.Wait()
	}
}

func (in *Intake) commitAll(account int64) {
	for {
		in.mu.Lock()
		queue := in.queues[account]
		if len(queue) == 0 {
			delete(in.queues, account)
			in.idle.Broadcast()
			in.mu.Unlock()
			return
		}
		n := min(len(queue), maxBatch)
		batch := queue[:n:n]
		in.queues[account] = queue[n:]
		in.mu.Unlock()
		in.commit(account, batch)
	}
}

// commit stores a batch. When one member cannot be stored, each goes alone, so that only that one is refused.
func (in *Intake) commit(account int64, batch []*waiting) {
	ctx, cancel := context.WithTimeout(context.Background(), 12*time.Second)
	defer cancel()
	seen, err := in.call(ctx, account, batch)
	if err != nil && !Unreachable(err) && ctx.Err() == nil && len(batch) > 1 {
		for _, w := range batch {
			in.commit(account, []*waiting{w})
		}
		return
	}
	events := numberedOf(account, batch)
	for _, w := range batch {
		if w.err = err; err != nil && permanent(err) {
			w.err = model.Refuse(model.Invalid, "The database cannot hold this message.")
		}
		close(w.done)
	}
	in.tell(account, events, seen)
}

// tell comes last: the goroutine that it wakes is the next to run on this processor, and has the longer way. It tells
// after an error, too: the answer that was lost may have been that of a commit.
func (in *Intake) tell(account int64, events []*model.Event, seen *reading) {
	if len(events) > 0 {
		in.feed.took(account, events, seen)
	} else {
		in.told(account)
	}
}

// numberedOf lists the events of a batch that are in the log, in the order of their numbers.
func numberedOf(account int64, batch []*waiting) (events []*model.Event) {
	for _, w := range batch {
		r := w.result
		for i, kind := range r.kinds {
			if r.first == 0 {
				return nil
			}
			e := &model.Event{AccountID: account, Seq: r.first + int64(i), Kind: model.EventKind(kind), ChannelID: w.item.Channel, ConversationID: r.Conversation}
			if e.Kind == model.MessageAdded {
				e.MessageID, e.MessageSeq = r.Message, r.Seq
			}
			events = append(events, e)
		}
	}
	return events
}

// call runs the batch until it wins its races. A duplicate, a reopening or a merge of contacts that raced is seen by the
// next try. For those who follow here it returns what a lone message's events show.
func (in *Intake) call(ctx context.Context, account int64, batch []*waiting) (*reading, error) {
	items := make([]intakeItem, len(batch))
	for i, w := range batch {
		w.item.Ord = i
		items[i] = w.item
	}
	body, err := json.Marshal(items)
	if err != nil {
		return nil, fmt.Errorf("write the intake's items: %w", err)
	}
	for try := 1; ; try++ {
		seen, err := in.once(ctx, account, body, batch)
		var pg *pgconn.PgError
		raced := lostRace(err) || errors.As(err, &pg) && (pg.Code == "23505" || pg.Code == "23503")
		if !raced || try == 8 {
			return seen, err
		}
	}
}

// once runs the batch in one round trip, which is one transaction. What is shown of a lone message is read in it, too:
// to ask for that afterwards would take as long again as storing it.
func (in *Intake) once(ctx context.Context, account int64, body []byte, batch []*waiting) (seen *reading, err error) {
	p := &pgx.Batch{}
	way := "intake"
	if len(batch) == 1 {
		way = "intake_one"
	}
	p.Queue(`SELECT ord, conversation_id::text, message_id::text, seq, began, kinds, coalesce(first, 0), coalesce(react, false) FROM `+way+`($1, $2, $3, $4)`,
		account, in.now(), body, in.feed != nil).Query(func(rows pgx.Rows) error { return collectArrived(rows, batch) })
	if len(batch) == 1 && len(batch[0].item.Media) == 0 && in.feed != nil && in.feed.followed(account) {
		seen = newReading(in.db.Store, account)
		seen.queueNew(p, batch[0].item.Message)
	}
	if err := in.db.pool.SendBatch(ctx, p).Close(); err != nil {
		for _, w := range batch { // what was returned before the end was undone
			w.result = Arrived{}
		}
		return nil, fmt.Errorf("store messages: %w", err)
	}
	return seen, nil
}

func collectArrived(rows pgx.Rows, batch []*waiting) error {
	for rows.Next() {
		var ord int
		var r Arrived
		if err := rows.Scan(&ord, (*string)(&r.Conversation), (*string)(&r.Message), &r.Seq, &r.Began, &r.kinds, &r.first, &r.React); err != nil {
			return err
		}
		batch[ord].result = r
	}
	return rows.Err()
}

// permanent tells whether the same message would fail on every database: its data cannot be held (class 22), or there is
// too much of it (54000). Everything else may be mended, so the provider is asked to try again.
func permanent(err error) bool {
	var pg *pgconn.PgError
	return errors.As(err, &pg) && (pg.Code[:2] == "22" || pg.Code == "54000")
}
