package worker

import (
	"context"
	"log/slog"
	"slices"
	"sync"
	"time"

	"github.com/livedesk/livedesk/model"
	"github.com/livedesk/livedesk/server/desk"
)

// The bounds of AI Agents' turns in one process. A turn mostly waits for a model, and holds nothing but its chat.
const (
	turnsAtOnce   = 1024
	accountsShare = 512 // of those, for one account: a slow endpoint of one keeps none from the others
	turnsClaimed  = 32  // at once
	turnsLook     = time.Second
	turnsLeast    = 20 * time.Millisecond // between two looks
)

// turns has AI Agents answer. It takes turns straight from their rows, without a job for each: a row says when it is due,
// to the millisecond, and which process is at work on it.
type turns struct {
	desk *desk.Desk
	log  *slog.Logger
	look chan struct{} // has one when it is worth looking at once
	end  context.CancelFunc
	loop sync.WaitGroup

	mu      sync.Mutex
	running map[int64]*turn // by fence
	work    sync.WaitGroup
}

type turn struct {
	duty   model.AiDuty
	cancel context.CancelFunc
}

func newTurns(d *desk.Desk, log *slog.Logger) *turns {
	return &turns{desk: d, log: log, look: make(chan struct{}, 1), running: map[int64]*turn{}}
}

// start looks for turns until stop.
func (t *turns) start(ctx context.Context) {
	ctx, t.end = context.WithCancel(context.WithoutCancel(ctx))
	t.loop.Go(func() { t.take(ctx) })
	t.loop.Go(func() { t.keep(ctx) })
}

// take begins what is due. Between its looks, a second at most, it sleeps until something is: what comes meanwhile is due
// later than that.
func (t *turns) take(ctx context.Context) {
	for ctx.Err() == nil {
		wait := turnsLook
		limit, full := t.room()
		if limit > 0 {
			duties, next, err := t.desk.ClaimAiTurns(ctx, limit, full)
			if err != nil && ctx.Err() == nil {
				t.log.Error("look for what AI Agents have to answer", "error", err)
			}
			for _, d := range duties {
				t.begin(d)
			}
			if next >= 0 {
				wait = min(max(next, turnsLeast), turnsLook)
			}
		}
		sleep := time.NewTimer(wait)
		select {
		case <-ctx.Done():
		case <-t.look:
		case <-sleep.C:
		}
		sleep.Stop()
	}
}

// room is how many turns may begin, and which accounts have their share already.
func (t *turns) room() (limit int, full []int64) {
	t.mu.Lock()
	defer t.mu.Unlock()
	count, full := map[int64]int{}, []int64{}
	for _, r := range t.running {
		if count[r.duty.AccountID]++; count[r.duty.AccountID] == accountsShare {
			full = append(full, r.duty.AccountID)
		}
	}
	return min(turnsAtOnce-len(t.running), turnsClaimed), full
}

func (t *turns) begin(d model.AiDuty) {
	ctx, cancel := context.WithCancel(context.Background())
	t.mu.Lock()
	t.running[d.Fence] = &turn{d, cancel}
	t.mu.Unlock()
	t.work.Go(func() {
		defer t.ended(d.Fence)
		defer cancel()
		if err := t.desk.AiTurn(ctx, d); err != nil && ctx.Err() == nil {
			t.log.Error("let an AI Agent answer", "account", d.AccountID, "conversation", d.ConversationID, "error", err)
		}
	})
}

// ended makes room. What the customer wrote meanwhile may be due already.
func (t *turns) ended(fence int64) {
	t.mu.Lock()
	delete(t.running, fence)
	t.mu.Unlock()
	select {
	case t.look <- struct{}{}:
	default:
	}
}

// keep renews the turns under way, and ends those that somebody else has.
func (t *turns) keep(ctx context.Context) {
	tick := time.NewTicker(desk.AiLease / 3)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		duties := t.duties()
		if len(duties) == 0 {
			continue
		}
		ours, err := t.desk.RenewAiTurns(ctx, duties)
		if err != nil {
			t.log.Warn("renew turns of AI Agents", "error", err)
			continue
		}
		for _, d := range duties {
			if !slices.Contains(ours, d.Fence) {
				t.cancel(d.Fence)
			}
		}
	}
}

func (t *turns) duties() (list []model.AiDuty) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, r := range t.running {
		list = append(list, r.duty)
	}
	return list
}

func (t *turns) cancel(fence int64) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if r := t.running[fence]; r != nil {
		r.cancel()
	}
}

// stop begins no more turns, and waits a moment for those under way. The others are given back: they begin again in
// another process, or in the next one.
func (t *turns) stop(ctx context.Context) {
	if t.end == nil {
		return
	}
	t.end()
	t.loop.Wait()
	ended := make(chan struct{})
	go func() { defer close(ended); t.work.Wait() }()
	soft := time.NewTimer(stopTime)
	defer soft.Stop()
	select {
	case <-ended:
		return
	case <-soft.C:
	case <-ctx.Done():
	}
	for _, d := range t.duties() {
		t.cancel(d.Fence)
	}
	select {
	case <-ended:
	case <-ctx.Done():
	}
}
