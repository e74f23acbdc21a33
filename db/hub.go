package db

import (
	"context"
	"sync"
)

// hub is where one account's events are handed out in this process. It exists while somebody follows the account.
type hub struct {
	account    int64
	delivering sync.Mutex // held while events are read and published: one order for everybody
	at         int64      // last event published; guarded by delivering

	mu        sync.Mutex
	followers map[*Follower]struct{}
	held      int // who keeps the hub without following, guarded by the feed's mu
}

// Follower gets the events of an account in order. It is cut off, rather than waited for, when it falls behind.
type Follower struct {
	Start int64       // the last event before the first that C gives
	C     chan *Batch // closed when the follower fell behind, and by Unfollow
	hub   *hub
	once  sync.Once
}

// followerQueue is how many batches a follower may lag behind before it is cut off.
const followerQueue = 256

// Follow subscribes to the account's events from now on. Close it in the end.
func (f *Feed) Follow(ctx context.Context, account int64) (*Follower, error) {
	h, err := f.hold(ctx, account)
	if err != nil {
		return nil, err
	}
	h.delivering.Lock()
	defer h.delivering.Unlock()
	w := &Follower{Start: h.at, C: make(chan *Batch, followerQueue), hub: h}
	h.mu.Lock()
	h.followers[w] = struct{}{}
	h.mu.Unlock()
	return w, nil
}

// Unfollow ends a subscription.
func (f *Feed) Unfollow(w *Follower) {
	w.hub.mu.Lock()
	delete(w.hub.followers, w)
	w.hub.mu.Unlock()
	w.close()
	f.Release(w.hub.account)
}

func (w *Follower) close() { w.once.Do(func() { close(w.C) }) }

// Hold keeps the account's events coming to OnEvents until Release.
func (f *Feed) Hold(ctx context.Context, account int64) error {
	_, err := f.hold(ctx, account)
	return err
}

func (f *Feed) hold(ctx context.Context, account int64) (*hub, error) {
	f.mu.Lock()
	h := f.hubs[account]
	if h != nil {
		h.held++
		f.mu.Unlock()
		h.delivering.Lock() // waits until the one who made it has read where the log stands
		defer h.delivering.Unlock()
		if h.at < 0 {
			f.Release(account)
			return nil, errNoStart
		}
		return h, nil
	}
	h = &hub{account: account, held: 1, at: -1, followers: map[*Follower]struct{}{}}
	h.delivering.Lock()
	defer h.delivering.Unlock()
	f.hubs[account] = h
	f.mu.Unlock()
	_, last, err := f.db.LogBounds(ctx, account)
	if err != nil {
		f.Release(account)
		return nil, err
	}
	h.at = last
	return h, nil
}

// Release gives up a Hold.
func (f *Feed) Release(account int64) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if h := f.hubs[account]; h != nil {
		if h.held--; h.held == 0 {
			delete(f.hubs, account)
		}
	}
}

func (f *Feed) hub(account int64) *hub {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.hubs[account]
}

// At is the number of the last event delivered in this process for an account that is held.
func (f *Feed) At(account int64) int64 {
	h := f.hub(account)
	if h == nil {
		return 0
	}
	h.delivering.Lock()
	defer h.delivering.Unlock()
	return h.at
}

// send publishes in order. The caller holds delivering.
func (h *hub) send(batch *Batch) {
	h.at = batch.Events[len(batch.Events)-1].Seq
	h.mu.Lock()
	defer h.mu.Unlock()
	for w := range h.followers {
		select {
		case w.C <- batch:
		default:
			delete(h.followers, w)
			w.close()
		}
	}
}

func (h *hub) followed() bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return len(h.followers) > 0
}

// restart goes on from where the log stands now, and cuts off whoever followed the one before.
func (h *hub) restart(ctx context.Context, d *DB) error {
	h.delivering.Lock()
	defer h.delivering.Unlock()
	_, last, err := d.LogBounds(ctx, h.account)
	if err != nil {
		return err
	}
	h.at = last
	h.mu.Lock()
	defer h.mu.Unlock()
	for w := range h.followers {
		delete(h.followers, w)
		w.close()
	}
	return nil
}
