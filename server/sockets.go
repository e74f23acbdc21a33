package server

import (
	"context"
	"encoding/json"
	"log/slog"
	"strings"
	"sync"
	"time"

	"github.com/livedesk/livedesk/db"
	"github.com/livedesk/livedesk/graph/transport"
	"github.com/livedesk/livedesk/model"
	"github.com/livedesk/livedesk/server/desk"
)

// sockets knows which agent holds which websocket in this process. It signs sockets in, holds their leases of
// presence, and closes or regroups them when an event says that a session or a right ended.
type sockets struct {
	desk    *desk.Desk
	db      *db.DB
	feed    *db.Feed
	process model.ID
	log     *slog.Logger

	mu      sync.Mutex
	byAgent map[model.ID]map[*held]struct{}
	ending  sync.WaitGroup // sockets whose lease is being given up
}

// held is one signed-in socket.
type held struct {
	id      model.ID
	viewer  *model.Viewer
	socket  *transport.Socket
	revoked bool // its session ended: the agent is gone at once, without the grace
}

func newSockets(d *desk.Desk, database *db.DB, feed *db.Feed, process model.ID, log *slog.Logger) *sockets {
	return &sockets{desk: d, db: database, feed: feed, process: process, log: log, byAgent: map[model.ID]map[*held]struct{}{}}
}

var (
	closeForbidden = transport.CloseError{Code: transport.CloseForbidden, Reason: "Sign in again"}
	closeTooMany   = transport.CloseError{Code: transport.CloseResume, Reason: "Too many connections of this agent"}
)

// signIn is the transport's Init: the payload is {"authorization": "Bearer <token>"}. A socket without a token may
// ask what anybody may, which is to sign in.
func (s *sockets) signIn(ctx context.Context, payload json.RawMessage) (context.Context, error) {
	var init struct {
		Authorization string `json:"authorization"`
	}
	if len(payload) > 0 {
		if err := json.Unmarshal(payload, &init); err != nil {
			return nil, closeForbidden
		}
	}
	token := bearer(init.Authorization)
	if token == "" {
		return ctx, nil
	}
	viewer, ends, err := s.desk.Authenticate(ctx, token)
	if model.CodeOf(err) == model.Unauthenticated {
		return nil, closeForbidden
	}
	if err != nil {
		return nil, s.tryAgain(ctx, "authenticate", err)
	}
	h := &held{id: model.NewID(model.KindConnection), viewer: viewer, socket: transport.SocketFrom(ctx)}
	if err := s.feed.Hold(ctx, viewer.Account); err != nil {
		return nil, s.tryAgain(ctx, "follow the account's events", err)
	}
	// From here on the socket is found when its session ends or its rights change; what ended before is refused below.
	s.add(h)
	context.AfterFunc(ctx, func() { s.ended(h) })
	if viewer, err = s.db.Sight(ctx, viewer); err != nil {
		return nil, closeForbidden
	}
	ok, err := s.db.Connect(ctx, viewer, h.id, s.process)
	if err != nil {
		return nil, s.tryAgain(ctx, "register a socket", err)
	}
	if !ok {
		return nil, closeTooMany
	}
	s.feed.Told(viewer.Account)
	ctx, cancel := context.WithDeadlineCause(model.WithViewer(ctx, viewer), ends, closeForbidden)
	context.AfterFunc(ctx, cancel)
	return ctx, nil
}

// tryAgain logs a fault of ours and sends the client away to come back.
func (s *sockets) tryAgain(ctx context.Context, doing string, err error) error {
	s.log.ErrorContext(ctx, doing, "error", err)
	return transport.CloseError{Code: transport.CloseResume, Reason: "Try again"}
}

func bearer(header string) string {
	scheme, token, _ := strings.Cut(header, " ")
	if !strings.EqualFold(scheme, "Bearer") {
		return ""
	}
	return strings.TrimSpace(token)
}

func (s *sockets) add(h *held) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.ending.Add(1)
	if s.byAgent[h.viewer.Agent] == nil {
		s.byAgent[h.viewer.Agent] = map[*held]struct{}{}
	}
	s.byAgent[h.viewer.Agent][h] = struct{}{}
}

// ended gives up the lease of a socket that closed.
func (s *sockets) ended(h *held) {
	defer s.ending.Done()
	s.mu.Lock()
	delete(s.byAgent[h.viewer.Agent], h)
	if len(s.byAgent[h.viewer.Agent]) == 0 {
		delete(s.byAgent, h.viewer.Agent)
	}
	revoked := h.revoked
	s.mu.Unlock()
	s.feed.Release(h.viewer.Account)
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	if err := s.db.Disconnect(ctx, h.viewer.Account, h.id, revoked); err != nil {
		s.log.Error("give up a lease, it runs out by itself", "error", err)
	}
}

// onEvents makes ended sessions and changed rights take effect before anybody gets the events after them.
func (s *sockets) onEvents(events []*model.Event) {
	changed := map[model.ID]bool{}
	for _, e := range events {
		switch e.Kind {
		case model.SessionEnded:
			s.revoke(e.AgentID, e.SessionID)
		case model.RightsChanged:
			changed[e.AgentID] = true
		case model.ConversationAdded, model.ConversationRemoved:
			if e.AgentID != "" {
				changed[e.AgentID] = true
			}
		}
	}
	for agent := range changed {
		s.regroup(agent)
	}
}

// revoke closes the session's sockets, or all of the agent's when no session is named.
func (s *sockets) revoke(agent, session model.ID) {
	for _, h := range s.of(agent) {
		if session == "" || h.viewer.Session == session {
			s.mu.Lock()
			h.revoked = true
			s.mu.Unlock()
			h.socket.Close(closeForbidden.Code, closeForbidden.Reason)
		}
	}
}

// regroup lets the agent's subscriptions go on with the rights the agent has now. What the agent gained or lost is
// addressed to them in the log, and each subscription reads it from where it stands.
func (s *sockets) regroup(agent model.ID) {
	for _, h := range s.of(agent) {
		ctx, cancel := context.WithTimeout(h.socket.Context(), 5*time.Second)
		viewer, err := s.db.Sight(ctx, h.viewer)
		cancel()
		if err != nil {
			h.socket.Close(transport.CloseResume, "Connect again")
			continue
		}
		h.socket.SetContext(model.WithViewer(h.socket.Context(), viewer))
		h.socket.Regroup()
	}
}

func (s *sockets) of(agent model.ID) []*held {
	s.mu.Lock()
	defer s.mu.Unlock()
	all := make([]*held, 0, len(s.byAgent[agent]))
	for h := range s.byAgent[agent] {
		all = append(all, h)
	}
	return all
}

// keep renews the leases and ends those that ran out, until ctx ends.
func (s *sockets) keep(ctx context.Context) {
	renew, expire := time.NewTicker(db.LeaseRenew), time.NewTicker(time.Second)
	defer renew.Stop()
	defer expire.Stop()
	s.renew(ctx)
	for {
		select {
		case <-ctx.Done():
			return
		case <-renew.C:
			s.renew(ctx)
		case <-expire.C:
			accounts, err := s.db.EndLeases(ctx)
			if err != nil && ctx.Err() == nil {
				s.log.Error("end leases", "error", err)
			}
			for _, a := range accounts {
				s.feed.Told(a)
			}
		}
	}
}

func (s *sockets) renew(ctx context.Context) {
	others, err := s.db.RenewLeases(ctx, s.process)
	if err != nil {
		if ctx.Err() == nil {
			s.log.Error("renew the leases", "error", err)
		}
		return
	}
	s.feed.SetAlone(others == 0)
}
