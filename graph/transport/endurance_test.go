package transport_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gorilla/websocket"
	"github.com/livedesk/livedesk/graph/transport"
	"github.com/livedesk/livedesk/graph/transport/internal/testschema"
	"go.uber.org/goleak"
)

// Whatever the tests opened must be gone at the end: goroutines of sockets, operations, shared executions, timers.
func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// flood sends large events as fast as they are taken.
func flood(ctx context.Context, _ string, _ *int) (<-chan *testschema.Event, error) {
	events := make(chan *testschema.Event)
	go func() {
		defer close(events)
		for i := 1; ; i++ {
			select {
			case events <- &testschema.Event{Position: i, Text: strings.Repeat("x", 10_000)}:
			case <-ctx.Done():
				return
			}
		}
	}()
	return events, nil
}

// A client that stops reading is cut off after the write deadline and leaves nothing behind.
func TestStalledReader(t *testing.T) {
	t.Parallel()
	ws := &transport.WebSocket{WriteTimeout: 200 * time.Millisecond}
	url := serve(t, ws, &testschema.Root{OnEvents: flood})
	p := connect(t, url)
	p.send(subscribe("1", `subscription{events(room:"a"){position text}}`))
	await(t, "the stalled socket is gone", func() bool { return ws.Counters.SlowCloses.Load() == 1 && ws.Counters.Sockets.Load() == 0 })
	if left := ws.Counters.Operations.Load(); left != 0 {
		t.Errorf("%d operations left", left)
	}
}

// A socket that is closed while its peer takes nothing has no more time than the write under way.
func TestCloseDoesNotWaitAgain(t *testing.T) {
	t.Parallel()
	const writeTime = 2 * time.Second
	sockets := make(chan *transport.Socket, 1)
	ws := &transport.WebSocket{WriteTimeout: writeTime, Init: func(ctx context.Context, _ json.RawMessage) (context.Context, error) {
		sockets <- transport.SocketFrom(ctx)
		return ctx, nil
	}}
	url := serve(t, ws, &testschema.Root{OnEvents: flood})
	p := connect(t, url)
	p.send(subscribe("1", `subscription{events(room:"a"){position text}}`))
	stalled, last := time.Now(), int64(0)
	await(t, "nothing moves for most of the write's time", func() bool {
		if now := ws.Counters.FramesOut.Load(); now != last {
			stalled, last = time.Now(), now
		}
		return time.Since(stalled) > writeTime*3/4
	})
	closed := time.Now()
	(<-sockets).Close(transport.CloseResume, "Resume")
	await(t, "the socket is gone", func() bool { return ws.Counters.Sockets.Load() == 0 })
	if took := time.Since(closed); took > writeTime*3/4 {
		t.Errorf("gone %v after the close, with a write time of %v of which most was over", took, writeTime)
	}
}

// A subscription of one client waits for that client: the queue stays bounded and nothing is lost.
func TestSlowReaderGetsEverything(t *testing.T) {
	t.Parallel()
	ws := &transport.WebSocket{QueueLimit: 64 << 10}
	url := serve(t, ws, &testschema.Root{OnEvents: flood})
	p := connect(t, url)
	p.send(subscribe("1", `subscription{events(room:"a"){position text}}`))
	tail := `,"text":"` + strings.Repeat("x", 10_000) + `"}}}}`
	for i := 1; i <= 2000; i++ {
		p.expect(fmt.Sprintf(`{"id":"1","type":"next","payload":{"data":{"events":{"position":%d`, i) + tail)
	}
	if closes := ws.Counters.SlowCloses.Load(); closes != 0 {
		t.Errorf("%d slow closes", closes)
	}
}

// Clients come and go in every way; nothing may stay behind.
func TestChurn(t *testing.T) {
	t.Parallel()
	ws := &transport.WebSocket{}
	url := serve(t, ws, &testschema.Root{OnEvents: flood})
	var clients sync.WaitGroup
	for i := range 300 {
		clients.Add(1)
		go func() {
			defer clients.Done()
			churn(t, url, i)
		}()
		if i%20 == 19 {
			clients.Wait()
		}
	}
	await(t, "all sockets are gone", func() bool { return ws.Counters.Sockets.Load() == 0 && ws.Counters.Operations.Load() == 0 })
}

func churn(t *testing.T, url string, how int) {
	conn, _, err := (&websocket.Dialer{Subprotocols: []string{"graphql-transport-ws"}}).DialContext(t.Context(), url, nil)
	if err != nil {
		t.Errorf("dial: %v", err)
		return
	}
	defer func() { _ = conn.Close() }()
	_ = conn.SetReadDeadline(time.Now().Add(patience))
	messages := []string{initMessage, subscribe("1", "subscription{silent}"), subscribe("2", `subscription{events(room:"a"){text}}`), subscribe("3", "{ping}")}
	for _, m := range messages[:how%5] {
		_ = conn.WriteMessage(websocket.TextMessage, []byte(m))
		if m == initMessage && how%2 == 0 {
			_, _, _ = conn.ReadMessage()
		}
	}
	switch how % 3 {
	case 0: // reset: unread data makes the kernel send RST
		_ = conn.NetConn().(*net.TCPConn).SetLinger(0)
	case 1:
		_ = conn.WriteControl(websocket.CloseMessage, websocket.FormatCloseMessage(1000, ""), time.Now().Add(patience))
		for err == nil {
			_, _, err = conn.ReadMessage()
		}
	}
}

func TestShutdown(t *testing.T) {
	t.Parallel()
	ws := &transport.WebSocket{}
	url := serve(t, ws, &testschema.Root{})
	ready := connect(t, url)
	ready.send(subscribe("1", "subscription{silent}"), subscribe("2", "{ping}"))
	ready.expect(`{"id":"2","type":"next","payload":{"data":{"ping":"pong"}}}`, `{"id":"2","type":"complete"}`)
	fresh := dial(t, url, "graphql-transport-ws")
	done := make(chan error, 1)
	go func() { done <- ws.Shutdown(t.Context()) }()
	ready.expectClose(1001, "restart")
	fresh.expectClose(1001, "restart")
	if err := <-done; err != nil {
		t.Errorf("shutdown: %v", err)
	}
	if _, response, err := websocket.DefaultDialer.DialContext(t.Context(), url, nil); err == nil || response.StatusCode != 503 {
		t.Errorf("got %v, %v, want 503", response, err)
	}
}

// A shutdown that runs out of time cuts the connections instead of waiting for peers that do not answer.
func TestShutdownRunsOut(t *testing.T) {
	t.Parallel()
	ws := &transport.WebSocket{}
	url := serve(t, ws, &testschema.Root{})
	p := connect(t, url)
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if err := ws.Shutdown(ctx); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got %v, want the deadline", err)
	}
	p.expectClose(1001, "restart")
	await(t, "the socket is gone", func() bool { return ws.Counters.Sockets.Load() == 0 })
}
