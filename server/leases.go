package server

import (
	"context"
	"time"

	"github.com/livedesk/livedesk/db"
	"github.com/livedesk/livedesk/model"
)

// register gives the socket a lease, and is false when the agent may not have one more. That is not given up half-way
// when the socket closes meanwhile: nobody would know then whether there is a lease to end.
func (s *sockets) register(ctx context.Context, h *held) (ok bool, err error) {
	whole, cancel := context.WithTimeout(context.WithoutCancel(ctx), leaseTime)
	defer cancel()
	if ok, err = s.db.Connect(whole, h.viewer, h.id, s.process); err != nil || !ok {
		return false, err
	}
	s.mu.Lock()
	h.leased = true
	s.mu.Unlock()
	s.feed.Told(h.viewer.Account)
	s.desk.Arrived(h.viewer.Account, h.viewer.Agent)
	return true, nil
}

// keep renews the leases and ends those that ran out, until ctx ends. When the database was away nobody's lease is ended
// before this process's are renewed: they ran out meanwhile, and their sockets are still there.
func (s *sockets) keep(ctx context.Context) {
	renew, expire := time.NewTicker(db.LeaseRenew), time.NewTicker(time.Second)
	defer renew.Stop()
	defer expire.Stop()
	renewed := s.renew(ctx)
	for {
		select {
		case <-ctx.Done():
			return
		case <-renew.C:
			renewed = s.renew(ctx)
		case <-expire.C:
			s.payOwed(ctx)
			if !renewed {
				renewed = s.renew(ctx)
			}
			renewed = renewed && s.expire(ctx)
		}
	}
}

func (s *sockets) expire(ctx context.Context) (ok bool) {
	accounts, err := s.db.EndLeases(ctx)
	if err != nil {
		if ctx.Err() == nil {
			s.log.Error("end leases", "error", err)
		}
		return false
	}
	for _, a := range accounts {
		s.feed.Told(a)
	}
	return true
}

func (s *sockets) renew(ctx context.Context) (ok bool) {
	if !s.payOwed(ctx) {
		return false
	}
	leased := s.leased()
	r, err := s.db.RenewLeases(ctx, s.process)
	if err != nil {
		if ctx.Err() == nil {
			s.log.Error("renew the leases", "error", err)
		}
		return false
	}
	s.feed.SetAlone(r.Others == 0)
	for _, id := range r.Sockets {
		delete(leased, id)
	}
	s.restore(ctx, leased)
	return true
}

// leased returns the sockets that have a lease, or had one when this process last knew.
func (s *sockets) leased() map[model.ID]*held {
	s.mu.Lock()
	defer s.mu.Unlock()
	all := map[model.ID]*held{}
	for _, sockets := range s.byAgent {
		for h := range sockets {
			if h.leased {
				all[h.id] = h
			}
		}
	}
	return all
}

// restore gives new leases to sockets that lost theirs though they are open: another process, which saw the database
// again before this one did, has ended them. What is not done in time the next renewal finds again.
func (s *sockets) restore(ctx context.Context, lost map[model.ID]*held) {
	ctx, cancel := context.WithTimeout(ctx, db.LeaseRenew)
	defer cancel()
	for _, h := range lost {
		if ctx.Err() != nil {
			return
		}
		if !s.holds(h) {
			continue
		}
		ok, err := s.register(ctx, h)
		if err != nil {
			s.log.Error("register a socket again", "error", err)
			return
		}
		if !ok {
			h.socket.Close(closeTooMany.Code, closeTooMany.Reason)
			continue
		}
		// One that closed meanwhile gave up a lease that was not there yet.
		if !s.holds(h) && s.endLease(ctx, h) != nil {
			s.owe(h)
		}
	}
}

func (s *sockets) holds(h *held) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	_, there := s.byAgent[h.viewer.Agent][h]
	return there
}
