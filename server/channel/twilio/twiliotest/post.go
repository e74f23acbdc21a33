package twiliotest

import (
	"context"
	"net/url"
	"slices"
	"strconv"
	"time"
)

// The kinds of posts.
const (
	InboundMessage = "inbound"
	StatusCallback = "status"
)

// Post is one webhook: what was posted where, and how often it took.
type Post struct {
	ID         int64
	Kind       string // InboundMessage or StatusCallback
	MessageSid string
	URL        string // as configured, with the fragment
	Method     string
	Form       url.Values
	Signature  string // of the first attempt's address
	Token      string // I-Twilio-Idempotency-Token: the same on every attempt
	Attempts   []Attempt
	Done       bool
	At         time.Time

	where  target
	secret string // the auth token that signs
	about  *message
}

// Attempt is one request of a webhook.
type Attempt struct {
	At       time.Time
	Took     time.Duration
	Status   int    // 0 without an answer
	Error    string // why there was none
	Note     string // what Twilio's debugger would say about the answer
	Fallback bool
}

// Status is that of the last answer, and 0 when there was none.
func (p Post) Status() int {
	if len(p.Attempts) == 0 {
		return 0
	}
	return p.Attempts[len(p.Attempts)-1].Status
}

// OK tells whether the desk took the webhook.
func (p Post) OK() bool { return p.Status() >= 200 && p.Status() < 300 }

// Posts returns the log of webhooks, oldest first.
func (t *Twilio) Posts() []Post {
	t.mu.Lock()
	defer t.mu.Unlock()
	posts := make([]Post, 0, len(t.posts))
	for _, p := range t.posts {
		posts = append(posts, p.snapshot())
	}
	return posts
}

// Redeliver posts a customer's message n more times, all at once: what Twilio does after an answer got lost.
func (t *Twilio) Redeliver(ctx context.Context, messageSid string, n int) []Post {
	t.mu.Lock()
	var copies []*Post
	if m := t.messages[messageSid]; m != nil && m.post != nil {
		for range n {
			copies = append(copies, t.again(m.post))
		}
	}
	t.mu.Unlock()
	t.deliverAll(ctx, copies)
	t.mu.Lock()
	defer t.mu.Unlock()
	posts := make([]Post, 0, len(copies))
	for _, p := range copies {
		posts = append(posts, p.snapshot())
	}
	return posts
}

// newPost puts a webhook into the log, not yet posted. The caller holds the lock.
func (t *Twilio) newPost(kind string, m *message, where target, form url.Values) *Post {
	t.lastPost++
	p := &Post{
		ID: t.lastPost, Kind: kind, MessageSid: m.Sid, URL: where.url, Method: where.method, Form: form,
		Token: t.uuid(), At: t.now(), where: where, secret: m.account.token, about: m,
	}
	p.Signature = Sign(p.secret, p.address(where.url, where.method), p.signed(where.method))
	if len(t.posts) >= t.options.LogSize {
		t.posts = slices.Delete(t.posts, 0, len(t.posts)-t.options.LogSize+1)
	}
	t.posts = append(t.posts, p)
	t.changes.add(postChanged, p.key())
	return p
}

// again makes a second post of the same webhook. The caller holds the lock.
func (t *Twilio) again(p *Post) *Post {
	second := t.newPost(p.Kind, p.about, p.where, p.Form)
	second.Token = p.Token
	return second
}

func (p *Post) key() string { return strconv.FormatInt(p.ID, 10) }

func (p *Post) snapshot() Post {
	s := *p
	s.Attempts = slices.Clone(p.Attempts)
	return s
}
