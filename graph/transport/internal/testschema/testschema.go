// Package testschema is the small GraphQL schema that the tests of graph/transport run their transports against.
// What differs from test to test is a function field of Root; nothing outside those tests may import it.
package testschema

import (
	"context"
	"errors"
	"strings"
)

//go:generate go tool gqlgen generate --config gqlgen.yml

// Event is one numbered entry of a room.
type Event struct {
	Position int
	Text     string
	Scope    string
}

// Node links to itself without end, for depth limits.
type Node struct {
	ID string
}

// Next returns the same node again.
func (n *Node) Next() *Node { return n }

// Root answers the schema; a nil field has a harmless default.
type Root struct {
	OnWaits  func(ctx context.Context) (string, error)
	OnSay    func(ctx context.Context, room, text string) (*Event, error)
	OnEvents func(ctx context.Context, room string, after *int) (<-chan *Event, error)
}

func (r *Root) Query() QueryResolver               { return query{r} }
func (r *Root) Mutation() MutationResolver         { return mutation{r} }
func (r *Root) Subscription() SubscriptionResolver { return subscription{r} }

type query struct{ *Root }

func (query) Ping(context.Context) (string, error) { return "pong", nil }

func (query) Echo(_ context.Context, text string) (string, error) { return text, nil }

func (query) Find(_ context.Context, by FindBy) (string, error) { return by.keys(), nil }

func (query) FindAll(_ context.Context, by []*FindBy) ([]string, error) {
	found := make([]string, len(by))
	for i, one := range by {
		found[i] = one.keys()
	}
	return found, nil
}

func (query) Search(context.Context, *Filter) (string, error) { return "searched", nil }

func (query) Node(context.Context) (*Node, error) { return &Node{ID: "n"}, nil }

func (query) Fails(context.Context) (string, error) { return "", errors.New("the pump is dry") }

func (q query) Waits(ctx context.Context) (string, error) { return q.OnWaits(ctx) }

// keys names the members that are set, so that a test sees what reached the resolver.
func (f *FindBy) keys() string {
	var set []string
	if f.ID != nil {
		set = append(set, "id")
	}
	if f.Name != nil {
		set = append(set, "name")
	}
	if f.Nested != nil {
		set = append(set, "nested")
	}
	if f.Any != nil {
		set = append(set, "any")
	}
	return strings.Join(set, "+")
}

type mutation struct{ *Root }

func (m mutation) Say(ctx context.Context, room, text string) (*Event, error) {
	if m.OnSay == nil {
		return &Event{Position: 1, Text: text}, nil
	}
	return m.OnSay(ctx, room, text)
}

type subscription struct{ *Root }

func (subscription) Count(ctx context.Context, to int) (<-chan int, error) {
	numbers := make(chan int)
	go func() {
		defer close(numbers)
		for i := 1; i <= to; i++ {
			select {
			case numbers <- i:
			case <-ctx.Done():
				return
			}
		}
	}()
	return numbers, nil
}

func (subscription) Silent(ctx context.Context) (<-chan int, error) {
	nothing := make(chan int)
	context.AfterFunc(ctx, func() { close(nothing) })
	return nothing, nil
}

func (subscription) Refused(context.Context) (<-chan int, error) {
	return nil, errors.New("the room is full")
}

func (s subscription) Events(ctx context.Context, room string, after *int) (<-chan *Event, error) {
	return s.OnEvents(ctx, room, after)
}
