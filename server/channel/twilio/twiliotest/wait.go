package twiliotest

import (
	"context"
	"fmt"
	"strings"
)

// TB is what the checks need of testing.TB, so that package testing stays out of the program.
type TB interface {
	Helper()
	Errorf(format string, args ...any)
}

// Says matches a message by its whole text, Contains by a part of it, and Anything matches each.
func Says(text string) func(Message) bool { return func(m Message) bool { return m.Body == text } }

// Contains matches a message by a part of its text.
func Contains(part string) func(Message) bool {
	return func(m Message) bool { return strings.Contains(m.Body, part) }
}

// Anything matches every message.
func Anything(Message) bool { return true }

// WaitForMessage waits until a matching message is on the phone of the customer, known by any of their addresses as
// Twilio writes them, and returns the first that no call before has returned.
func (t *Twilio) WaitForMessage(ctx context.Context, customer string, match func(Message) bool) (Message, error) {
	return t.waitFor(ctx, "message to "+customer, func() (Message, bool) {
		c := t.customers[customer]
		if c == nil {
			return Message{}, false
		}
		for _, m := range c.chat {
			if m.Arrived && !m.expected && match(m.snapshot()) {
				m.expected = true
				return m.snapshot(), true
			}
		}
		return Message{}, false
	})
}

// WaitForStatus waits until a message has the status, whatever its number, and returns it.
func (t *Twilio) WaitForStatus(ctx context.Context, messageSid, status string) (Message, error) {
	return t.waitFor(ctx, "message "+messageSid+" "+status, func() (Message, bool) {
		m := t.messages[messageSid]
		if m == nil || m.Status != status {
			return Message{}, false
		}
		return m.snapshot(), true
	})
}

// WaitForAccepted waits until the API has taken a matching message, whatever becomes of it.
func (t *Twilio) WaitForAccepted(ctx context.Context, match func(Message) bool) (Message, error) {
	return t.waitFor(ctx, "message to be accepted", func() (Message, bool) {
		for _, m := range t.order {
			if m.Direction == outboundAPI && match(m.snapshot()) {
				return m.snapshot(), true
			}
		}
		return Message{}, false
	})
}

// WaitForPost waits until a matching webhook is done with. It looks among those that the log still keeps.
func (t *Twilio) WaitForPost(ctx context.Context, match func(Post) bool) (Post, error) {
	return waitFor(ctx, t, "webhook", func() (Post, bool) {
		for _, p := range t.posts {
			if p.Done && match(p.snapshot()) {
				return p.snapshot(), true
			}
		}
		return Post{}, false
	})
}

// WaitIdle waits until every accepted message has gone its way and no callback is under way.
func (t *Twilio) WaitIdle(ctx context.Context) error {
	_, err := waitFor(ctx, t, "the end of all callbacks", func() (struct{}, bool) { return struct{}{}, t.busy == 0 })
	return err
}

// Receives is a channel of what arrives on the phone of a customer from now on. It ends with the context or Close.
func (t *Twilio) Receives(ctx context.Context, customer string) <-chan Message {
	out := make(chan Message)
	seen := map[*message]bool{}
	t.mu.Lock()
	if c := t.customers[customer]; c != nil {
		for _, m := range c.chat {
			seen[m] = m.Arrived
		}
	}
	t.mu.Unlock()
	started := t.background(func() {
		defer close(out)
		t.forward(ctx, customer, seen, out)
	})
	if !started {
		close(out)
	}
	return out
}

func (t *Twilio) forward(ctx context.Context, customer string, seen map[*message]bool, out chan<- Message) {
	for {
		m, err := t.waitFor(ctx, "", func() (Message, bool) {
			c := t.customers[customer]
			if c == nil {
				return Message{}, false
			}
			for _, m := range c.chat {
				if m.Arrived && !seen[m] {
					seen[m] = true
					return m.snapshot(), true
				}
			}
			return Message{}, false
		})
		if err != nil {
			return
		}
		select {
		case out <- m:
		case <-ctx.Done():
			return
		case <-t.running.Done():
			return
		}
	}
}

func (t *Twilio) waitFor(ctx context.Context, what string, find func() (Message, bool)) (Message, error) {
	return waitFor(ctx, t, what, find)
}

// waitFor asks find, under the lock, now and after each change, until it finds something.
func waitFor[T any](ctx context.Context, t *Twilio, what string, find func() (T, bool)) (T, error) {
	for {
		t.mu.Lock()
		found, ok := find()
		changed := t.changes.wait()
		t.mu.Unlock()
		if ok {
			return found, nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return found, fmt.Errorf("wait for %s: %w", what, ctx.Err())
		case <-t.running.Done():
			return found, fmt.Errorf("wait for %s: the emulator was closed", what)
		}
	}
}
