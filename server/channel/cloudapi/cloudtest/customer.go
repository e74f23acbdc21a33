package cloudtest

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
)

// Inbound is what a customer writes.
type Inbound struct {
	From    string // number with plus sign; empty when the customer hides it
	UserID  string // business-scoped user id; may be empty
	Name    string
	To      string // the id of a number; empty: NumberID
	Text    string
	Content object // the message's parts instead of a text, "type" among them
	File    *File
}

// CustomerSends lets a customer write, and returns the webhook with what the desk answered.
func (m *Meta) CustomerSends(ctx context.Context, in Inbound) (Post, error) {
	p, err := m.written(in)
	if err != nil {
		return p, err
	}
	return m.Deliver(ctx, p), nil
}

// Payload is the webhook that CustomerSends would post, not posted.
func (m *Meta) Payload(in Inbound) ([]byte, error) {
	p, err := m.written(in)
	return p.Body, err
}

func (m *Meta) written(in Inbound) (Post, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if in.To == "" {
		in.To = NumberID
	}
	n := m.numbers[in.To]
	if n == nil {
		return Post{}, errors.New("no such number: " + in.To)
	}
	m.last++
	id := fmt.Sprintf("wamid.HBgLTESTIN%08d", m.last)
	msg := object{"id": id, "timestamp": m.stamp(), "type": "text", "text": object{"body": in.Text}}
	contact := object{"profile": object{"name": in.Name}}
	if in.From != "" {
		msg["from"], contact["wa_id"] = strings.TrimPrefix(in.From, "+"), strings.TrimPrefix(in.From, "+")
		m.wrote[in.From] = m.options.Now()
	}
	if in.UserID != "" {
		msg["from_user_id"], contact["user_id"] = in.UserID, in.UserID
		m.wrote[in.UserID] = m.options.Now()
	}
	switch {
	case in.File != nil:
		kind, part := m.keep(n, in.File)
		delete(msg, "text")
		msg["type"], msg[kind] = kind, part
	case in.Content != nil:
		delete(msg, "text")
		for name, part := range in.Content {
			msg[name] = part
		}
	}
	p := m.post(n, id, object{"contacts": []any{contact}, "messages": []any{msg}})
	m.posts[id] = p
	return p, nil
}

// read marks a customer's message as read. The caller holds the lock.
func (m *Meta) read(id string, typing bool) answer {
	if _, ok := m.posts[id]; !ok {
		return refuse(http.StatusBadRequest, 131009, 0, "Parameter value is not valid: message_id")
	}
	if typing {
		m.typing[id]++
	}
	return reply(http.StatusOK, object{"success": true})
}

// Typing is how often the customer was shown that somebody answers the message.
func (m *Meta) Typing(id string) int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.typing[id]
}

// Redeliver posts a customer's message n more times, all at once: what Meta does after an answer got lost.
func (m *Meta) Redeliver(ctx context.Context, id string, n int) []Post {
	m.mu.Lock()
	p := m.posts[id]
	m.mu.Unlock()
	posts := make([]Post, n)
	var all sync.WaitGroup
	for i := range n {
		all.Go(func() { posts[i] = m.Deliver(ctx, p) })
	}
	all.Wait()
	return posts
}
