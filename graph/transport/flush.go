package transport

import (
	"errors"
	"os"
	"time"
)

// startFlush sees to it that a flusher runs. The caller holds mu.
func (s *Socket) startFlush() {
	if !s.out.flushing {
		s.flushFrom(nil)
	}
}

// flushFrom starts a flusher that first writes what is given to it. The caller holds mu.
func (s *Socket) flushFrom(first *buffer) {
	s.out.flushing = true
	s.writes.Add(1)
	go s.flush(first)
}

func (s *Socket) flush(b *buffer) {
	defer s.writes.Done()
	for ; ; b = nil {
		if b == nil {
			b = s.take()
		}
		if b == nil {
			return
		}
		err := s.write(b.bytes)
		b.release()
		if err != nil {
			s.fail(err)
			return
		}
	}
}

// take hands the waiting frames to the flusher and tells those who wait for room; nil ends the flusher. Then the deadline
// of its last write is taken back: it would end the next one that is made without a flusher.
func (s *Socket) take() *buffer {
	s.mu.Lock()
	defer s.mu.Unlock()
	b := s.out.waiting
	s.out.waiting, s.out.writing, s.out.flushing = nil, 0, b != nil
	if b != nil {
		s.out.writing = len(b.bytes)
	} else if s.state != closing {
		_ = s.netConn.SetWriteDeadline(time.Time{})
	}
	if s.out.room != nil {
		close(s.out.room)
		s.out.room = nil
	}
	return b
}

func (s *Socket) write(frames []byte) error {
	for len(frames) > 0 {
		chunk := frames[:min(len(frames), writeChunk)]
		// A deadline that cannot be set means a closed connection, which Write reports.
		_ = s.netConn.SetWriteDeadline(s.writeDeadline())
		if _, err := s.netConn.Write(chunk); err != nil {
			return err
		}
		frames = frames[len(chunk):]
	}
	return nil
}

func (s *Socket) writeDeadline() time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.state != closing {
		s.out.deadline = time.Now().Add(s.ws.WriteTimeout)
	}
	return s.out.deadline
}

// fail ends a socket that cannot be written to; the reader sees the closed connection and cleans up.
func (s *Socket) fail(err error) {
	s.mu.Lock()
	if errors.Is(err, os.ErrDeadlineExceeded) && s.state != closing {
		s.ws.Counters.SlowCloses.Add(1)
	}
	s.out.discard()
	s.shut(CloseError{Code: closeAbnormal})
	s.out.writing, s.out.flushing = 0, false
	s.mu.Unlock()
	_ = s.conn.Close()
}
