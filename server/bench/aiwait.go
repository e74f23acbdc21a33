package bench

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/livedesk/livedesk/model"
	"github.com/livedesk/livedesk/server/ai/aitest"
)

// waits compares what others' messages and an agent's mutations take while many conversations wait for a slow model with
// what they take while none does, in turn, and looks for connections to the database that are held meanwhile.
func (b *aiBench) waits(ctx context.Context, f *figures) error {
	t, err := b.others(ctx)
	if err != nil {
		return err
	}
	var quiet, busy aiAnswer
	held := 0
	for round := range b.plan.rounds {
		sides := []bool{false, true}
		if round%2 == 1 {
			sides = []bool{true, false}
		}
		for _, waiting := range sides {
			into := &quiet
			if waiting {
				into = &busy
			}
			n, err := b.side(ctx, t, waiting, into)
			if err != nil {
				return err
			}
			held = max(held, n)
		}
	}
	f.add("waiting", b.plan.waiting)
	compare := func(name string, with, without []time.Duration) {
		f.add(name+"_p99", percentile(with, 0.99))
		f.add(name+"_p99_quiet", percentile(without, 0.99))
		f.atMost(name+"_ratio", float64(percentile(with, 0.99))/float64(percentile(without, 0.99)), slowdown)
	}
	compare("inbound", busy.Posts, quiet.Posts)
	compare("mutation", busy.Notes, quiet.Notes)
	f.atMost("connections_held", float64(held), 0)
	return nil
}

// others is the work of everybody else: customers of the other channel, and an agent there.
func (b *aiBench) others(ctx context.Context) (aiTask, error) {
	t := aiTask{Hook: b.plain, Messages: b.plan.inbound, From: 10_000, Clients: 4, Rest: 4 * time.Millisecond, URL: b.server.url + "/graphql", Notes: b.plan.mutations}
	tokens, err := b.place.sessions(ctx, b.place.admin)
	if err != nil {
		return t, err
	}
	t.Token = tokens[0]
	var id model.ID
	err = b.place.db.Pool().QueryRow(ctx, `SELECT c.id::text FROM conversations c JOIN channels h ON h.id = c.channel_id WHERE h.name = 'Plain' LIMIT 1`).Scan((*string)(&id))
	t.Conversation = string(id)
	return t, err
}

// side does the others' work once, with conversations that wait for the model or without, and returns how many connections
// were held all the time while only those waited.
func (b *aiBench) side(ctx context.Context, t aiTask, waiting bool, into *aiAnswer) (held int, err error) {
	release := func() {}
	if waiting {
		release = b.models.Hold()
		if err := b.post(b.robin, b.plan.waiting, 100_000); err != nil {
			return 0, err
		}
		if err := b.inFlight(ctx, b.plan.waiting); err != nil {
			return 0, err
		}
		if held, err = b.held(ctx); err != nil {
			return 0, err
		}
	}
	t.First = b.numbers(t.Messages)
	a, err := b.load.ask(t)
	if err != nil {
		return 0, err
	}
	if waiting && b.models.Counts().InFlight != b.plan.waiting {
		return 0, errors.New("the conversations did not wait for the model all the time")
	}
	into.Posts, into.Notes = append(into.Posts, a.Posts...), append(into.Notes, a.Notes...)
	b.stage.say("waiting %v: inbound p99 %v, mutation p99 %v", waiting, percentile(a.Posts, 0.99).Round(10*time.Microsecond), percentile(a.Notes, 0.99).Round(10*time.Microsecond))
	release()
	return held, b.settled(ctx)
}

func (b *aiBench) inFlight(ctx context.Context, n int) error {
	ctx, cancel := context.WithTimeout(ctx, aiSettled)
	defer cancel()
	if err := b.models.Until(ctx, func(c aitest.Counts) bool { return c.InFlight == n }); err != nil {
		return fmt.Errorf("%d of %d conversations wait for the model: %w", b.models.Counts().InFlight, n, err)
	}
	return nil
}

// held counts connections to the database that are in use each time that it looks. Those of the benchmark are not.
func (b *aiBench) held(ctx context.Context) (int, error) {
	least := -1
	for range 20 {
		var n int
		err := b.place.db.Pool().QueryRow(ctx, `SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend' AND state <> 'idle' AND pid <> pg_backend_pid()`).Scan(&n)
		if err != nil {
			return 0, err
		}
		if least < 0 || n < least {
			least = n
		}
		pause(ctx, 50*time.Millisecond)
	}
	return least, nil
}
