package bench

import (
	"context"
	"fmt"
	"time"
)

// startPlan is the size of the start benchmark.
type startPlan struct {
	starts int           // after the first
	idle   time.Duration // until the memory is looked at
}

var fullStart = startPlan{starts: 7, idle: 20 * time.Second}

// The bars of the start benchmark.
const (
	firstStart = 10 * time.Second
	laterStart = 2 * time.Second
	idleMB     = 60
)

// run times the program from its start until it is ready, with the Postgres that it runs itself: in an empty data
// folder, then in the same one again. The memory is that of the server alone, when it has rested.
func (plan startPlan) run(ctx context.Context, s *stage) (*figures, error) {
	if err := s.startFake(); err != nil {
		return nil, err
	}
	server, first, err := s.timedStart(ctx)
	if err != nil {
		return nil, err
	}
	s.say("first start: %v", first.Round(time.Millisecond))
	var later []time.Duration
	for range plan.starts {
		if err := server.stop(ctx); err != nil {
			return nil, err
		}
		var took time.Duration
		if server, took, err = s.timedStart(ctx); err != nil {
			return nil, err
		}
		later = append(later, took)
		s.say("later start: %v", took.Round(time.Millisecond))
	}
	idle, err := restingMemory(ctx, server, plan.idle)
	if err != nil {
		return nil, err
	}
	f := &figures{}
	f.within("first", first, firstStart)
	f.within("later", median(later), laterStart)
	f.within("later_worst", percentile(later, 1), laterStart)
	f.atMost("idle_mb", float64(idle)/(1<<20), idleMB)
	return f, server.stop(ctx)
}

func (s *stage) timedStart(ctx context.Context) (*process, time.Duration, error) {
	addr, err := freeAddr()
	if err != nil {
		return nil, 0, err
	}
	began := time.Now()
	p, err := s.serveAt(ctx, addr, "")
	if err != nil {
		return nil, 0, fmt.Errorf("%w%s", err, s.logTail("serve"))
	}
	return p, time.Since(began), nil
}

// restingMemory waits and returns what the server then holds.
func restingMemory(ctx context.Context, p *process, rest time.Duration) (int64, error) {
	select {
	case <-time.After(rest):
	case <-p.done:
		return 0, fmt.Errorf("the server ended: %v", p.cmd.ProcessState)
	case <-ctx.Done():
		return 0, context.Cause(ctx)
	}
	return residentOf(p.pid())
}
