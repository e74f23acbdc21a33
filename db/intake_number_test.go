package db_test

import (
	"fmt"
	"reflect"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/livedesk/livedesk/db"
	"github.com/livedesk/livedesk/model"
)

// logged are the events of the log as they are stored.
func (d *desk) logged() (list []string) {
	d.t.Helper()
	events, err := d.Events(d.t.Context(), d.account, 0, 1000)
	if err != nil {
		d.t.Fatal(err)
	}
	for _, e := range events {
		list = append(list, shown(e))
	}
	return list
}

// wantLogged fails unless exactly these events are in the log.
func (d *desk) wantLogged(events []*model.Event) {
	d.t.Helper()
	var told []string
	for _, e := range events {
		told = append(told, shown(e))
	}
	if logged := d.logged(); !slices.Equal(told, logged) {
		d.t.Errorf("told of\n%q, logged are\n%q", told, logged)
	}
}

func shown(e *model.Event) string {
	return fmt.Sprint(e.Seq, " ", e.Kind, " ", e.ChannelID, " ", e.ConversationID, " ", e.MessageID, " ", e.MessageSeq)
}

// What the intake tells is what it wrote into the log: alone and together, new and known, one more word and a wake-up.
func TestIntakeNumbersItsEvents(t *testing.T) {
	t.Parallel()
	d := newDesk(t, model.AlwaysNew)
	f := d.feed()
	w := d.follow(f)
	in := db.NewIntake(d.DB, time.Now, f.Told, f)
	say := func(arrivals ...db.Arrival) {
		t.Helper()
		if _, err := in.Store(t.Context(), d.account, arrivals...); err != nil {
			t.Fatal(err)
		}
	}
	say(d.arrival("SM1", "hello", "+4915100"))
	say(d.arrival("SM2", "again", "+4915100"))
	say(d.arrival("SM3", "three", "+4915100"), d.arrival("SM4", "a stranger", "+4915200"), d.arrival("SM5", "another word", "+4915200"))
	d.exec(`UPDATE conversations SET status = 'SNOOZED', snoozed_until = now() + interval '1 day' WHERE last_seq = 2`)
	say(d.arrival("SM6", "wake up", "+4915200"))
	say(d.arrival("SM7", "blocked", "+4915300"))
	d.exec(`UPDATE contacts SET blocked_at = now() WHERE address = '+4915300'`)
	say(d.arrival("SM8", "still blocked", "+4915300"))
	say(d.arrival("SM2", "again", "+4915100"))
	d.count(0, "event_outbox")
	d.wantLogged(collect(t, w, 11))
	d.count(8, "messages")
	d.one(new(int64), `SELECT last_seq FROM account_feed WHERE account_id = $1 AND last_seq = 11`, d.account)
}

// What is in the outbox came first, and so did what its own transaction put there.
func TestIntakeLeavesEventsBehindThoseInTheOutbox(t *testing.T) {
	t.Parallel()
	d := newDesk(t, model.AlwaysReopen)
	f := d.feed()
	for i, prepare := range []string{
		`INSERT INTO event_outbox (account_id, kind) VALUES ($1, 'AGENT_CHANGED')`,
		`WITH gone AS (DELETE FROM event_outbox) UPDATE conversations SET status = 'CLOSED', closed_at = now() WHERE account_id = $1`, // it is reopened
	} {
		d.exec(prepare, d.account)
		told := 0
		in := db.NewIntake(d.DB, time.Now, func(int64) { told++ }, f)
		if _, err := in.Store(t.Context(), d.account, d.arrival(fmt.Sprint("SM", i), "hello", "+4915100")); err != nil {
			t.Fatal(err)
		}
		in.Wait()
		if told != 1 {
			t.Errorf("told %d times of the outbox after message %d", told, i+1)
		}
	}
	d.count(2, "event_outbox WHERE kind IN ('CONVERSATION_CHANGED', 'MESSAGE_ADDED')")
	d.count(0, "events")
}

