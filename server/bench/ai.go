package bench

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/livedesk/livedesk/db"
	"github.com/livedesk/livedesk/model"
	"github.com/livedesk/livedesk/server/ai/aitest"
	"github.com/livedesk/livedesk/server/channel/twilio/twiliotest"
)

// aiPlan is the size of the ai benchmark.
type aiPlan struct {
	turns     int // of which the cost is measured
	waiting   int // conversations that wait for the model
	rounds    int // with them and without
	inbound   int // messages of others in each round
	mutations int // of an agent in each round
	killed    int // conversations among which the server is killed
	kills     int
}

var fullAi = aiPlan{turns: 400, waiting: 500, rounds: 4, inbound: 1000, mutations: 400, killed: 200, kills: 10}

// The bars of the ai benchmark.
const (
	turnCPU   = 20 * time.Millisecond // of server and Postgres, beside what the same message costs without an AI Agent
	slowdown  = 1.2                   // of others' 99th percentiles while conversations wait for a model
	aiPause   = 200 * time.Millisecond
	aiSettled = 60 * time.Second
)

// aiBench is what the parts of the benchmark have in common.
type aiBench struct {
	plan   aiPlan
	stage  *stage
	place  *place
	models *aitest.Server
	addr   string
	server *process
	plain  hook // of a channel without an AI Agent
	robin  hook // of one with it
	load   *crew[aiTask, aiAnswer]
	next   int // number of the next message
}

func (plan aiPlan) run(ctx context.Context, s *stage) (*figures, error) {
	b := &aiBench{plan: plan, stage: s, models: aitest.Start(aitest.Options{Key: aitest.KeyNone}), next: 1}
	defer b.models.Close()
	if err := b.setUp(ctx); err != nil {
		return nil, err
	}
	defer b.load.dismiss()
	f := &figures{}
	for _, part := range []func(context.Context, *figures) error{b.cost, b.waits, b.kills} {
		if err := part(ctx, f); err != nil {
			return nil, err
		}
	}
	return f, errors.Join(b.server.stop(ctx), b.place.verify(ctx))
}

func (b *aiBench) setUp(ctx context.Context) (err error) {
	s := b.stage
	s.more = []string{"LIVEDESK_PRIVATE_HOSTS=" + b.models.Address, "LIVEDESK_AI_PAUSE=" + aiPause.String()}
	if err = s.setUp(ctx); err != nil {
		return err
	}
	if b.place, err = s.openPlace(ctx, s.pg.URL()); err != nil {
		return err
	}
	if _, b.plain, err = b.place.channel(ctx, "Plain", twiliotest.WhatsAppNumber); err != nil {
		return err
	}
	var channel model.ID
	if channel, b.robin, err = b.place.channel(ctx, "Robin's", twiliotest.ServiceNumber); err != nil {
		return err
	}
	if err = b.place.aiAgent(ctx, channel, b.models.URL()); err != nil {
		return err
	}
	if b.addr, err = freeAddr(); err != nil {
		return err
	}
	if b.server, err = s.serveAt(ctx, b.addr, b.place.url); err != nil {
		return err
	}
	b.plain, b.robin = b.plain.at(b.server), b.robin.at(b.server)
	b.load, err = hire[aiTask, aiAnswer](ctx, s, "ai-load")
	return err
}

// aiAgent adds an AI Agent and starts it on the channel.
func (p *place) aiAgent(ctx context.Context, channel model.ID, address string) error {
	a := model.NewAiAgent(p.account, time.Now())
	a.Name, a.Instructions, a.Model, a.BaseURL, a.TimeoutSeconds, a.MaxTurns = "Robin", "Be kind.", aitest.DefaultModel, address, 120, 500
	return p.db.Tx(ctx, func(s *db.Store) error {
		if err := s.SaveAiAgent(ctx, a); err != nil {
			return err
		}
		if err := s.SaveChannelAi(ctx, p.account, &model.ChannelAiAgent{}, &model.ChannelAiAgent{ChannelID: channel, AgentID: a.ID, Started: true}); err != nil {
			return err
		}
		return s.NextAutomation(ctx, p.account, channel)
	})
}

// numbers are the next n numbers of messages; it returns the first.
func (b *aiBench) numbers(n int) int {
	first := b.next
	b.next += n
	return first
}

// cost is what a turn costs: the processor time of server and Postgres for messages that an AI Agent answers, less that for
// as many that nobody does. The model answers at once.
func (b *aiBench) cost(ctx context.Context, f *figures) error {
	pg, _, err := b.stage.postmaster()
	if err != nil {
		return err
	}
	spend := func(h hook, from int) (time.Duration, error) {
		used, err := cpuDuring(func() error {
			if err := b.post(h, b.plan.turns, from); err != nil {
				return err
			}
			return b.settled(ctx)
		}, b.server.pid(), pg)
		if err != nil {
			return 0, err
		}
		return used[0] + used[1], nil
	}
	if _, err := spend(b.robin, 0); err != nil { // the first time everything is cold
		return err
	}
	without, err := spend(b.plain, 10_000)
	if err != nil {
		return err
	}
	with, err := spend(b.robin, 10_000)
	if err != nil {
		return err
	}
	f.add("turns", b.plan.turns)
	f.within("turn_cpu", (with-without)/time.Duration(b.plan.turns), turnCPU)
	return b.sound(ctx)
}

// post sends a message of each of n customers from one on.
func (b *aiBench) post(h hook, n, from int) error {
	_, err := b.load.ask(aiTask{Hook: h, First: b.numbers(n), Messages: n, From: from, Clients: 4})
	return err
}

// settled waits until no AI Agent owes an answer and all is sent.
func (b *aiBench) settled(ctx context.Context) error {
	ctx, cancel := context.WithTimeoutCause(ctx, aiSettled, errors.New("the AI Agent still owes answers after a minute"))
	defer cancel()
	for {
		var left int
		err := b.place.db.Pool().QueryRow(ctx, `SELECT (SELECT count(*) FROM ai_duties) + (SELECT count(*) FROM conversations WHERE to_place IS NOT NULL)
			+ (SELECT count(*) FROM messages WHERE status IN ('QUEUED','SENDING'))`).Scan(&left)
		if err != nil && ctx.Err() == nil {
			return err
		}
		if err == nil && left == 0 {
			return nil
		}
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		pause(ctx, 20*time.Millisecond)
	}
}

// sound fails unless each customer of the AI Agent was answered.
func (b *aiBench) sound(ctx context.Context) error {
	var silent int
	err := b.place.db.Pool().QueryRow(ctx, `SELECT count(*) FROM conversations c WHERE c.status = 'AI_REPLYING' AND NOT EXISTS (
		SELECT 1 FROM messages m WHERE m.account_id = c.account_id AND m.conversation_id = c.id AND m.ai_agent_id IS NOT NULL)`).Scan(&silent)
	if err == nil && silent > 0 {
		err = fmt.Errorf("%d customers were not answered", silent)
	}
	return err
}
