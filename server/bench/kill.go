package bench

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/livedesk/livedesk/server/channel/twilio/twiliotest"
)

// killPlan is the size of the kill benchmark.
type killPlan struct {
	kills    int // with DATABASE_URL, and as many with the private Postgres
	clients  int
	contacts int
}

var fullKill = killPlan{kills: 10, clients: 16, contacts: 200}

// How soon the killed program must serve again.
const (
	backSoon  = 2 * time.Second // with DATABASE_URL
	backLater = 5 * time.Second // with the private Postgres, which may have to recover
)

// run kills the server under load, again and again, and then looks for what was answered and is not there, or is there
// twice. The second round is with the Postgres that the server runs itself, on the same data.
func (plan killPlan) run(ctx context.Context, s *stage) (*figures, error) {
	if err := s.setUp(ctx); err != nil {
		return nil, err
	}
	p, err := s.openPlace(ctx, s.pg.URL())
	if err != nil {
		return nil, err
	}
	_, h, err := p.channel(ctx, "Bench", twiliotest.WhatsAppNumber)
	if err != nil {
		return nil, err
	}
	k := &killer{plan: plan, stage: s, hook: h, random: rand.New(rand.NewPCG(seed, 0)), next: 1}
	f := &figures{}
	f.add("kills", 2*plan.kills)
	soon, err := k.round(ctx, p.url)
	if err != nil {
		return nil, fmt.Errorf("with DATABASE_URL: %w", err)
	}
	f.within("back_worst", percentile(soon, 1), backSoon)
	f.add("back", median(soon))
	if err := s.stopPostgres(); err != nil {
		return nil, err
	}
	later, err := k.round(ctx, "")
	if err != nil {
		return nil, fmt.Errorf("with the private Postgres: %w", err)
	}
	f.within("private_back_worst", percentile(later, 1), backLater)
	f.add("private_back", median(later))
	return f, k.check(ctx, f)
}

// killer kills, starts again, and remembers what was answered.
type killer struct {
	plan   killPlan
	stage  *stage
	hook   hook
	random *rand.Rand
	next   int // number of the next message

	answered, again, refused, broken int
	numbers                          []int
}

// round kills the server several times under load and returns how long it took each time until a webhook was taken
// again, counted from the kill.
func (k *killer) round(ctx context.Context, database string) (back []time.Duration, err error) {
	addr, err := freeAddr()
	if err != nil {
		return nil, err
	}
	server, err := k.stage.serveAt(ctx, addr, database)
	if err != nil {
		return nil, err
	}
	load, err := hire[killTask, killAnswer](ctx, k.stage, "kill-load")
	if err != nil {
		return nil, err
	}
	defer load.dismiss()
	h := k.hook.at(server)
	probe := k.next
	first := probe + k.plan.kills + 1
	if _, err := load.ask(killTask{Hook: h, First: first, Clients: k.plan.clients, Contacts: k.plan.contacts}); err != nil {
		return nil, err
	}
	for i := range k.plan.kills {
		pause(ctx, 50*time.Millisecond+time.Duration(k.random.IntN(450))*time.Millisecond)
		server.kill()
		began := time.Now()
		if server, err = k.stage.launch(ctx, addr, database); err != nil {
			return nil, err
		}
		if err := k.taken(ctx, server, h.request(probe+i, 0, "still there")); err != nil {
			return nil, err
		}
		back = append(back, time.Since(began))
		k.numbers = append(k.numbers, probe+i)
		k.stage.say("kill %d: a webhook was taken after %v", i+1, back[i].Round(time.Millisecond))
	}
	a, err := load.ask(killTask{End: true})
	if err != nil {
		return nil, err
	}
	k.note(a)
	return back, server.stop(ctx)
}

// taken posts the webhook until it is answered 204.
func (k *killer) taken(ctx context.Context, server *process, request []byte) error {
	p := &poster{host: k.hook.at(server).Host}
	defer p.close()
	for {
		status, err := p.post(request)
		if err == nil && status == 204 {
			return nil
		}
		select {
		case <-server.done:
			return fmt.Errorf("the server ended while starting again: %v%s", server.cmd.ProcessState, k.stage.logTail("serve"))
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-time.After(2 * time.Millisecond):
		}
	}
}

func (k *killer) note(a killAnswer) {
	k.next = a.Last + 1
	k.numbers = append(k.numbers, a.Answered...)
	k.answered += len(a.Answered) - a.Twice
	k.again += a.Twice
	k.refused += a.Refused
	k.broken += a.Broken
}

// check reads the data with a Postgres of the benchmark's own, after the server has let go of it.
func (k *killer) check(ctx context.Context, f *figures) error {
	if err := k.stage.startPostgres(ctx); err != nil {
		return err
	}
	p, err := k.stage.connect(ctx, k.stage.pg.URL())
	if err != nil {
		return err
	}
	sids := make([]string, len(k.numbers))
	for i, n := range k.numbers {
		sids[i] = sid(n)
	}
	var lost, twice, untold, toldTwice, invented int
	err = p.db.Pool().QueryRow(ctx, `WITH answered AS (SELECT DISTINCT unnest($1::text[]) AS external_id),
		stored AS (SELECT external_id, count(*) AS n FROM messages GROUP BY external_id),
		told AS (SELECT m.id, count(x.message_id) AS n FROM messages m LEFT JOIN (
			SELECT message_id FROM events WHERE kind = 'MESSAGE_ADDED' UNION ALL SELECT message_id FROM event_outbox WHERE kind = 'MESSAGE_ADDED') x ON x.message_id = m.id GROUP BY m.id)
		SELECT (SELECT count(*) FROM answered a WHERE NOT EXISTS (SELECT 1 FROM stored s WHERE s.external_id = a.external_id)),
			(SELECT count(*) FROM stored WHERE n > 1), (SELECT count(*) FROM told WHERE n = 0), (SELECT count(*) FROM told WHERE n > 1),
			(SELECT count(*) FROM stored WHERE external_id >= $2)`, sids, sid(k.next)).Scan(&lost, &twice, &untold, &toldTwice, &invented)
	if err != nil {
		return err
	}
	f.add("answered", k.answered)
	f.add("posted_again", k.again)
	f.add("without_answer", k.broken)
	f.add("refused", k.refused)
	f.add("lost", lost)
	f.add("twice", twice+toldTwice)
	if lost+twice+untold+toldTwice+invented > 0 {
		return errors.Join(fmt.Errorf("of %d answered webhooks %d are lost; %d messages are stored twice, %d have no event, %d have two, %d were never posted",
			k.answered, lost, twice, untold, toldTwice, invented), p.verify(ctx))
	}
	return p.verify(ctx)
}
