package transport

import (
	"context"
	"time"

	"github.com/gorilla/websocket"
)

// close is shut for callers that do not hold mu.
func (s *Socket) close(e CloseError) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.shut(e)
}

// answerClose gives the peer's code back, or none when it had none, as RFC 6455 section 5.5.1 asks.
func (s *Socket) answerClose(code int) {
	if code == websocket.CloseNoStatusReceived {
		code = 0
	}
	s.close(CloseError{Code: code})
}

// shut moves to closing, once: the close frame goes behind what is queued, operations end, and both directions get
// their last deadline. Operations are ended by a goroutine of their own because the caller holds mu, perhaps inside
// the delivery of a group. A code of 0 sends an empty close frame, closeAbnormal none.
func (s *Socket) shut(e CloseError) {
	if s.state == closing {
		return
	}
	s.state = closing
	s.timer.Stop()
	now := time.Now()
	if s.out.writing == 0 || s.out.deadline.Before(now) { // a write under way has no more time than it had
		s.out.deadline = now.Add(s.ws.WriteTimeout)
	}
	// Deadlines that cannot be set mean a closed connection, which the reader and the flusher report.
	_ = s.netConn.SetReadDeadline(now.Add(closeGrace))
	_ = s.netConn.SetWriteDeadline(s.out.deadline)
	if e.Code != closeAbnormal {
		var payload []byte
		if e.Code != 0 {
			payload = closePayload(e)
		}
		s.out.add(websocket.CloseMessage, payload, nil, nil)
		s.startFlush()
	}
	s.tasks.Add(1)
	go s.release(s.cutAll(), s.unwatch, e)
}

// cutAll takes all operations from the socket.
func (s *Socket) cutAll() (cut []cutOperation) {
	for _, op := range s.operations {
		cut = append(cut, cutOperation{op.cancel, s.remove(op)})
	}
	return cut
}

type cutOperation struct {
	cancel context.CancelFunc
	member *member
}

func (s *Socket) release(cut []cutOperation, unwatch func() bool, e CloseError) {
	defer s.tasks.Done()
	if unwatch != nil {
		unwatch()
	}
	s.cancel(e)
	for _, op := range cut {
		op.cancel()
		op.member.leave()
	}
}

// finish runs when nothing can be read any more. If a close frame is still on its way, it is given its time; then the
// connection goes, and the socket's place when all its goroutines have ended.
func (s *Socket) finish() {
	s.mu.Lock()
	said := s.state == closing
	s.shut(CloseError{Code: closeAbnormal})
	s.mu.Unlock()
	if said {
		s.writes.Wait()
	}
	_ = s.conn.Close()
	s.writes.Wait()
	s.tasks.Wait()
	s.ws.leave(s)
}
