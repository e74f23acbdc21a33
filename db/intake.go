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
}

// Intake stores customers' messages. While one commit of an account is under way, what arrives waits and then goes
// together: under load many messages share one commit, and at rest one message goes at once.
type Intake struct {
	db     *DB
	now    func() time.Time
	mu     sync.Mutex
	queues map[int64][]*waiting
}

type waiting struct {
	item   map[string]any
	result Arrived
	err    error
	done   chan struct{}
}

// NewIntake makes the intake of a process.
func NewIntake(d *DB, now func() time.Time) *Intake {
	return &Intake{db: d, now: now, queues: map[int64][]*waiting{}}
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
	queue, running := in.queues[account]
	in.queues[account] = append(queue, waits...)
	in.mu.Unlock()
	if !running {
		go in.work(account)
	}
}

func (in *Intake) work(account int64) {
	for {
		in.mu.Lock()
		queue := in.queues[account]
		if len(queue) == 0 {
			delete(in.queues, account)
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
	err := in.call(ctx, account, batch)
	if err != nil && !Unreachable(err) && ctx.Err() == nil && len(batch) > 1 {
		for _, w := range batch {
			in.commit(account, []*waiting{w})
		}
		return
	}
	for _, w := range batch {
		if w.err = err; err != nil && permanent(err) {
			w.err = model.Refuse(model.Invalid, "The database cannot hold this message.")
		}
		close(w.done)
	}
}

// call runs the batch until it wins its races. A duplicate, a reopening or a merge of contacts that raced is seen by the
// next try.
func (in *Intake) call(ctx context.Context, account int64, batch []*waiting) error {
	items := make([]map[string]any, len(batch))
	for i, w := range batch {
		w.item["ord"] = i
		items[i] = w.item
	}
	body, err := json.Marshal(items)
	if err != nil {
		return fmt.Errorf("write the intake's items: %w", err)
	}
	for try := 1; ; try++ {
		err := in.once(ctx, account, body, batch)
		var pg *pgconn.PgError
		raced := lostRace(err) || errors.As(err, &pg) && (pg.Code == "23505" || pg.Code == "23503")
		if !raced || try == 8 {
			return err
		}
	}
}

func (in *Intake) once(ctx context.Context, account int64, body []byte, batch []*waiting) error {
	rows, err := in.db.pool.Query(ctx, `SELECT ord, conversation_id::text, message_id::text, seq, began FROM intake($1, $2, $3)`, account, in.now(), body)
	if err != nil {
		return fmt.Errorf("store messages: %w", err)
	}
	var ord int
	var r Arrived
	_, err = pgx.ForEachRow(rows, []any{&ord, &r.Conversation, &r.Message, &r.Seq, &r.Began}, func() error {
		batch[ord].result = r
		return nil
	})
	if err != nil {
		return fmt.Errorf("store messages: %w", err)
	}
	return nil
}

// permanent tells whether the same message would fail on every database: its data cannot be held (class 22), or there is
// too much of it (54000). Everything else may be mended, so the provider is asked to try again.
func permanent(err error) bool {
	var pg *pgconn.PgError
	return errors.As(err, &pg) && (pg.Code[:2] == "22" || pg.Code == "54000")
}

// itemOf puts an arrival into the shape of the SQL type intake_item.
func itemOf(a Arrival) map[string]any {
	m := a.Incoming
	item := map[string]any{
		"channel_id": a.Channel, "kind": a.Kind, "address": m.Addresses[0], "name": m.ProfileName,
		"external_id": m.ExternalID, "message_kind": m.Kind, "body": m.Text,
		"new_contact": model.NewID(model.KindContact), "new_conversation": model.NewID(model.KindConversation),
		"message_id": model.NewID(model.KindMessage), "request_id": model.NewID(model.KindRequest),
	}
	if model.IsPhoneNumber(m.Addresses[0]) {
		item["phone"] = m.Addresses[0]
	}
	if len(m.Addresses) > 1 {
		item["others"] = m.Addresses[1:]
	}
	if m.Data != nil {
		item["data"] = m.Data
	}
	if m.Raw != nil {
		item["raw"] = m.Raw
	}
	if len(m.Media) > 0 {
		item["media"] = mediaOf(m.Media)
	}
	return item
}

func mediaOf(media []model.IncomingMedia) []map[string]any {
	files := make([]map[string]any, len(media))
	for i, f := range media {
		files[i] = map[string]any{"id": model.NewID(model.KindAttachment), "position": i, "content_type": f.ContentType, "file_name": f.FileName, "url": f.URL}
	}
	return files
}