// What a lone message's events show is read with it, and is what a query would read afterwards.
func TestIntakeReadsWhatItsEventsShow(t *testing.T) {
	t.Parallel()
	d := newDesk(t, model.AlwaysNew)
	f := d.feed()
	w := d.follow(f)
	in := db.NewIntake(d.DB, time.Now, f.Told, f)
	agent, label := model.NewID(model.KindAgent), model.NewID(model.KindLabel)
	d.exec(`INSERT INTO agents (account_id, id, name, email, role, max_load) VALUES ($1, $2, 'Hana', 'hana@example.com', 'AGENT', 10)`, d.account, agent)
	d.exec(`INSERT INTO labels (account_id, id, name, color) VALUES ($1, $2, 'VIP', '#a0b0c0')`, d.account, label)
	for i, prepare := range []string{
		`SELECT $1::bigint, $2::uuid, $3::uuid`,
		`WITH owned AS (UPDATE conversations SET agent_id = $2 WHERE account_id = $1) INSERT INTO conversation_labels SELECT account_id, id, $3 FROM conversations WHERE account_id = $1`,
	} {
		d.exec(prepare, d.account, agent, label)
		if _, err := in.Store(t.Context(), d.account, d.arrival(fmt.Sprint("SM", i), "hello", "+4915100")); err != nil {
			t.Fatal(err)
		}
		batch := <-w.C
		if err := batch.Load(t.Context(), d.Store); err != nil {
			t.Fatal(err)
		}
		afterwards := &db.Batch{Events: batch.Events}
		if err := afterwards.Load(t.Context(), d.Store); err != nil {
			t.Fatal(err)
		}
		last := batch.Events[len(batch.Events)-1]
		for what, pair := range map[string][2]any{
			"conversation": {batch.Conversation(last), afterwards.Conversation(last)},
			"message":      {batch.Message(last), afterwards.Message(last)},
			"contact":      {first(t, &batch.Loads.Contacts, batch.Conversation(last).ContactID), first(t, &afterwards.Loads.Contacts, batch.Conversation(last).ContactID)},
			"channel":      {first(t, &batch.Loads.Channels, d.channel), first(t, &afterwards.Loads.Channels, d.channel)},
			"owner":        {first(t, &batch.Loads.Agents, agent), first(t, &afterwards.Loads.Agents, agent)},
			"labels":       {first(t, &batch.Loads.Labels, last.ConversationID), first(t, &afterwards.Loads.Labels, last.ConversationID)},
			"last message": {first(t, &batch.Loads.LastMessages, last.ConversationID), first(t, &afterwards.Loads.LastMessages, last.ConversationID)},
		} {
			if labels, ok := pair[1].([]*model.Label); ok { // when a label was made is not shown
				for _, l := range labels {
					l.CreatedAt = time.Time{}
				}
			}
			if !reflect.DeepEqual(pair[0], pair[1]) || reflect.ValueOf(pair[0]).IsZero() != (i == 0 && what == "labels") {
				t.Errorf("message %d, %s: read with it %+v, afterwards %+v", i+1, what, pair[0], pair[1])
			}
		}
	}
}

func first[V any](t *testing.T, l *db.Load[model.ID, V], id model.ID) V {
	t.Helper()
	values, err := l.Get(t.Context(), []model.ID{id})
	if err != nil {
		t.Fatal(err)
	}
	return values[0]
}

// Intakes and other writers of two processes number at the same time: no gap, nothing twice, and each conversation's
// messages in their order.
func TestIntakesNumberBesideSequencers(t *testing.T) {
	t.Parallel()
	d := newDesk(t, model.AlwaysNew)
	a, b := d.feed(), d.feed()
	wa, wb := d.follow(a), d.follow(b)
	const customers, each = 12, 30
	var wg sync.WaitGroup
	for i, f := range []*db.Feed{a, b} {
		in := db.NewIntake(d.DB, time.Now, f.Told, f)
		for c := range customers {
			wg.Go(func() {
				for m := range each {
					if _, err := in.Store(t.Context(), d.account, d.arrival(fmt.Sprint(i, " ", c, " ", m), "hello", fmt.Sprint("+49151", c))); err != nil {
						t.Error(err)
					}
				}
			})
		}
		wg.Go(func() {
			for range each {
				err := d.Tx(t.Context(), func(s *db.Store) error { return s.Tell(t.Context(), d.account, model.Event{Kind: model.AgentChanged}) })
				if err != nil {
					t.Error(err)
				}
				f.Told(d.account)
			}
		})
	}
	const all = 2*customers*each + customers + 2*each
	first, second := collect(t, wa, all), collect(t, wb, all)
	wg.Wait()
	last := map[model.ID]int64{}
	for i, e := range first {
		if shown(e) != shown(second[i]) {
			t.Fatalf("the processes disagree at %d: %s, %s", i, shown(e), shown(second[i]))
		}
		if e.Kind != model.MessageAdded {
			continue
		}
		if last[e.ConversationID]++; e.MessageSeq != last[e.ConversationID] {
			t.Fatalf("message %d of a conversation came when %d was due", e.MessageSeq, last[e.ConversationID])
		}
	}
	d.count(0, "event_outbox")
}

// What a transaction returned before it failed in the end is not told: its numbers are given to others.
func TestIntakeTellsNothingOfWhatWasUndone(t *testing.T) {
	t.Parallel()
	d := newDesk(t, model.AlwaysNew)
	f := d.feed()
	w := d.follow(f)
	in := db.NewIntake(d.DB, time.Now, f.Told, f)
	d.exec(`CREATE FUNCTION fail() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RAISE EXCEPTION ''at the commit''; END'`)
	d.exec(`CREATE CONSTRAINT TRIGGER fail AFTER INSERT ON messages DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (NEW.text = 'lost') EXECUTE FUNCTION fail()`)
	if got, err := in.Store(t.Context(), d.account, d.arrival("SM1", "lost", "+4915100")); err == nil {
		t.Errorf("stored as %+v", got)
	}
	if _, err := in.Store(t.Context(), d.account, d.arrival("SM2", "kept", "+4915200")); err != nil {
		t.Fatal(err)
	}
	d.wantLogged(collect(t, w, 2))
	d.count(1, "messages")
}
