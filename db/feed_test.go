package db_test

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"testing"
	"time"

	"github.com/livedesk/livedesk/db"
	"github.com/livedesk/livedesk/model"
)

func (d *desk) feed() *db.Feed {
	d.t.Helper()
	f := db.NewFeed(d.DB, slog.New(slog.DiscardHandler))
	if err := f.Start(d.t.Context()); err != nil {
		d.t.Fatal(err)
	}
	d.t.Cleanup(func() {
		if err := f.Stop(context.Background()); err != nil {
			d.t.Error(err)
		}
	})
	return f
}

func (d *desk) follow(f *db.Feed) *db.Follower {
	d.t.Helper()
	w, err := f.Follow(d.t.Context(), d.account)
	if err != nil {
		d.t.Fatal(err)
	}
	d.t.Cleanup(func() { f.Unfollow(w) })
	return w
}

// collect takes n events and checks that their numbers have no gap.
func collect(t testing.TB, w *db.Follower, n int) []*model.Event {
	t.Helper()
	var all []*model.Event
	at := w.Start
	for len(all) < n {
		select {
		case batch, ok := <-w.C:
			if !ok {
				t.Fatalf("cut off after %d events", len(all))
			}
			for _, e := range batch.Events {
				if at++; e.Seq != at {
					t.Fatalf("event %d came as number %d", e.Seq, at)
				}
			}
			all = append(all, batch.Events...)
		case <-time.After(20 * time.Second):
			t.Fatalf("%d of %d events came", len(all), n)
		}
	}
	return all
}

func TestTwoProcessesDeliverEveryEventOnceAndInOrder(t *testing.T) {
	t.Parallel()
	d := newDesk(t, model.AlwaysNew)
	a, b := d.feed(), d.feed()
	wa, wb := d.follow(a), d.follow(b)
	const writers, each = 8, 50
	var wg sync.WaitGroup
	for i := range writers {
		wg.Go(func() {
			feed := []*db.Feed{a, b}[i%2]
			for j := range each {
				err := d.Tx(t.Context(), func(s *db.Store) error {
					return s.Tell(t.Context(), d.account, model.Event{Kind: model.AgentChanged, MessageSeq: int64(i*each + j + 1)})
				})
				if err != nil {
					t.Error(err)
				}
				feed.Told(d.account)
			}
		})
	}
	first, second := collect(t, wa, writers*each), collect(t, wb, writers*each)
	wg.Wait()
	for i := range first {
		if first[i].Seq != second[i].Seq || first[i].MessageSeq != second[i].MessageSeq {
			t.Fatalf("the processes disagree at %d: %+v, %+v", i, first[i], second[i])
		}
	}
	last := map[int64]int64{}
	for _, e := range first {
		writer := (e.MessageSeq - 1) / each
		if e.MessageSeq <= last[writer] {
			t.Fatalf("writer %d: event %d after %d", writer, e.MessageSeq, last[writer])
		}
		last[writer] = e.MessageSeq
	}
	d.count(0, "event_outbox")
}

func TestEventsOfAProcessThatDiedAreFound(t *testing.T) {
	t.Parallel()
	d := newDesk(t, model.AlwaysNew)
	w := d.follow(d.feed())
	d.says("SM1", "hello", "+819000000001") // nobody is told
	events := collect(t, w, 2)
	if events[0].Kind != model.ConversationAdded || events[1].Kind != model.MessageAdded || events[1].MessageSeq != 1 {
		t.Fatalf("events %+v %+v", events[0], events[1])
	}
}

func TestLogBounds(t *testing.T) {
	t.Parallel()
	d := newDesk(t, model.AlwaysNew)
	f := d.feed()
	w := d.follow(f)
	bounds := func() string {
		first, last, err := d.LogBounds(t.Context(), d.account)
		if err != nil {
			t.Fatal(err)
		}
		return fmt.Sprint(first, last)
	}
	if got := bounds(); got != "1 0" {
		t.Errorf("bounds of an empty log: %s", got)
	}
	d.says("SM1", "hello", "+819000000001")
	f.Told(d.account)
	collect(t, w, 2)
	if got := bounds(); got != "1 2" {
		t.Errorf("bounds: %s", got)
	}
	d.exec(`DELETE FROM events`)
	if got := bounds(); got != "3 2" {
		t.Errorf("bounds once all is dropped: %s", got)
	}
}

func TestEpochChangesWithTheCluster(t *testing.T) {
	t.Parallel()
	d := newDesk(t, model.AlwaysNew)
	first := d.feed().Epoch()
	if again := d.feed().Epoch(); again != first {
		t.Errorf("epoch %d, then %d on the same cluster", first, again)
	}
	d.exec(`UPDATE log_epoch SET identity = 'another cluster'`)
	if restored := d.feed().Epoch(); restored == first {
		t.Error("a restored log kept its epoch")
	}
}

func TestAnotherLogCutsOffFollowers(t *testing.T) {
	t.Parallel()
	d := newDesk(t, model.AlwaysNew)
	f := d.feed()
	w := d.follow(f)
	before := f.Epoch()
	d.exec(`UPDATE log_epoch SET identity = 'the primary that was lost'`)
	d.exec(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND query LIKE 'LISTEN%'`)
	select {
	case _, ok := <-w.C:
		if ok {
			t.Fatal("the follower got events of another log")
		}
	case <-time.After(20 * time.Second):
		t.Fatal("the follower still follows")
	}
	if f.Epoch() == before {
		t.Error("the epoch is the same")
	}
}
