package transport_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/gorilla/websocket"
	"github.com/livedesk/livedesk/graph/transport"
)

const (
	stressClients = 16
	stressEvents  = 1500
	stressHistory = 200 // events before the first client comes
)

// Clients join at random positions, end their subscriptions and resume them, while their sockets are regrouped at random
// and events flow. Each subscription must see each position after its own, once and in order; and after Regroup has
// returned, no event from an execution of an earlier scope.
func TestEveryMemberSeesEverythingOnce(t *testing.T) {
	t.Parallel()
	j := newJournal(stressHistory)
	d := newDesk(t, j.events, &transport.WebSocket{})
	var clients, publisher sync.WaitGroup
	clients.Add(stressClients)
	front := newPace(stressHistory)
	for range stressClients {
		p, s := d.join(t, "0")
		go func() {
			defer clients.Done()
			c := &stressClient{peer: p, socket: s, moves: make(chan struct{}, 1)}
			c.run(front)
		}()
	}
	publisher.Add(1)
	go func() {
		defer publisher.Done()
		for i := range uint64(stressEvents) {
			j.publish()
			front.await(stressHistory + i - min(i, rand.Uint64N(20)))
		}
	}()
	clients.Wait()
	if t.Failed() {
		return // the publisher may wait for clients that gave up
	}
	publisher.Wait()
	t.Logf("%d tails, %d preludes", j.tails.Load(), j.preludes.Load())
	if j.preludes.Load() < 2*stressClients {
		t.Error("there were hardly any regroups: the test shows nothing")
	}
}

// pace keeps the publisher near the client that is furthest, so that tails are at work all the time.
type pace struct {
	mu       sync.Mutex
	moved    *sync.Cond
	position uint64
}

func newPace(position uint64) *pace {
	p := &pace{position: position}
	p.moved = sync.NewCond(&p.mu)
	return p
}

func (p *pace) reached(position uint64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if position > p.position {
		p.position = position
		p.moved.Broadcast()
	}
}

func (p *pace) await(position uint64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for p.position < position {
		p.moved.Wait()
	}
}

// stressClient reads one subscription and checks it, while a second goroutine regroups its socket.
type stressClient struct {
	*peer
	socket *transport.Socket

	writing sync.Mutex
	fences  atomic.Int64  // scopes before this one may no longer be seen
	moves   chan struct{} // asks for a regroup
}

func (c *stressClient) write(m string) {
	c.writing.Lock()
	defer c.writing.Unlock()
	if err := c.conn.WriteMessage(websocket.TextMessage, []byte(m)); err != nil {
		c.t.Errorf("write: %v", err)
	}
}

func (c *stressClient) run(front *pace) {
	last, id := rand.Uint64N(stressHistory), 0
	c.write(follows(strconv.Itoa(id), last))
	var regroups sync.WaitGroup
	regroups.Add(1)
	go func() {
		defer regroups.Done()
		c.regroup()
	}()
	for last < stressHistory+stressEvents {
		m, ok := c.read()
		if !ok {
			break
		}
		if m.Type == "pong" {
			c.fences.Store(m.Payload.Scope)
			continue
		}
		if m.ID != strconv.Itoa(id) { // sent before our complete arrived
			continue
		}
		event := m.Payload.Data.Events
		scope, _ := strconv.ParseInt(event.Scope, 10, 64)
		if m.Type != "next" || event.Position != last+1 || scope < c.fences.Load() {
			c.t.Errorf("got %+v after position %d and scope %d", m, last, c.fences.Load())
			break
		}
		last = event.Position
		front.reached(last)
		if rand.IntN(40) == 0 {
			select {
			case c.moves <- struct{}{}:
			default:
			}
		}
		if rand.IntN(500) == 0 {
			c.write(fmt.Sprintf(`{"id":"%d","type":"complete"}`, id))
			id++
			c.write(follows(strconv.Itoa(id), last))
		}
	}
	close(c.moves)
	regroups.Wait()
	c.nothingFollows(strconv.Itoa(id))
}

// regroup moves the socket from scope to scope, all clients through the same ones, and sets a fence after each: a ping
// whose pong is queued behind everything that the earlier scopes have queued. Now and then a second regroup follows at
// once and meets a prelude that still runs.
func (c *stressClient) regroup() {
	scope := 0
	for range c.moves {
		for range 1 + rand.IntN(2) {
			scope++
			c.socket.SetContext(withScope(c.socket.Context(), strconv.Itoa(scope)))
			c.socket.Regroup()
		}
		c.write(fmt.Sprintf(`{"type":"ping","payload":{"scope":%d}}`, scope))
	}
}

type stressMessage struct {
	ID      string
	Type    string
	Payload struct {
		Scope int64
		Data  struct {
			Events struct {
				Position uint64
				Scope    string
			}
		}
	}
}

func (c *stressClient) read() (m stressMessage, ok bool) {
	data, err := c.next()
	if err == nil {
		err = json.Unmarshal(data, &m)
	}
	if err != nil {
		c.t.Errorf("read: %v: %.200s", err, data)
	}
	return m, err == nil
}

// nothingFollows regroups once more and checks that the end of the journal stays the end.
func (c *stressClient) nothingFollows(id string) {
	c.socket.Regroup()
	c.write(`{"type":"ping","payload":{"scope":-1}}`)
	for {
		m, ok := c.read()
		if !ok || m.Payload.Scope == -1 {
			return
		}
		if m.Type == "next" && m.ID == id {
			c.t.Errorf("got %+v after the end", m)
			return
		}
	}
}
