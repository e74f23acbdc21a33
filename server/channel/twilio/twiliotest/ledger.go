package twiliotest

import "fmt"

// Ledger returns every message that the API took, in order: what Twilio sent or tried to, and would bill.
func (t *Twilio) Ledger() []Message {
	t.mu.Lock()
	defer t.mu.Unlock()
	var taken []Message
	for _, m := range t.order {
		if m.Direction == outboundAPI {
			taken = append(taken, m.snapshot())
		}
	}
	return taken
}

// Chat returns what a customer's phone shows, both ways: the same for each of their addresses.
func (t *Twilio) Chat(customer string) []Message {
	t.mu.Lock()
	defer t.mu.Unlock()
	c := t.customers[customer]
	if c == nil {
		return nil
	}
	var shown []Message
	for _, m := range c.chat {
		if m.Direction == inbound || m.Arrived {
			shown = append(shown, m.snapshot())
		}
	}
	return shown
}

// Duplicates returns the messages that reached a customer more than once, in groups: messages are the same when
// they have the same StatusCallback, which at the desk names the message. Those without one are not compared. What an
// agent sends again on purpose is among them.
func (t *Twilio) Duplicates() [][]Message {
	groups := map[string][]Message{}
	var order []string
	for _, m := range t.Ledger() {
		if m.StatusCallback == "" || !m.Arrived {
			continue
		}
		if len(groups[m.StatusCallback]) == 1 {
			order = append(order, m.StatusCallback)
		}
		groups[m.StatusCallback] = append(groups[m.StatusCallback], m)
	}
	var doubled [][]Message
	for _, key := range order {
		doubled = append(doubled, groups[key])
	}
	return doubled
}

// NothingUnexpected fails the test for each message on a customer's phone that WaitForMessage did not return. Call it
// at the end, after WaitIdle.
func (t *Twilio) NothingUnexpected(tb TB) {
	tb.Helper()
	for _, text := range t.unexpected() {
		tb.Errorf("%s", text)
	}
}

func (t *Twilio) unexpected() (found []string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, m := range t.order {
		if m.Direction != inbound && m.Arrived && !m.expected {
			found = append(found, fmt.Sprintf("unexpected message %s (%s) to %s: %q", m.Sid, m.Direction, m.To, m.Body))
		}
	}
	return found
}

// NoDuplicates fails the test for each message that reached a customer more than once.
func (t *Twilio) NoDuplicates(tb TB) {
	tb.Helper()
	for _, group := range t.Duplicates() {
		tb.Errorf("%d times at %s: %q", len(group), group[0].To, group[0].Body)
	}
}
