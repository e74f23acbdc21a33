package bench

import (
	"context"
	"fmt"
	"net/url"
	"time"

	"github.com/livedesk/livedesk/model"
	"github.com/livedesk/livedesk/server/channel/twilio/twiliotest"
)

// pushPlan is the size of the push benchmark. Each slice is one plain, one under cuts, and one measured.
type pushPlan struct {
	agents   int
	perAgent int // sockets; below the desk's limit, so that one that is back may meet its own past
	contacts int
	messages int // of each part of a slice
	every    time.Duration
	slices   int
}

var fullPush = pushPlan{agents: 25, perAgent: 8, contacts: 50, messages: 240, every: 20 * time.Millisecond, slices: 7}

// How many times longer than one insert, commit and loopback frame a message may take to an agent.
const (
	pushMedian = 5
	pushTail   = 10
)

// run measures how long it takes from a webhook to each agent's frame, and cuts sockets in between.
func (plan pushPlan) run(ctx context.Context, s *stage) (*figures, error) {
	if err := s.setUp(ctx); err != nil {
		return nil, err
	}
	p, err := s.newPlace(ctx, "desk")
	if err != nil {
		return nil, err
	}
	_, h, err := p.channel(ctx, "Bench", twiliotest.WhatsAppNumber)
	if err != nil {
		return nil, err
	}
	tokens, err := p.signedIn(ctx, plan.agents, model.Supervisor, "")
	if err != nil {
		return nil, err
	}
	plain, err := s.plainDatabase(ctx)
	if err != nil {
		return nil, err
	}
	server, err := s.serve(ctx, p.url)
	if err != nil {
		return nil, err
	}
	load, err := hire[pushTask, pushAnswer](ctx, s, "push-load")
	if err != nil {
		return nil, err
	}
	defer load.dismiss()
	h = h.at(server)
	if _, err := load.ask(pushTask{Join: &join{Host: h.Host, Tokens: tokens, PerAgent: plan.perAgent}, Database: plain}); err != nil {
		return nil, err
	}
	m := &pushMeter{plan: plan, place: p, load: load, hook: h}
	if err := m.measure(ctx); err != nil {
		return nil, fmt.Errorf("%w%s", err, s.logTail("serve"))
	}
	return m.figures(), m.check(ctx)
}

// signedIn makes agents and returns their tokens.
func (p *place) signedIn(ctx context.Context, n int, role model.Role, channel model.ID) ([]string, error) {
	agents, err := p.agents(ctx, n, role, channel)
	if err != nil {
		return nil, err
	}
	return p.sessions(ctx, agents...)
}

// pushMeter collects the figures of a push benchmark.
type pushMeter struct {
	plan  pushPlan
	place *place
	load  *crew[pushTask, pushAnswer]
	hook  hook

	posted, cuts                    int
	last                            pushAnswer
	medians, tails                  []float64 // ms
	plainMedians, plainTails        []float64
	medianRatios, tailRatios, rough []float64
}

func (m *pushMeter) measure(ctx context.Context) error {
	// The first message of each contact opens a conversation.
	if _, err := m.say(m.plan.contacts, false); err != nil {
		return err
	}
	if err := m.place.settle(ctx); err != nil {
		return err
	}
	if _, err := m.load.ask(pushTask{Plain: m.plan.messages / 4, Every: m.plan.every}); err != nil {
		return err
	}
	for i := range m.plan.slices {
		if err := m.slice(i); err != nil {
			return err
		}
	}
	return nil
}

func (m *pushMeter) slice(i int) error {
	plain, err := m.load.ask(pushTask{Plain: m.plan.messages, Every: m.plan.every})
	if err != nil {
		return err
	}
	cut, err := m.say(m.plan.messages, true)
	if err != nil {
		return err
	}
	m.cuts += m.plan.agents * m.plan.perAgent
	ours, err := m.say(m.plan.messages, false)
	if err != nil {
		return err
	}
	m.last = ours
	m.medians, m.tails = append(m.medians, ms(ours.Median)), append(m.tails, ms(ours.P99))
	m.plainMedians, m.plainTails = append(m.plainMedians, ms(plain.Median)), append(m.plainTails, ms(plain.P99))
	m.medianRatios = append(m.medianRatios, ms(ours.Median)/ms(plain.Median))
	m.tailRatios = append(m.tailRatios, ms(ours.P99)/ms(plain.P99))
	m.rough = append(m.rough, ms(cut.P99))
	m.place.stage.say("slice %d: p50 %.2f ms, p99 %.2f ms; plain %.2f and %.2f ms: %.1f and %.1f times; p99 under cuts %.1f ms",
		i+1, m.medians[i], m.tails[i], m.plainMedians[i], m.plainTails[i], m.medianRatios[i], m.tailRatios[i], m.rough[i])
	return nil
}

func (m *pushMeter) say(n int, cut bool) (pushAnswer, error) {
	first := m.posted + 1
	m.posted += n
	return m.load.ask(pushTask{Say: &salvo{Hook: m.hook, First: first, Messages: n, Every: m.plan.every, Contacts: m.plan.contacts}, Cut: cut})
}

func (m *pushMeter) figures() *figures {
	f := &figures{}
	f.add("p50_ms", median(m.medians))
	f.add("plain_p50_ms", median(m.plainMedians))
	f.atMost("p50_ratio", median(m.medianRatios), pushMedian)
	f.add("p99_ms", median(m.tails))
	f.add("plain_p99_ms", median(m.plainTails))
	f.atMost("p99_ratio", median(m.tailRatios), pushTail)
	f.add("cut_p99_ms", median(m.rough))
	f.add("sockets", m.plan.agents*m.plan.perAgent)
	f.add("messages", m.posted)
	f.add("cuts", m.cuts)
	f.add("came_back", m.last.Back)
	f.add("lost", 0) // the wait for every message has ended well
	f.add("twice", m.last.Twice)
	return f
}

// check compares what the sockets got with what is stored.
func (m *pushMeter) check(ctx context.Context) error {
	var stored int
	if err := m.place.db.Pool().QueryRow(ctx, `SELECT count(*) FROM messages`).Scan(&stored); err != nil {
		return err
	}
	if stored != m.posted || m.last.Twice > 0 || m.last.Back < m.cuts {
		return fmt.Errorf("of %d posted messages %d are stored and %d came twice to a socket; sockets came back %d times after %d cuts",
			m.posted, stored, m.last.Twice, m.last.Back, m.cuts)
	}
	return m.place.verify(ctx)
}

// plainDatabase is an empty database in the same cluster.
func (s *stage) plainDatabase(ctx context.Context) (string, error) {
	const name = "plain"
	if err := s.createDatabase(ctx, name); err != nil {
		return "", err
	}
	u, err := url.Parse(s.pg.URL())
	if err != nil {
		return "", err
	}
	u.Path = "/" + name
	return u.String(), nil
}
