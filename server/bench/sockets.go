package bench

import (
	"context"
	"errors"
	"fmt"
	"os"
	"regexp"
	"strconv"
	"time"

	"github.com/livedesk/livedesk/model"
)

// socketsPlan is the size of the sockets benchmark.
type socketsPlan struct {
	crowd    int // agents who see the crowd's channel
	rest     int // agents who see another one
	near     int // agents who see what a reader that stalls sees
	perAgent int // sockets
	settle   time.Duration
	events   int // per slice
	every    time.Duration
	slices   int
	fill     int // messages of 60,000 characters for a reader that stalls
	stalling int // messages after those; some seconds' worth, as long as it may take until the reader is gone
}

// fullSockets settles for longer than two minutes: then Go has collected, and given back, what the opening of the
// sockets left behind, whatever else happens.
var fullSockets = socketsPlan{crowd: 100, rest: 400, near: 1, perAgent: 10, settle: 135 * time.Second,
	events: 60, every: 50 * time.Millisecond, slices: 3, fill: 60, stalling: 200}

// The bars of the sockets benchmark.
const (
	idleKB      = 20
	deliveryCPU = 15 // µs of the server for one event to one of 1,000
	// A stalled reader has 10 s, and what the kernel takes for it comes before those.
	stalledGone = 12 * time.Second
	othersTail  = 3 // how many times longer it may take to others while a reader stalls
)

// run measures what sockets cost that have nothing to do, what an event costs to many of them, and what a reader that
// stalls does to the others. All agents are of one account. Its 5,000 sockets stay subscribed all the time; an event
// of the crowd's channel goes to 1,000 of them.
func (plan socketsPlan) run(ctx context.Context, s *stage) (*figures, error) {
	if err := enoughFiles((plan.crowd+plan.rest+plan.near)*plan.perAgent + 500); err != nil {
		return nil, err
	}
	if err := s.setUp(ctx); err != nil {
		return nil, err
	}
	p, err := s.newPlace(ctx, "desk")
	if err != nil {
		return nil, err
	}
	m := &socketsMeter{plan: plan, place: p, hooks: map[string]hook{}, joins: map[string]join{}}
	if err := m.prepare(ctx); err != nil {
		return nil, err
	}
	if m.server, err = s.serve(ctx, p.url); err != nil {
		return nil, err
	}
	if m.load, err = hire[socketsTask, socketsAnswer](ctx, s, "sockets-load"); err != nil {
		return nil, err
	}
	defer m.load.dismiss()
	for _, part := range []func(context.Context) error{m.idle, m.fanOut, m.stall, m.check} {
		if err := part(ctx); err != nil {
			return nil, fmt.Errorf("%w%s", err, s.logTail("serve"))
		}
	}
	return m.figures, nil
}

// socketsMeter collects the figures of a sockets benchmark.
type socketsMeter struct {
	plan    socketsPlan
	place   *place
	server  *process
	load    *crew[socketsTask, socketsAnswer]
	hooks   map[string]hook // of the audiences' channels
	joins   map[string]join
	spare   string // the token of who stalls
	posted  int
	twice   map[string]int // by audience
	back    map[string]int
	figures *figures
}

// prepare makes a channel for each audience, and agents who see only that.
func (m *socketsMeter) prepare(ctx context.Context) error {
	m.figures, m.twice, m.back = &figures{}, map[string]int{}, map[string]int{}
	for i, a := range []struct {
		name             string
		agents, perAgent int
	}{{"one", 1, 1}, {"crowd", m.plan.crowd, m.plan.perAgent}, {"rest", m.plan.rest, m.plan.perAgent}, {"near", m.plan.near + 1, m.plan.perAgent}} {
		channel, h, err := m.place.channel(ctx, a.name, fmt.Sprintf("whatsapp:+1555010%04d", i))
		if err != nil {
			return err
		}
		tokens, err := m.place.signedIn(ctx, a.agents, model.AgentRole, channel)
		if err != nil {
			return err
		}
		if a.name == "near" {
			m.spare, tokens = tokens[0], tokens[1:]
		}
		m.hooks[a.name], m.joins[a.name] = h, join{Tokens: tokens, PerAgent: a.perAgent}
	}
	return nil
}

// join opens the sockets of audiences.
func (m *socketsMeter) join(names ...string) error {
	joins := map[string]join{}
	for _, name := range names {
		j := m.joins[name]
		j.Host = m.hooks[name].at(m.server).Host
		joins[name] = j
	}
	_, err := m.load.ask(socketsTask{Join: joins})
	return err
}

// salvo is n messages of a customer that an audience sees.
func (m *socketsMeter) salvo(to string, n int) *salvo {
	first := m.posted + 1
	m.posted += n
	return &salvo{Hook: m.hooks[to].at(m.server), First: first, Messages: n, Every: m.plan.every, Contacts: 1, Apart: true}
}

func (m *socketsMeter) say(to string, n int, s *stall) (socketsAnswer, error) {
	a, err := m.load.ask(socketsTask{To: to, Say: m.salvo(to, n), Stall: s})
	m.back[to], m.twice[to] = a.Back, a.Twice
	return a, err
}

