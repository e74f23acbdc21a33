package twiliotest

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"sync"
	"time"
)

// step is one status that a message comes to.
type step struct {
	status string
	code   int
	after  time.Duration
}

// start lets an accepted message go its way. With wait it returns when the first status callback was answered.
func (t *Twilio) start(m *message, wait bool) {
	posted := make(chan struct{})
	var once sync.Once
	first := func() { once.Do(func() { close(posted) }) }
	t.spawn(func() {
		defer first()
		t.walk(m, first)
	})
	if !wait {
		return
	}
	select {
	case <-posted:
	case <-t.running.Done():
	}
}

func (t *Twilio) walk(m *message, posted func()) {
	mediaFailure := t.fetchAll(m)
	t.mu.Lock()
	t.choose(m)
	steps := t.steps(m, mediaFailure)
	shuffled := t.chance(t.mischief.ShuffleStatus)
	t.mu.Unlock()
	if t.options.Manual {
		return
	}
	var late []*Post
	for _, s := range steps {
		if !pause(t.running, s.after) {
			return
		}
		posts := t.take(m, s)
		if shuffled {
			late = append(late, posts...)
			continue
		}
		t.deliverAll(t.running, posts)
		posted()
	}
	t.mu.Lock()
	t.random.Shuffle(len(late), func(i, j int) { late[i], late[j] = late[j], late[i] })
	t.mu.Unlock()
	t.deliverAll(t.running, late)
}

// choose lets a Messaging Service decide who sends. The caller holds the lock.
func (t *Twilio) choose(m *message) {
	if m.sender != nil {
		return
	}
	m.sender = m.service.pick(m.customer, isWhatsApp(m.To))
	m.From, m.segments = m.sender.address, segments(m.To, m.Body)
	t.changes.add(messageChanged, m.Sid)
}

// steps plans what becomes of the message. The initial status is not among them: Twilio posts no callback for it. A
// message of a service comes to QUEUED by a step of its own. The caller holds the lock.
func (t *Twilio) steps(m *message, mediaFailure int) []step {
	pace, plan := t.options.Pace, []step(nil)
	if m.service != nil {
		plan = append(plan, step{queued, 0, pace.Queued})
	}
	code := t.failure(m)
	if mediaFailure != 0 {
		code = mediaFailure
	}
	if code != 0 && unsent(code) {
		return append(plan, step{failed, code, pace.Sent})
	}
	plan = append(plan, step{sent, 0, pace.Sent})
	if code != 0 {
		return append(plan, step{undelivered, code, pace.Delivered})
	}
	plan = append(plan, step{delivered, 0, pace.Delivered})
	if t.options.ReadReceipts && m.sender.whatsApp() {
		plan = append(plan, step{read, 0, pace.Read})
	}
	return plan
}

// take moves the message one step and prepares the posts that tell of it: none, one, or two.
func (t *Twilio) take(m *message, s step) []*Post {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.move(m, s.status, s.code)
	if t.chance(t.mischief.DropStatus) {
		return nil
	}
	posts := []*Post{t.statusPost(m, s)}
	if t.chance(t.mischief.DuplicateStatus) {
		posts = append(posts, t.statusPost(m, s))
	}
	return slices.DeleteFunc(posts, func(p *Post) bool { return p == nil })
}

// fetchAll downloads the files of the message, and returns the code with which it fails for want of one, or 0.
func (t *Twilio) fetchAll(m *message) int {
	for _, address := range m.MediaURLs {
		f, err := t.fetch(address)
		if err != nil {
			if isWhatsApp(m.To) {
				return 63019
			}
			return 11200
		}
		t.mu.Lock()
		t.keep(m, f)
		t.changes.add(messageChanged, m.Sid)
		t.mu.Unlock()
	}
	return 0
}

// Report brings a message of the desk to a status and posts the callback, in the order the test wants it; with an
// error code for "failed" and "undelivered". It returns the post with what the desk answered. A status that the
// message is past already is posted, but changes nothing here.
func (t *Twilio) Report(ctx context.Context, messageSid, status string, errorCode int) (Post, error) {
	t.mu.Lock()
	m := t.messages[messageSid]
	if m == nil || m.Direction != outboundAPI {
		t.mu.Unlock()
		return Post{}, fmt.Errorf("report %s: no message of the desk with the SID %q", status, messageSid)
	}
	t.choose(m)
	t.move(m, status, errorCode)
	p := t.statusPost(m, step{status: status, code: errorCode})
	t.mu.Unlock()
	if p == nil {
		return Post{}, fmt.Errorf("report %s: %w", status, ErrNoWebhook)
	}
	return t.deliver(ctx, p), nil
}

// CustomerReads lets a customer read everything that WhatsApp delivered to them, and posts that.
func (t *Twilio) CustomerReads(ctx context.Context, customer string) {
	t.mu.Lock()
	var posts []*Post
	if c := t.customers[customer]; c != nil {
		for _, m := range c.chat {
			if m.Direction != outboundAPI || m.Status != delivered || !m.sender.whatsApp() {
				continue
			}
			t.move(m, read, 0)
			if p := t.statusPost(m, step{status: read}); p != nil {
				posts = append(posts, p)
			}
		}
	}
	t.mu.Unlock()
	t.deliverAll(ctx, posts)
}

// deliverAll makes the posts at the same time and waits for them.
func (t *Twilio) deliverAll(ctx context.Context, posts []*Post) {
	if len(posts) == 1 {
		t.deliver(ctx, posts[0])
		return
	}
	var all sync.WaitGroup
	for _, p := range posts {
		all.Go(func() { t.deliver(ctx, p) })
	}
	all.Wait()
}

// statusPost prepares the callback of a status; nil when nobody wants it. The caller holds the lock.
func (t *Twilio) statusPost(m *message, s step) *Post {
	where := target{url: m.StatusCallback, method: http.MethodPost}
	if where.url == "" && m.service != nil {
		where.url = m.service.callback
	}
	if where.url == "" && m.service == nil {
		where.url = m.sender.callback
	}
	if where.url == "" {
		return nil
	}
	return t.newPost(StatusCallback, m, where, m.statusForm(s))
}
