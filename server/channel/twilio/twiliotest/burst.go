package twiliotest

import (
	"context"
	"errors"
)

// CustomersSend takes in all the messages, in their order, and posts them at the same time, in any order: an album, a
// rush, or a row of messages that overtake each other. The posts stand in the order of the messages; one that could not
// be posted is empty, and its error is in the joined error.
func (t *Twilio) CustomersSend(ctx context.Context, all ...Inbound) ([]Post, error) {
	posts, failures := make([]*Post, len(all)), make([]error, len(all))
	var due []*Post
	for i, in := range all {
		p, twice, err := t.receive(in)
		posts[i], failures[i] = p, err
		for _, one := range []*Post{p, twice} {
			if one != nil {
				due = append(due, one)
			}
		}
	}
	t.mu.Lock()
	t.random.Shuffle(len(due), func(i, j int) { due[i], due[j] = due[j], due[i] })
	t.mu.Unlock()
	t.deliverAll(ctx, due)
	t.mu.Lock()
	defer t.mu.Unlock()
	delivered := make([]Post, len(all))
	for i, p := range posts {
		if p != nil {
			delivered[i] = p.snapshot()
		}
	}
	return delivered, errors.Join(failures...)
}
