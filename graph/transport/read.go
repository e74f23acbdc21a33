package transport

import (
	"bytes"
	"io"
	"sync"
	"time"

	"github.com/gorilla/websocket"
)

// readBuffers hold one message each while it is read and parsed; between messages a socket has none.
var readBuffers = sync.Pool{New: func() any { return new(bytes.Buffer) }}

// read is the one goroutine that a socket always has. Once the socket is closing it only waits for the peer's close
// frame.
func (s *Socket) read() {
	defer s.finish()
	for {
		kind, body, err := s.conn.NextReader()
		if err != nil {
			return
		}
		if s.isHeard() && s.readMessage(kind, body) != nil {
			return
		}
	}
}

// readMessage returns an error when the connection is broken. The limit is not gorilla's, which would write its close
// frame past the queue.
func (s *Socket) readMessage(kind int, body io.Reader) error {
	buffer := readBuffers.Get().(*bytes.Buffer)
	defer readBuffers.Put(buffer)
	buffer.Reset()
	size, err := buffer.ReadFrom(io.LimitReader(body, s.ws.ReadLimit+1))
	switch {
	case err != nil:
		return err
	case size > s.ws.ReadLimit:
		s.Close(CloseTooBig, "Message too big")
	case kind != websocket.TextMessage:
		s.close(badMessage("Not a text message"))
	default:
		s.ws.Counters.MessagesIn.Add(1)
		s.receive(buffer.Bytes())
	}
	return nil
}

// receive acts on one message; it must not keep data.
func (s *Socket) receive(data []byte) {
	m, err := parseMessage(data)
	if err != nil {
		s.close(closeErrorOf(err, closeInternal))
		return
	}
	switch m.Type {
	case "connection_init":
		s.initialise(m.Payload)
	case "ping":
		s.control(websocket.TextMessage, pongMessage(m.Payload))
	case "subscribe":
		s.subscribe(m)
	case "complete":
		s.complete(m.ID)
	}
}

// isHeard notes that the peer is there. It is false once the socket is closing: its read deadline stays then.
func (s *Socket) isHeard() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.state == closing {
		return false
	}
	// A deadline that cannot be set means a closed connection, which the next read reports.
	_ = s.netConn.SetReadDeadline(time.Now().Add(2 * s.ws.PingInterval))
	return true
}

func (s *Socket) answerPing(payload []byte) {
	if s.isHeard() {
		s.control(websocket.PongMessage, payload)
	}
}

// control queues an answer to a ping of either kind.
func (s *Socket) control(opcode int, payload []byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.push(opcode, payload, nil, nil)
}
