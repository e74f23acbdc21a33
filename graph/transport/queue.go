package transport

import (
	"context"
	"encoding/binary"
	"sync"
	"time"

	"github.com/gorilla/websocket"
)

// queue holds whole websocket frames until the peer takes them. There is no writer goroutine, which would cost each
// idle socket a stack: what the kernel does not take at once starts a flusher, which writes all that is queued and ends
// when nothing is left. Frames are built here and not by gorilla's writer because gorilla writes one message per system call and a
// burst of events is one write this way; server frames are not masked, so a frame is a length and the bytes.
// All fields are guarded by Socket.mu.
type queue struct {
	waiting  *buffer // frames no flusher has taken yet; nil when there are none
	writing  int     // bytes that the flusher has taken and not yet written
	flushing bool
	room     chan struct{} // closed when bytes have been written; nil when nobody waits
	deadline time.Time     // of the last write, and of any further one once the socket is closing
	direct   direct
}

type buffer struct{ bytes []byte }

// writeChunk is how much must go out within one WriteTimeout: a slow reader that moves on is no stalled one.
const writeChunk = 64 << 10

// buffers are shared by all sockets; the large ones of a burst are left to the garbage collector.
var buffers = sync.Pool{New: func() any { return &buffer{make([]byte, 0, 1<<10)} }}

func (b *buffer) release() {
	if cap(b.bytes) <= writeChunk {
		b.bytes = b.bytes[:0]
		buffers.Put(b)
	}
}

func (q *queue) size() int {
	if q.waiting == nil {
		return q.writing
	}
	return len(q.waiting.bytes) + q.writing
}

func (q *queue) discard() {
	if q.waiting != nil {
		q.waiting.release()
		q.waiting = nil
	}
}

// add appends one unfragmented frame whose payload comes in up to three parts.
func (q *queue) add(opcode int, head, body, tail []byte) {
	if q.waiting == nil {
		q.waiting = buffers.Get().(*buffer)
	}
	b := appendFrameHeader(q.waiting.bytes, opcode, len(head)+len(body)+len(tail))
	b = append(b, head...)
	b = append(b, body...)
	q.waiting.bytes = append(b, tail...)
}

func appendFrameHeader(dst []byte, opcode, length int) []byte {
	const final = 0x80
	dst = append(dst, final|byte(opcode))
	switch {
	case length < 126:
		return append(dst, byte(length))
	case length < 1<<16:
		return binary.BigEndian.AppendUint16(append(dst, 126), uint16(length))
	}
	return binary.BigEndian.AppendUint64(append(dst, 127), uint64(length))
}

// push queues a frame, or closes the socket when the peer is too far behind. One frame larger than the limit is let
// through when nothing else waits. The caller holds mu.
func (s *Socket) push(opcode int, head, body, tail []byte) {
	if s.state == closing {
		return
	}
	length, queued := len(head)+len(body)+len(tail), s.out.size()
	if queued > 0 && queued+length > s.ws.QueueLimit {
		s.ws.Counters.SlowCloses.Add(1)
		s.out.discard()
		s.shut(closeSlow)
		return
	}
	s.ws.Counters.FramesOut.Add(1)
	s.ws.Counters.BytesOut.Add(int64(length))
	idle := s.out.waiting == nil && !s.out.flushing
	s.out.add(opcode, head, body, tail)
	if !idle || !s.writeAtOnce() {
		s.startFlush()
	}
}

// writeAtOnce is true when the kernel has taken something of the frame that waits. A frame that is begun belongs to a
// flusher, which alone ends it: what waits can be thrown away.
func (s *Socket) writeAtOnce() bool {
	b := s.out.waiting
	n := s.out.direct.write(b.bytes)
	if n == 0 {
		return false
	}
	s.out.waiting = nil
	if n == len(b.bytes) {
		b.release()
		return true
	}
	b.bytes = append(b.bytes[:0], b.bytes[n:]...)
	s.out.writing = len(b.bytes)
	s.flushFrom(b)
	return true
}

func (s *Socket) pushText(text []byte) { s.push(websocket.TextMessage, text, nil, nil) }

// waitForRoom waits until a frame fits into half the queue, or nothing else is queued. It is false when ctx has ended.
// The caller holds mu, which is given up while it waits.
func (s *Socket) waitForRoom(ctx context.Context, length int) bool {
	for s.out.size() > 0 && s.out.size()+length > s.ws.QueueLimit/2 && ctx.Err() == nil {
		if s.out.room == nil {
			s.out.room = make(chan struct{})
		}
		room := s.out.room
		s.mu.Unlock()
		select {
		case <-room:
		case <-ctx.Done():
		}
		s.mu.Lock()
	}
	return ctx.Err() == nil
}
