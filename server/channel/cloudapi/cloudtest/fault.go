package cloudtest

import (
	"net"
	"net/http"
	"strconv"
	"time"
)

// Kind is a way in which a call that sends goes wrong.
type Kind int

// The kinds of faults. Those of the first group leave the caller in doubt: Fault.Accept says what really happened.
const (
	Hang        Kind = iota + 1 // no answer until the caller gives up
	Reset                       // the connection is reset
	Unavailable                 // 503 with a page of HTML, as from a load balancer
	Cut                         // 200 whose body ends halfway
	Refuse                      // Status and Code of the fault
	Slow                        // the right answer, Delay later
	Early                       // the statuses go first, then the right answer
)

// Fault is what happens to one call that sends.
type Fault struct {
	Kind       Kind
	Accept     bool // the message is taken before the fault; Slow, Early and Cut always take it
	Delay      time.Duration
	Status     int // of Refuse
	Code       int
	RetryAfter time.Duration // of Refuse; 0: no such header
}

// FailNext makes the next n calls that send end in the fault.
func (m *Meta) FailNext(n int, f Fault) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for range n {
		m.next = append(m.next, f)
	}
}

func (m *Meta) fault(sends bool) Fault {
	m.mu.Lock()
	defer m.mu.Unlock()
	if !sends || len(m.next) == 0 {
		return Fault{}
	}
	f := m.next[0]
	m.next = m.next[1:]
	return f
}

// answerWith does the operation, unless the fault prevents it, and lets the caller see what the fault leaves of the answer.
func (m *Meta) answerWith(w http.ResponseWriter, c *call, f Fault, do operation) {
	var a answer
	if f.Accept || f.Kind == 0 || f.Kind == Slow || f.Kind == Early || f.Kind == Cut {
		a = do(c)
	}
	if f.Kind == Early && c.then != nil {
		c.then()
		c.then = nil
		if m.WaitIdle(c.request.Context()) != nil {
			panic(http.ErrAbortHandler)
		}
	}
	if c.then != nil {
		defer c.then() // also when the handler is aborted
	}
	switch f.Kind {
	case Hang:
		select {
		case <-c.request.Context().Done():
		case <-m.running.Done():
		}
		panic(http.ErrAbortHandler)
	case Reset:
		reset(w)
	case Unavailable:
		answer{status: http.StatusServiceUnavailable, kind: "text/html", body: []byte("<html><body>Sorry, something went wrong.</body></html>")}.write(w)
	case Cut:
		w.Header().Set("Content-Length", strconv.Itoa(len(a.body)))
		w.Write(a.body[:len(a.body)/2])
		http.NewResponseController(w).Flush()
		panic(http.ErrAbortHandler)
	case Refuse:
		refused := refuse(f.Status, f.Code, 0, "Error "+strconv.Itoa(f.Code))
		if f.RetryAfter > 0 {
			refused.after = strconv.Itoa(int(f.RetryAfter / time.Second))
		}
		refused.write(w)
	case Slow:
		select {
		case <-time.After(f.Delay):
		case <-c.request.Context().Done():
		}
		a.write(w)
	default:
		a.write(w)
	}
}

// reset ends the connection with RST instead of FIN.
func reset(w http.ResponseWriter) {
	conn, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	if tcp, ok := conn.(*net.TCPConn); ok {
		tcp.SetLinger(0)
	}
	conn.Close()
}
