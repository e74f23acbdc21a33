package twiliotest

import (
	"context"
	"math/rand/v2"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"time"
)

// Options say how the emulator behaves. The zero value is a Twilio that does everything at once and nothing wrong.
type Options struct {
	Seed         uint64           // of SIDs and of chance
	Now          func() time.Time // nil: time.Now. Advance moves it on
	Pace         Pace             // how long a message stays in each status
	ReadReceipts bool             // customers read WhatsApp messages by themselves; else by CustomerReads
	Manual       bool             // statuses move only by Report
	HideUnsent   bool             // a list by DateSent leaves out what has no date_sent yet; Twilio's rule is not published
	Mischief     Mischief         // what goes wrong by chance
	RetryPause   time.Duration    // between two attempts of a webhook; Twilio's is not published
	LogSize      int              // webhooks kept in the log; 0: 1000
	URL          string           // own address, for absolute redirects to the CDN; empty: redirects name only the path
	MediaURL     string           // what MediaUrl{N} of webhooks starts with; empty: https://api.twilio.com
	Links        []Link           // shown in the header of the page
}

// Pace is how long a message waits before each status. Statuses it skips come at once.
type Pace struct {
	Queued, Sent, Delivered, Read time.Duration
}

// Mischief is what goes wrong by chance, each a share from 0 to 1.
type Mischief struct {
	DuplicateInbound float64       // customer messages posted twice, at the same time
	DuplicateStatus  float64       // status callbacks posted twice
	DropStatus       float64       // status callbacks never posted
	ShuffleStatus    float64       // messages whose callbacks are posted all at once, in any order
	Delay            time.Duration // each post waits up to this long first
}

// Link is an address that the page shows.
type Link struct {
	Title string `json:"title"`
	URL   string `json:"url"`
}

// Twilio is the emulator: an http.Handler for all of Twilio's hosts at once, and for its own page. It is safe for
// concurrent use.
type Twilio struct {
	options Options
	handler http.Handler
	client  *http.Client
	running context.Context
	stop    context.CancelFunc
	work    sync.WaitGroup
	shift   atomic.Int64 // nanoseconds that Advance added to the clock

	mu        sync.Mutex // guards everything below and all that hangs on it
	closed    bool
	busy      int // walks and posts under way
	random    *rand.Rand
	accounts  map[string]*account
	senders   map[string]*sender // by address
	customers map[string]*customer
	people    []*customer
	messages  map[string]*message
	order     []*message
	files     map[string]*file // by SID
	cdn       map[string]*file // by the path that needs no credentials
	fetches   []MediaFetch
	posts     []*Post
	lastPost  int64
	hook      func(*Call) *Fault
	next      []Fault
	rules     []func(Message) int
	mischief  Mischief
	changes   feed
}

// New makes an emulator without accounts; AddDefault and AddAccount add them. Close ends it.
func New(o Options) *Twilio {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.LogSize == 0 {
		o.LogSize = 1000
	}
	if o.MediaURL == "" {
		o.MediaURL = "https://api.twilio.com"
	}
	ctx, stop := context.WithCancel(context.Background())
	t := &Twilio{
		options: o, running: ctx, stop: stop, client: newClient(), mischief: o.Mischief,
		random:   rand.New(rand.NewPCG(o.Seed, 0x7477696c696f)),
		accounts: map[string]*account{}, senders: map[string]*sender{}, customers: map[string]*customer{},
		messages: map[string]*message{}, files: map[string]*file{}, cdn: map[string]*file{},
	}
	t.changes.changed = make(chan struct{})
	t.handler = t.routes()
	return t
}

// newClient makes the client of webhooks and media. It follows no redirect and takes no proxy from the environment;
// the limits of time are those of each request.
func newClient() *http.Client {
	return &http.Client{
		Transport: &http.Transport{
			DialContext:         (&net.Dialer{}).DialContext,
			MaxIdleConnsPerHost: 64,
			MaxConnsPerHost:     256,
			IdleConnTimeout:     30 * time.Second,
			DisableCompression:  true,
		},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// ServeHTTP answers for api.twilio.com, messaging.twilio.com, content.twilio.com and the media CDN, and serves the page.
func (t *Twilio) ServeHTTP(w http.ResponseWriter, r *http.Request) { t.handler.ServeHTTP(w, r) }

// Handler is the emulator as a handler for a server.
func (t *Twilio) Handler() http.Handler { return t }

// Close ends all walks and posts and waits for them. Requests that a fault holds are let go.
func (t *Twilio) Close() {
	t.mu.Lock()
	t.closed = true
	t.mu.Unlock()
	t.stop()
	t.work.Wait()
	t.client.CloseIdleConnections()
}

// background runs f beside the caller; Close waits for it, WaitIdle does not. After Close it does nothing and says so.
func (t *Twilio) background(f func()) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.closed {
		return false
	}
	t.work.Go(f)
	return true
}

// spawn runs f beside the caller until Close, which waits for it. After Close it does nothing.
func (t *Twilio) spawn(f func()) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.closed {
		return
	}
	t.busy++
	t.work.Go(func() {
		defer t.rest()
		f()
	})
}

func (t *Twilio) rest() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.busy--
	t.changes.wake()
}

// during joins the caller's context with the life of the emulator.
func (t *Twilio) during(ctx context.Context) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancel(ctx)
	release := context.AfterFunc(t.running, cancel)
	return ctx, func() { release(); cancel() }
}
