package bench

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/livedesk/livedesk/model"
	"github.com/livedesk/livedesk/server/channel/twilio/twiliotest"
)

// listPlan is the size of the list benchmark.
type listPlan struct {
	small, large int // conversations
	channels     int
	agents       int // of each channel
	messages     int // of the longest conversation
	requests     int // per slice
	rounds       int // of one slice per account and viewer
}

var fullList = listPlan{small: 1_000, large: 100_000, channels: 4, agents: 6, messages: 3, requests: 150, rounds: 8}

// The bars of the list benchmark.
const (
	listRatio = 1.3
	listCPU   = 3 // ms
)

// listView is somebody looking at the list of an account, and what that took.
type listView struct {
	token  string
	rounds []float64     // median of each slice, ms
	server time.Duration // processor time
	pg     time.Duration
	asked  int
}

// listPair is the same view of the small account and of the large one.
type listPair struct {
	prefix       string // of its figures
	small, large listView
}

// run measures what the list of conversations costs in an account with many against one with few, side by side in one
// database: for somebody who sees all of it, and for an agent of one channel.
func (plan listPlan) run(ctx context.Context, s *stage) (*figures, error) {
	if err := s.setUp(ctx); err != nil {
		return nil, err
	}
	p, err := s.newPlace(ctx, "desk")
	if err != nil {
		return nil, err
	}
	small, err := plan.fill(ctx, p, plan.small)
	if err != nil {
		return nil, err
	}
	other, err := s.openPlace(ctx, p.url)
	if err != nil {
		return nil, err
	}
	large, err := plan.fill(ctx, other, plan.large)
	if err != nil {
		return nil, err
	}
	if err := p.settle(ctx); err != nil {
		return nil, err
	}
	m := &listMeter{plan: plan, stage: s, pairs: []*listPair{
		{small: listView{token: small[0]}, large: listView{token: large[0]}},
		{prefix: "agent_", small: listView{token: small[1]}, large: listView{token: large[1]}},
	}}
	if err := m.measure(ctx, p.url); err != nil {
		return nil, err
	}
	return m.figures(), p.verify(ctx)
}

// fill gives an account its people and its past, and signs in its admin and an agent of one channel.
func (plan listPlan) fill(ctx context.Context, p *place, conversations int) (tokens []string, err error) {
	began := time.Now()
	var channels []model.ID
	var someone model.ID
	for i := range plan.channels {
		id, _, err := p.channel(ctx, fmt.Sprintf("Shop %d", i+1), fmt.Sprintf("%s%d", twiliotest.WhatsAppNumber, i))
		if err != nil {
			return nil, err
		}
		agents, err := p.agents(ctx, plan.agents, model.AgentRole, id)
		if err != nil {
			return nil, err
		}
		channels, someone = append(channels, id), agents[0]
	}
	err = p.fill(ctx, stock{Conversations: conversations, Channels: channels, Ended: true, Messages: plan.messages, Pace: time.Minute})
	if err != nil {
		return nil, err
	}
	p.stage.say("an account with %d conversations, made in %v", conversations, time.Since(began).Round(time.Millisecond))
	return p.sessions(ctx, p.admin, someone)
}

// listMeter collects the figures of a list benchmark.
type listMeter struct {
	plan   listPlan
	stage  *stage
	pairs  []*listPair
	server *process
	load   *crew[listTask, listAnswer]
}

func (m *listMeter) measure(ctx context.Context, database string) (err error) {
	if m.server, err = m.stage.serve(ctx, database); err != nil {
		return err
	}
	if m.load, err = hire[listTask, listAnswer](ctx, m.stage, "list-load"); err != nil {
		return err
	}
	defer m.load.dismiss()
	for round := range m.plan.rounds + 1 { // the first warms everything up
		for _, p := range m.pairs {
			views := []*listView{&p.small, &p.large}
			if round%2 == 0 {
				slices.Reverse(views)
			}
			for _, v := range views {
				if err := m.slice(v, round > 0); err != nil {
					return err
				}
			}
		}
	}
	return m.server.stop(ctx)
}

func (m *listMeter) slice(v *listView, counts bool) error {
	pg, _, err := m.stage.postmaster()
	if err != nil {
		return err
	}
	var a listAnswer
	used, err := cpuDuring(func() (err error) {
		a, err = m.load.ask(listTask{URL: m.server.url + "/graphql", Token: v.token, Requests: m.plan.requests})
		return err
	}, m.server.pid(), pg)
	if err != nil {
		return err
	}
	if err := complete(a.Rows); err != nil || !counts {
		return err
	}
	v.rounds = append(v.rounds, ms(median(a.Took)))
	v.server += used[0]
	v.pg += used[1]
	v.asked += m.plan.requests
	return nil
}

// complete fails when the list lacks what a row of it shows.
func complete(rows []listRow) error {
	owned, labelled := 0, 0
	for _, r := range rows {
		if r.Contact.Name == "" || r.Channel.Name == "" || r.LastMessage.Text == "" {
			return fmt.Errorf("conversation %s lacks something in the list: %+v", r.ID, r)
		}
		if r.Assignee != nil {
			owned++
		}
		labelled += min(1, len(r.Labels))
	}
	if len(rows) != listPage || owned == 0 || labelled == 0 {
		return fmt.Errorf("the list has %d conversations, %d with an owner, %d with labels; it should have %d, and some of each", len(rows), owned, labelled, listPage)
	}
	return nil
}

func (m *listMeter) figures() *figures {
	f := &figures{}
	for _, p := range m.pairs {
		ratios := make([]float64, len(p.small.rounds))
		for i, took := range p.small.rounds {
			ratios[i] = p.large.rounds[i] / took
		}
		f.atMost(p.prefix+"ratio", median(ratios), listRatio)
		f.add(p.prefix+"small_p50_ms", median(p.small.rounds))
		f.add(p.prefix+"large_p50_ms", median(p.large.rounds))
		f.atMost(p.prefix+"small_cpu_ms", p.small.each(p.small.server+p.small.pg), listCPU)
		f.atMost(p.prefix+"large_cpu_ms", p.large.each(p.large.server+p.large.pg), listCPU)
		f.add(p.prefix+"large_server_cpu_ms", p.large.each(p.large.server))
	}
	return f
}

// each is a share of a time per request, in ms.
func (v *listView) each(d time.Duration) float64 { return ms(d) / float64(v.asked) }
