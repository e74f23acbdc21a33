// Package cloudtest is a Meta to try the desk against: the Graph API that sends WhatsApp messages, the webhooks that tell
// of them, and the customers' phones at the other end. Tests start it in their own process.
//
// It owns one app with its numbers, messages and files, all in memory, and signs, refuses and misbehaves as the real one
// does. It knows nothing of the desk: it must not import it, or be kinder to it than Meta is. Where Meta's behaviour is
// not published, the comment at the place says what was assumed.
package cloudtest

import (
	"context"
	"net/http"
	"sync"
	"time"
)

// The app, account and number that New makes. Token and secret open nothing but fakes.
const (
	Token     = "EAATESTtokenOfASystemUser"
	Secret    = "7e577e577e577e577e577e577e577e57"
	AccountID = "419561257915477"
	NumberID  = "106540352242922"
	Number    = "+15550100100"
	Template  = "appointment_reminder/en_US" // approved, with two variables
)

// Options say how the fake behaves. The zero value does everything at once and nothing wrong.
type Options struct {
	Now          func() time.Time // nil: time.Now
	Manual       bool             // statuses move only by Report
	ReadReceipts bool             // customers read at once
	RetryPause   time.Duration    // before a webhook that was not answered 200 is posted again; 0: 20 ms. Meta waits longer each time, for days
	Retries      int              // how often; 0: 5
}

// Meta is the fake: an http.Handler for graph.facebook.com and for the host of files. It is safe for concurrent use.
type Meta struct {
	options Options
	handler http.Handler
	client  *http.Client
	running context.Context
	stop    context.CancelFunc
	work    sync.WaitGroup

	mu       sync.Mutex // guards everything below
	closed   bool
	busy     int // what is under way besides calls
	token    string
	secret   string
	last     int
	numbers  map[string]*number // by id
	messages []*message
	files    map[string]*file     // by id
	wrote    map[string]time.Time // when a customer last wrote
	posts    map[string]Post      // of customers' messages, by id
	typing   map[string]int       // by the id of a customer's message
	next     []Fault
	calls    []Call
	changed  chan struct{} // closed at the next change
}

// number is one that the app sends from.
type number struct {
	id, phone, account string
	webhook            string
}

// Call is one request to the API, as far as tests ask about it.
type Call struct {
	Method, Path  string
	Authorization string
}

// New makes a fake with one app and one number. Close ends it.
func New(o Options) *Meta {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.RetryPause == 0 {
		o.RetryPause = 20 * time.Millisecond
	}
	if o.Retries == 0 {
		o.Retries = 5
	}
	ctx, stop := context.WithCancel(context.Background())
	m := &Meta{options: o, running: ctx, stop: stop, token: Token, secret: Secret, numbers: map[string]*number{}, files: map[string]*file{},
		wrote: map[string]time.Time{}, posts: map[string]Post{}, typing: map[string]int{}, changed: make(chan struct{}),
		client: &http.Client{Transport: &http.Transport{DisableCompression: true, MaxIdleConnsPerHost: 16}, Timeout: 20 * time.Second}}
	m.handler = m.routes()
	m.AddNumber(NumberID, Number, AccountID)
	return m
}

// AddNumber gives the app one more number.
func (m *Meta) AddNumber(id, phone, account string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.numbers[id] = &number{id: id, phone: phone, account: account}
}

// SetToken replaces the access token: the former one is refused.
func (m *Meta) SetToken(token string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.token = token
}

// SetSecret replaces the app secret, which signs webhooks.
func (m *Meta) SetSecret(secret string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.secret = secret
}

// ServeHTTP answers for the Graph API and for the host of files.
func (m *Meta) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	m.mu.Lock()
	m.calls = append(m.calls, Call{r.Method, r.URL.Path, r.Header.Get("Authorization")})
	m.mu.Unlock()
	m.handler.ServeHTTP(w, r)
}

// Calls are the requests so far.
func (m *Meta) Calls() []Call {
	m.mu.Lock()
	defer m.mu.Unlock()
	return append([]Call(nil), m.calls...)
}

// Close ends all posts and waits for them. Requests that a fault holds are let go.
func (m *Meta) Close() {
	m.mu.Lock()
	m.closed = true
	m.mu.Unlock()
	m.stop()
	m.work.Wait()
	m.client.CloseIdleConnections()
}

// spawn runs f beside the caller until Close, which waits for it. The caller holds the lock.
func (m *Meta) spawn(f func()) {
	if m.closed {
		return
	}
	m.busy++
	m.work.Go(func() {
		defer m.rest()
		f()
	})
}

func (m *Meta) rest() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.busy--
	m.wake()
}

// wake lets all who wait look again. The caller holds the lock.
func (m *Meta) wake() {
	close(m.changed)
	m.changed = make(chan struct{})
}
