package twiliotest

import (
	"context"
	"math/rand/v2"
	"net"
	"net/http"
	"strconv"
	"sync"
	"time"
)

// Kind is a way in which a request to the API goes wrong.
type Kind int

// The kinds of faults. Those of the first group leave the caller in doubt: Fault.Accept says what really happened.
const (
	Hang        Kind = iota + 1 // no answer until the caller gives up
	Reset                       // the connection is reset
	ServerError                 // 500 with Twilio's JSON, code 20500
	Unavailable                 // 503 with a page of HTML, as from a load balancer
	Cut                         // 201 whose body ends halfway

	RateLimited  // 429, code 20429: never processed
	Unauthorized // 401, code 20003: never processed
	Refuse       // Status, Code and Text of the fault: never processed

	Slow         // the right answer, Delay later
	EarlyAnswers // status callbacks go first, the right answer Delay after the first of them was posted
)

// Fault is what happens to one request.
type Fault struct {
	Kind       Kind
	Accept     bool          // the message is taken before the fault: it is in the ledger and will arrive
	Delay      time.Duration // before the fault or the answer
	RetryAfter time.Duration // of RateLimited and Unavailable; 0: no such header
	Status     int           // of Refuse
	Code       int
	Text       string
}

// Fail lets the hook decide on each authenticated request to the API; nil from it means no fault, and a nil hook
// removes it. It may be called from many goroutines at once.
func (t *Twilio) Fail(hook func(*Call) *Fault) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.hook = hook
}

// FailNext makes the next n requests that create a message end in the fault.
func (t *Twilio) FailNext(n int, f Fault) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for range n {
		t.next = append(t.next, f)
	}
}

// Sometimes makes a hook that puts one of the faults, in turn, on a share of the requests that create a message.
func Sometimes(seed uint64, share float64, faults ...Fault) func(*Call) *Fault {
	var mu sync.Mutex
	random, n := rand.New(rand.NewPCG(seed, 1)), 0
	return func(c *Call) *Fault {
		mu.Lock()
		defer mu.Unlock()
		if c.Operation != "CreateMessage" || random.Float64() >= share {
			return nil
		}
		n++
		f := faults[n%len(faults)]
		return &f
	}
}

func (t *Twilio) faultFor(c *Call) *Fault {
	t.mu.Lock()
	hook := t.hook
	if c.Operation == "CreateMessage" && len(t.next) > 0 {
		f := t.next[0]
		t.next = t.next[1:]
		t.mu.Unlock()
		return &f
	}
	t.mu.Unlock()
	if hook == nil {
		return nil
	}
	return hook(c)
}

// answerWith does the operation, unless the fault prevents it, and lets the caller see what the fault leaves of the
// answer.
func (t *Twilio) answerWith(w http.ResponseWriter, c *call, f *Fault, do operation) {
	if f == nil {
		f = &Fault{}
	}
	var a answer
	c.early = f.Kind == EarlyAnswers
	if does(f) {
		a = do(c)
	}
	if f.Kind != 0 && f.Kind < RateLimited || c.early {
		c.finish()
	}
	ctx, cancel := t.during(c.request.Context())
	defer cancel()
	if !pause(ctx, f.Delay) {
		c.finish()
		panic(http.ErrAbortHandler)
	}
	t.damage(ctx, w, f, a)
	c.finish()
}

func does(f *Fault) bool {
	switch f.Kind {
	case 0, Slow, EarlyAnswers, Cut:
		return true
	case RateLimited, Unauthorized, Refuse:
		return false
	}
	return f.Accept
}

// finish starts what follows the answer; a second time there is nothing left to start.
func (c *call) finish() {
	then := c.then
	c.then = nil
	for _, f := range then {
		f()
	}
}

func (t *Twilio) damage(ctx context.Context, w http.ResponseWriter, f *Fault, a answer) {
	switch f.Kind {
	case Hang:
		<-ctx.Done()
		panic(http.ErrAbortHandler)
	case Reset:
		reset(w)
	case Cut:
		cut(w, a)
	default:
		f.instead(a).write(w)
	}
}

// instead is what the caller gets of the right answer.
func (f *Fault) instead(a answer) answer {
	switch f.Kind {
	case ServerError:
		return refuse(http.StatusInternalServerError, 20500, "Internal Server Error")
	case Unavailable:
		page := "<html><head><title>503 Service Temporarily Unavailable</title></head><body>503</body></html>"
		return f.later(answer{status: http.StatusServiceUnavailable, contentType: "text/html", body: []byte(page)})
	case RateLimited:
		return f.later(refuse(http.StatusTooManyRequests, 20429, "Too Many Requests"))
	case Unauthorized:
		return refuse(http.StatusUnauthorized, 20003, "Authenticate")
	case Refuse:
		return refuse(f.Status, f.Code, f.Text)
	}
	return a
}

func (f *Fault) later(a answer) answer {
	if f.RetryAfter <= 0 {
		return a
	}
	return a.with("Retry-After", strconv.Itoa(int((f.RetryAfter+time.Second-1)/time.Second)))
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

// cut sends half of the body that Content-Length promised.
func cut(w http.ResponseWriter, a answer) {
	w.Header().Set("Content-Type", a.contentType)
	w.Header().Set("Content-Length", strconv.Itoa(len(a.body)))
	w.WriteHeader(a.status)
	w.Write(a.body[:len(a.body)/2])
	http.NewResponseController(w).Flush()
	panic(http.ErrAbortHandler)
}
