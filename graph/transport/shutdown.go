package transport

import (
	"context"
)

var closeRestart = CloseError{CloseRestart, "restart"}

// Shutdown refuses new sockets with 503, closes the open ones with 1001 "restart" and waits until their operations
// have ended, or until ctx ends: then the connections are cut and the error is that of ctx.
func (ws *WebSocket) Shutdown(ctx context.Context) error {
	for _, s := range ws.stop() {
		s.close(closeRestart)
	}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		ws.work.Wait()
	}()
	select {
	case <-ended:
		return nil
	case <-ctx.Done():
	}
	for _, s := range ws.stop() {
		_ = s.conn.Close()
	}
	return ctx.Err()
}

// stop lets nobody in any more and returns who is there.
func (ws *WebSocket) stop() []*Socket {
	ws.mu.Lock()
	defer ws.mu.Unlock()
	ws.stopped = true
	there := make([]*Socket, 0, len(ws.open))
	for s := range ws.open {
		there = append(there, s)
	}
	return there
}

// admit counts a socket before its handshake, so that a burst cannot pass the limit. leave takes it back.
func (ws *WebSocket) admit() bool {
	ws.mu.Lock()
	defer ws.mu.Unlock()
	if ws.stopped || ws.Sockets > 0 && ws.count >= ws.Sockets {
		return false
	}
	ws.count++
	ws.work.Add(1)
	return true
}

// register tells whether the socket may stay: a shutdown may have begun during its handshake.
func (ws *WebSocket) register(s *Socket) bool {
	ws.mu.Lock()
	defer ws.mu.Unlock()
	ws.open[s] = struct{}{}
	ws.Counters.Sockets.Add(1)
	return !ws.stopped
}

// leave gives up the place of a socket, or of a handshake that failed when s is nil.
func (ws *WebSocket) leave(s *Socket) {
	ws.mu.Lock()
	defer ws.mu.Unlock()
	if s != nil {
		delete(ws.open, s)
		ws.Counters.Sockets.Add(-1)
	}
	ws.count--
	ws.work.Done()
}
