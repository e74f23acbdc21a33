package transport

import (
	"context"
	"sync"
)

// Stream connects the resolver of a shared subscription with the transport. StreamFrom finds it; it is nil in an
// operation that runs for one subscriber alone (Share said no), whose resolver sends what was missed and then all that
// comes, and on a nil Stream every method does nothing, so that such a resolver need not ask.
//
// A shared subscription runs in two kinds of execution. Positions order its events: strictly ascending, one event each.
//
// The tail runs once for all subscribers. Its resolver calls Started(p) and then sends every event later than p for as
// long as its context lives, with At before each send.
//
// The prelude runs for each subscriber when it joins, after the tail has called Started. Its resolver sends the events
// after Resume, or after the position that the operation's own arguments give if there is none, with At before each
// send, then calls CaughtUp(p) when it has sent all up to p, and closes its channel. It must read at least as far as
// any tail has, so that p is not before the tail's start: the transport throws away what the tail sends up to p and
// delivers the rest, which leaves neither a gap nor a duplicate. Closing without CaughtUp ends the operation with
// complete.
//
// Both resolvers give the channel back unbuffered or buffered; each response belongs to one At, in their order.
type Stream struct {
	prelude bool
	resume  mark
	begin   func(position uint64) // of the tail's group

	mu        sync.Mutex
	positions []uint64 // said by At, their response not yet seen
	reached   mark
	failure   error
}

// mark is a position, or none.
type mark struct {
	position uint64
	ok       bool
}

type streamKey struct{}

// StreamFrom finds the Stream of a shared subscription in the context of its resolver; nil means that it is not shared.
func StreamFrom(ctx context.Context) *Stream {
	s, _ := ctx.Value(streamKey{}).(*Stream)
	return s
}

func withStream(ctx context.Context, s *Stream) context.Context {
	return context.WithValue(ctx, streamKey{}, s)
}

// Prelude tells the execution for one subscriber from the tail.
func (s *Stream) Prelude() bool { return s != nil && s.prelude }

// Resume is the position of the last event that this subscriber was sent before it was regrouped.
func (s *Stream) Resume() (position uint64, ok bool) {
	if s == nil {
		return 0, false
	}
	return s.resume.position, s.resume.ok
}

// Started says that the tail sends every event after position. Only the first call counts.
func (s *Stream) Started(position uint64) {
	if s != nil && s.begin != nil {
		s.begin(position)
	}
}

// At says the position of the event that the resolver sends next.
func (s *Stream) At(position uint64) {
	if s == nil {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.positions = append(s.positions, position)
}

// CaughtUp says that the prelude has sent everything up to position.
func (s *Stream) CaughtUp(position uint64) {
	if s == nil {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.reached = mark{position, true}
}

// Fail says why the resolver is about to close its channel: subscribers get a CloseError as the close of their socket
// and any other error, after gqlgen's error presenter, as the error message that ends the operation.
func (s *Stream) Fail(err error) {
	if s == nil {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.failure = err
}

// next takes the position of the response that gqlgen has just given.
func (s *Stream) next() (position uint64, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.positions) == 0 {
		return 0, false
	}
	position = s.positions[0]
	if s.positions = s.positions[1:]; len(s.positions) == 0 {
		s.positions = nil
	}
	return position, true
}

// outcome is what the resolver said before it closed its channel.
func (s *Stream) outcome() (reached mark, failure error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.reached, s.failure
}