// idle measures the memory of sockets that are subscribed and get nothing, after a server that has warmed up.
func (m *socketsMeter) idle(ctx context.Context) error {
	if err := m.join("one"); err != nil {
		return err
	}
	if _, err := m.say("one", m.plan.events, nil); err != nil {
		return err
	}
	before, err := m.rest(ctx, m.plan.settle/10) // it has left little behind yet
	if err != nil {
		return err
	}
	began := time.Now()
	if err := m.join("crowd", "rest"); err != nil {
		return err
	}
	m.place.stage.say("the sockets came in %.1f s", time.Since(began).Seconds())
	after, err := m.rest(ctx, m.plan.settle)
	if err != nil {
		return err
	}
	sockets := (m.plan.crowd + m.plan.rest) * m.plan.perAgent
	m.figures.add("subscriptions", sockets)
	m.figures.add("without_mb", float64(before)/(1<<20))
	m.figures.add("with_mb", float64(after)/(1<<20))
	m.figures.atMost("idle_kb_each", float64(after-before)/1024/float64(sockets), idleKB)
	return nil
}

// rest waits and returns the server's memory.
func (m *socketsMeter) rest(ctx context.Context, wait time.Duration) (int64, error) {
	size, err := restingMemory(ctx, m.server, wait)
	m.place.stage.say("the server holds %.1f MB after %v of rest", float64(size)/(1<<20), wait)
	return size, err
}

// fanOut measures the server's processor time for an event to the crowd. The same to one socket is what the event
// itself costs.
func (m *socketsMeter) fanOut(context.Context) error {
	if _, err := m.say("crowd", m.plan.events/4, nil); err != nil { // opens the conversation and warms up
		return err
	}
	var each, p99 []float64
	for i := range m.plan.slices {
		alone, _, err := m.cost("one")
		if err != nil {
			return err
		}
		all, a, err := m.cost("crowd")
		if err != nil {
			return err
		}
		others := float64(m.plan.crowd*m.plan.perAgent - 1)
		each, p99 = append(each, (all-alone)/others), append(p99, ms(a.P99))
		m.place.stage.say("slice %d: an event costs %.0f µs to one socket and %.0f µs to %.0f more, %.1f µs each; p50 %.1f ms, p99 %.1f ms",
			i+1, alone, all, others, each[i], ms(a.Median), ms(a.P99))
	}
	m.figures.add("event_to", m.plan.crowd*m.plan.perAgent)
	m.figures.atMost("cpu_us_each", median(each), deliveryCPU)
	m.figures.add("event_p99_ms", median(p99))
	return nil
}

// cost is how many µs of the server's processor time one event takes.
func (m *socketsMeter) cost(to string) (us float64, a socketsAnswer, err error) {
	used, err := cpuDuring(func() (err error) { a, err = m.say(to, m.plan.events, nil); return err }, m.server.pid())
	if err != nil {
		return 0, a, err
	}
	return float64(used[0]) / 1e3 / float64(m.plan.events), a, nil
}

// stall lets one reader stall among others and looks how long it stays and what it does to them.
func (m *socketsMeter) stall(context.Context) error {
	if err := m.join("near"); err != nil {
		return err
	}
	if _, err := m.say("near", m.plan.stalling/10, nil); err != nil {
		return err
	}
	before, err := m.say("near", m.plan.stalling, nil)
	if err != nil {
		return err
	}
	fill := m.salvo("near", m.plan.fill)
	fill.Every, fill.Length, fill.Apart = 0, 60_000, false
	during, err := m.say("near", m.plan.stalling, &stall{Host: fill.Hook.Host, Token: m.spare, Fill: *fill})
	if err != nil {
		return err
	}
	after, err := m.say("near", m.plan.stalling, nil)
	if err != nil {
		return err
	}
	if during.Gone > stallTime {
		return fmt.Errorf("the reader that stalled is still there after %v", stallTime)
	}
	m.figures.within("stalled_gone", during.Gone, stalledGone)
	m.figures.add("others_p99_before_ms", ms(before.P99))
	m.figures.add("others_p99_ms", ms(during.P99))
	m.figures.add("others_p99_after_ms", ms(after.P99))
	m.figures.atMost("others_p99_ratio", ms(during.P99)/((ms(before.P99)+ms(after.P99))/2), othersTail)
	return nil
}

// check fails when sockets were closed that had done nothing wrong, or got something twice; what they did not get at
// all was waited for.
func (m *socketsMeter) check(ctx context.Context) error {
	for name := range m.back {
		if m.back[name]+m.twice[name] > 0 {
			return fmt.Errorf("sockets of %q were closed %d times and got %d messages twice", name, m.back[name], m.twice[name])
		}
	}
	return m.place.verify(ctx)
}

var filesLimit = regexp.MustCompile(`(?m)^Max open files +\S+ +(\d+)`)

// enoughFiles checks that a process may open that many. A Go program has its hard limit: the runtime raises the soft one.
func enoughFiles(needed int) error {
	text, err := os.ReadFile("/proc/self/limits")
	if err != nil {
		return err
	}
	found := filesLimit.FindSubmatch(text)
	if found == nil {
		return nil // unlimited
	}
	if hard, _ := strconv.Atoi(string(found[1])); hard < needed {
		return errors.New("a process may open " + string(found[1]) + " files, and this needs " + strconv.Itoa(needed) + ": raise the hard limit (ulimit -Hn)")
	}
	return nil
}
