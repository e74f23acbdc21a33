package server

import (
	"context"
	"sync"
	"time"

	"github.com/livedesk/livedesk/graph/transport"
	"github.com/livedesk/livedesk/model"
)

// The bounds of sockets. One costs some 20 KB, and one without a token needs no password to be opened.
const (
	maxSockets         = 20_000 // of this process
	strangersAtAddress = 20     // sockets without a token from one network address
	strangerTime       = 30 * time.Second
)

var (
	closeStranger      = transport.CloseError{Code: transport.CloseForbidden, Reason: "Sign in"}
	closeManyStrangers = transport.CloseError{Code: transport.CloseResume, Reason: "Too many connections without a token"}
)

// strangers counts the sockets of nobody by network address.
type strangers struct {
	mu sync.Mutex
	at map[string]int
}

// letIn lets a socket without a token stay for as long as it takes to sign in. The count goes down when it closes.
func (s *strangers) letIn(ctx context.Context) (context.Context, error) {
	address := model.AddressFrom(ctx)
	if !s.enter(address) {
		return nil, closeManyStrangers
	}
	context.AfterFunc(ctx, func() { s.leave(address) })
	bounded, cancel := context.WithTimeoutCause(ctx, strangerTime, closeStranger)
	context.AfterFunc(bounded, cancel)
	return bounded, nil
}

func (s *strangers) enter(address string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.at[address] >= strangersAtAddress {
		return false
	}
	if s.at == nil {
		s.at = map[string]int{}
	}
	s.at[address]++
	return true
}

func (s *strangers) leave(address string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.at[address]--; s.at[address] == 0 {
		delete(s.at, address)
	}
}
