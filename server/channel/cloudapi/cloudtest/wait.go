package cloudtest

import (
	"context"
	"fmt"
)

// WaitForMessage waits until a message with the text is on the phone of the customer, a number or a user id, and returns
// the first that no call before has returned.
func (m *Meta) WaitForMessage(ctx context.Context, customer, text string) (Message, error) {
	return wait(ctx, m, "message to "+customer, func() (Message, bool) {
		for _, msg := range m.messages {
			if msg.To == customer && msg.Text == text && msg.arrived && !msg.expected {
				msg.expected = true
				return msg.Message, true
			}
		}
		return Message{}, false
	})
}

// WaitIdle waits until every message has gone its way and no webhook is under way.
func (m *Meta) WaitIdle(ctx context.Context) error {
	_, err := wait(ctx, m, "the end of all webhooks", func() (bool, bool) { return true, m.busy == 0 })
	return err
}

// wait asks find, under the lock, now and after each change, until it finds something.
func wait[T any](ctx context.Context, m *Meta, what string, find func() (T, bool)) (T, error) {
	for {
		m.mu.Lock()
		found, ok := find()
		changed := m.changed
		m.mu.Unlock()
		if ok {
			return found, nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return found, fmt.Errorf("wait for %s: %w", what, ctx.Err())
		case <-m.running.Done():
			return found, fmt.Errorf("wait for %s: the fake was closed", what)
		}
	}
}
