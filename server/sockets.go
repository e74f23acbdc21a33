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

	strangers strangers

	mu      sync.Mutex
	byAgent map[model.ID]map[*held]struct{}
	owed    []*held        // closed, but their leases are not: the database could not be told
	ending  sync.WaitGroup // sockets whose lease is being given up
}

// held is one signed-in socket. What follows the channel is guarded by the mu of sockets.
type held struct {
	id     model.ID
	viewer *model.Viewer
	socket *transport.Socket
	joined chan struct{} // closed when it has its lease, or never will

	leased  bool // it was given a lease
	settled bool // its rights were read and are kept up to date by regroup
	stale   bool // they changed before
	revoked bool // its session ended: the agent is gone at once, without the grace
}

func newSockets(d *desk.Desk, database *db.DB, feed *db.Feed, process model.ID, log *slog.Logger) *sockets {
	return &sockets{desk: d, db: database, feed: feed, process: process, log: log, byAgent: map[model.ID]map[*held]struct{}{}}
}

// leaseTime bounds a call that gives or ends a lease.
const leaseTime = 5 * time.Second

var (
	closeForbidden = transport.CloseError{Code: transport.CloseForbidden, Reason: "Sign in again"}
	closeTooMany   = transport.CloseError{Code: transport.CloseResume, Reason: "Too many connections of this agent"}
)

// signIn is the transport's Init: the payload is {"authorization": "Bearer <token>"}. A socket without a token may
// ask what anybody may, which is to sign in, for a while.
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
		return s.strangers.letIn(ctx)
	}
	viewer, ends, err := s.desk.Authenticate(ctx, token)
	if model.CodeOf(err) == model.Unauthenticated {
		return nil, closeForbidden
	}
	if err != nil {
		return nil, s.tryAgain(ctx, "authenticate", err)
	}
	h := &held{id: model.NewID(model.KindConnection), viewer: viewer, socket: transport.SocketFrom(ctx), joined: make(chan struct{})}
	defer close(h.joined)
	if err := s.feed.Hold(ctx, viewer.Account); err != nil {
		return nil, s.tryAgain(ctx, "follow the account's events", err)
	}
	// From here on the socket is found when its session ends or its rights change; what ended before is refused below.
	s.add(h)
	context.AfterFunc(ctx, func() { s.ended(h) })
	if err := s.lease(ctx, h); err != nil {
		return nil, err
	}
	if viewer, err = s.sight(ctx, h); err != nil {
		return nil, err
	}
	ctx, cancel := context.WithDeadlineCause(model.WithViewer(ctx, viewer), ends, closeForbidden)
	context.AfterFunc(ctx, cancel)
	return ctx, nil
}

// lease registers a socket that is being signed in.
func (s *sockets) lease(ctx context.Context, h *held) error {
	ok, err := s.register(ctx, h)
	if err != nil {
		return s.tryAgain(ctx, "register a socket", err)
	}
	if !ok {
		return closeTooMany
	}
	return nil
}

// sight reads what the socket's agent may see, again if that changed meanwhile.
func (s *sockets) sight(ctx context.Context, h *held) (*model.Viewer, error) {
	for {
		viewer, err := s.db.Sight(ctx, h.viewer)
		if model.CodeOf(err) != "" {
			return nil, closeForbidden
		}
		if err != nil {
			return nil, s.tryAgain(ctx, "read an agent's rights", err)
		}
		if s.settle(h) {
			return viewer, nil
		}
	}
}

func (s *sockets) settle(h *held) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	h.settled, h.stale = !h.stale, false
	return h.settled
}

// tryAgain logs a fault of ours and sends the client away to come back. That a client left is no fault.
func (s *sockets) tryAgain(ctx context.Context, doing string, err error) error {
	if ctx.Err() == nil {
		s.log.ErrorContext(ctx, doing, "error", err)
	}
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
	<-h.joined
	s.mu.Lock()
	delete(s.byAgent[h.viewer.Agent], h)
	if len(s.byAgent[h.viewer.Agent]) == 0 {
		delete(s.byAgent, h.viewer.Agent)
	}
	s.mu.Unlock()
	s.feed.Release(h.viewer.Account)
	if err := s.endLease(context.Background(), h); err != nil {
		s.log.Error("give up the lease of a socket, it is tried again", "error", err)
		s.owe(h)
	}
}

func (s *sockets) endLease(ctx context.Context, h *held) error {
	ctx, cancel := context.WithTimeout(ctx, leaseTime)
	defer cancel()
	s.mu.Lock()
	revoked := h.revoked
	s.mu.Unlock()
	return s.db.Disconnect(ctx, h.viewer.Account, h.id, revoked)
}

func (s *sockets) owe(closed ...*held) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.owed = append(s.owed, closed...)
}

// payOwed ends the leases that could not be ended before, and is false when some are left. Those must not be renewed.
func (s *sockets) payOwed(ctx context.Context) bool {
	s.mu.Lock()
	owed := s.owed
	s.owed = nil
	s.mu.Unlock()
	for i, h := range owed {
		if s.endLease(ctx, h) != nil {
			s.owe(owed[i:]...)
			return false
		}
	}
	return true
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
		if s.unsettled(h) {
			continue
		}
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

// unsettled tells a socket that is being signed in to read its rights again.
func (s *sockets) unsettled(h *held) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	h.stale = h.stale || !h.settled
	return !h.settled
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
