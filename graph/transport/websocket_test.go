package transport_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/websocket"
	"github.com/livedesk/livedesk/graph/transport"
	"github.com/livedesk/livedesk/graph/transport/internal/testschema"
)

const (
	initMessage = `{"type":"connection_init"}`
	ackMessage  = `{"type":"connection_ack"}`
)

func subscribe(id, query string) string {
	payload, _ := json.Marshal(map[string]string{"query": query})
	return fmt.Sprintf(`{"id":%q,"type":"subscribe","payload":%s}`, id, payload)
}

// The protocol's messages, one conversation per case. A close of 0 means that the socket stays open.
func TestProtocol(t *testing.T) {
	t.Parallel()
	url := serve(t, &transport.WebSocket{InitTimeout: patience}, &testschema.Root{})
	cases := []struct {
		name   string
		send   []string
		expect []string
		code   int
		reason string
	}{
		{"init is acknowledged", []string{initMessage}, []string{ackMessage}, 0, ""},
		{"init with a payload", []string{`{"type":"connection_init","payload":{"a":1}}`}, []string{ackMessage}, 0, ""},
		{"init with null", []string{`{"type":"connection_init","payload":null}`}, []string{ackMessage}, 0, ""},
		{"init with text", []string{`{"type":"connection_init","payload":"a"}`}, nil, 4400, "The payload is not an object"},
		{"ping before init", []string{`{"type":"ping"}`}, []string{`{"type":"pong"}`}, 0, ""},
		{"ping with a payload", []string{`{"type":"ping","payload":{"n":1}}`}, []string{`{"type":"pong","payload":{"n":1}}`}, 0, ""},
		{"ping with text", []string{`{"type":"ping","payload":"n"}`}, nil, 4400, "The payload is not an object"},
		{"pong unasked", []string{`{"type":"ping"}`, `{"type":"pong"}`, `{"type":"ping"}`}, []string{`{"type":"pong"}`, `{"type":"pong"}`}, 0, ""},
		{"subscribe before init", []string{subscribe("1", "{ping}")}, nil, 4401, "Unauthorized"},
		{"second init", []string{initMessage, initMessage}, []string{ackMessage}, 4429, "Too many initialisation requests"},
		{"bad JSON first", []string{`{`}, nil, 4400, "Not a JSON message"},
		{"bad JSON later", []string{initMessage, `secret`}, []string{ackMessage}, 4400, "Not a JSON message"},
		{"not an object", []string{`[]`}, nil, 4400, "Not a JSON message"},
		{"null", []string{`null`}, nil, 4400, "Unknown message type"},
		{"no type", []string{`{}`}, nil, 4400, "Unknown message type"},
		{"unknown type", []string{initMessage, `{"type":"start"}`}, []string{ackMessage}, 4400, "Unknown message type"},
		{"type of the server", []string{initMessage, `{"type":"next","id":"1","payload":{}}`}, []string{ackMessage}, 4400, "Unknown message type"},
		{"subscribe without id", []string{initMessage, `{"type":"subscribe","payload":{"query":"{ping}"}}`}, []string{ackMessage}, 4400, "The id is missing or too long"},
		{"subscribe with a number as id", []string{initMessage, `{"id":1,"type":"subscribe","payload":{"query":"{ping}"}}`}, []string{ackMessage}, 4400, "Not a JSON message"},
		{"subscribe with a long id", []string{initMessage, subscribe(strings.Repeat("x", 257), "{ping}")}, []string{ackMessage}, 4400, "The id is missing or too long"},
		{"subscribe without payload", []string{initMessage, `{"id":"1","type":"subscribe"}`}, []string{ackMessage}, 4400, "the request is not a JSON object with a query"},
		{"subscribe with text", []string{initMessage, `{"id":"1","type":"subscribe","payload":"{ping}"}`}, []string{ackMessage}, 4400, "the request is not a JSON object with a query"},
		{"subscribe without query", []string{initMessage, `{"id":"1","type":"subscribe","payload":{}}`}, []string{ackMessage}, 4400, "the request has no query"},
		{"subscribe with variables as list", []string{initMessage, `{"id":"1","type":"subscribe","payload":{"query":"{ping}","variables":[]}}`}, []string{ackMessage}, 4400, "variables is not a JSON object"},
		{"complete without id", []string{initMessage, `{"type":"complete"}`}, []string{ackMessage}, 4400, "The id is missing or too long"},
		{"complete of nothing", []string{initMessage, `{"id":"1","type":"complete"}`, `{"type":"ping"}`}, []string{ackMessage, `{"type":"pong"}`}, 0, ""},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			p := dial(t, url, "graphql-transport-ws")
			// The acknowledgement is awaited before the next message: what comes too early is another test.
			p.send(c.send[0])
			if len(c.expect) > 0 {
				p.expect(c.expect[0])
				p.send(c.send[1:]...)
				p.expect(c.expect[1:]...)
			}
			if c.code != 0 {
				p.expectClose(c.code, c.reason)
			}
		})
	}
}

// What runs over an open socket, one message at a time.
func TestOperations(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name   string
		query  string
		expect []string
	}{
		{"query", "{ping}", []string{`{"id":"é\"1","type":"next","payload":{"data":{"ping":"pong"}}}`, `{"id":"é\"1","type":"complete"}`}},
		{"mutation", `mutation{say(room:"a",text:"hi"){text}}`,
			[]string{`{"id":"é\"1","type":"next","payload":{"data":{"say":{"text":"hi"}}}}`, `{"id":"é\"1","type":"complete"}`}},
		{"subscription", "subscription{count(to:2)}", []string{`{"id":"é\"1","type":"next","payload":{"data":{"count":1}}}`,
			`{"id":"é\"1","type":"next","payload":{"data":{"count":2}}}`, `{"id":"é\"1","type":"complete"}`}},
		{"failed field", "{fails}", []string{
			`{"id":"é\"1","type":"next","payload":{"errors":[{"message":"the pump is dry","path":["fails"],"locations":[{"line":1,"column":2}]}],"data":null}}`,
			`{"id":"é\"1","type":"complete"}`}},
		{"refused subscription", "subscription{refused}", []string{
			`{"id":"é\"1","type":"error","payload":[{"message":"the room is full","path":["refused"],"locations":[{"line":1,"column":14}]}]}`}},
		{"invalid document", "{nothing}", []string{`{"id":"é\"1","type":"error","payload":[{"message":"Cannot query field \"nothing\" on type \"Query\".",` +
			`"locations":[{"line":1,"column":2}],"extensions":{"code":"GRAPHQL_VALIDATION_FAILED"}}]}`}},
		{"broken document", "{", []string{`{"id":"é\"1","type":"error","payload":[{"message":"Expected Name, found \u003cEOF\u003e",` +
			`"locations":[{"line":1,"column":2}],"extensions":{"code":"GRAPHQL_PARSE_FAILED"}}]}`}},
		{"long document", padding("{ping}", 16<<10+1), []string{`{"id":"é\"1","type":"error","payload":[{"message":"the document is longer than 16384 bytes"}]}`}},
	}
	url := serve(t, &transport.WebSocket{}, &testschema.Root{})
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			p := connect(t, url)
			p.send(subscribe(`é"1`, c.query))
			p.expect(c.expect...)
			// Nothing may follow: no complete after error, no second one.
			p.send(`{"type":"ping"}`)
			p.expect(`{"type":"pong"}`)
		})
	}
}

func TestSubprotocols(t *testing.T) {
	t.Parallel()
	url := serve(t, &transport.WebSocket{}, &testschema.Root{})
	dial(t, url).expectClose(4406, "Subprotocol not acceptable")
	dial(t, url, "graphql-ws").expectClose(4406, "Subprotocol not acceptable")
	both := dial(t, url, "graphql-ws", "graphql-transport-ws")
	if got := both.conn.Subprotocol(); got != "graphql-transport-ws" {
		t.Errorf("picked %q", got)
	}
}

func TestOrigin(t *testing.T) {
	t.Parallel()
	url := serve(t, &transport.WebSocket{}, &testschema.Root{})
	listed := serve(t, &transport.WebSocket{CheckOrigin: func(r *http.Request) bool {
		return r.Header.Get("Origin") == "https://app.example"
	}}, &testschema.Root{})
	cases := []struct {
		url, origin string
		status      int
	}{
		{url, "https://evil.example", 403},
		{url, "http" + strings.TrimPrefix(url, "ws"), 101},
		{url, "", 101},
		{listed, "https://app.example", 101},
		{listed, "https://evil.example", 403},
		{listed, "", 403},
	}
	for _, c := range cases {
		header := http.Header{}
		if c.origin != "" {
			header.Set("Origin", c.origin)
		}
		conn, response, err := websocket.DefaultDialer.DialContext(t.Context(), c.url, header)
		if response == nil || response.StatusCode != c.status {
			t.Errorf("origin %q: got %v, %v, want %d", c.origin, response, err, c.status)
		}
		if conn != nil {
			_ = conn.Close()
		}
	}
}

func TestDuplicateID(t *testing.T) {
	t.Parallel()
	url := serve(t, &transport.WebSocket{}, &testschema.Root{})
	p := connect(t, url)
	p.send(subscribe("1", "subscription{silent}"), subscribe("1", "{ping}"))
	p.expectClose(4409, "Subscriber with this id already exists")
}

func TestIDIsFreeAfterTheEnd(t *testing.T) {
	t.Parallel()
	url := serve(t, &transport.WebSocket{}, &testschema.Root{})
	p := connect(t, url)
	p.send(subscribe("1", "subscription{silent}"), `{"id":"1","type":"complete"}`, subscribe("1", "{ping}"))
	p.expect(`{"id":"1","type":"next","payload":{"data":{"ping":"pong"}}}`, `{"id":"1","type":"complete"}`)
	p.send(subscribe("1", "{nothing}"))
	if got := p.receive(); !strings.HasPrefix(got, `{"id":"1","type":"error"`) {
		t.Fatalf("got %s", got)
	}
	p.send(subscribe("1", "subscription{count(to:1)}"))
	p.expect(`{"id":"1","type":"next","payload":{"data":{"count":1}}}`, `{"id":"1","type":"complete"}`)
}

// complete cancels the context of a query under way, and its late result is not sent.
func TestCompleteCancels(t *testing.T) {
	t.Parallel()
	started, ended := make(chan struct{}), make(chan struct{})
	url := serve(t, &transport.WebSocket{}, &testschema.Root{OnWaits: func(ctx context.Context) (string, error) {
		close(started)
		<-ctx.Done()
		close(ended)
		return "late", nil
	}})
	p := connect(t, url)
	p.send(subscribe("1", "{waits}"))
	<-started
	p.send(`{"id":"1","type":"complete"}`)
	<-ended
	p.send(subscribe("1", "{ping}"))
	p.expect(`{"id":"1","type":"next","payload":{"data":{"ping":"pong"}}}`)
}

func TestOperationLimit(t *testing.T) {
	t.Parallel()
	ws := &transport.WebSocket{Operations: 3}
	url := serve(t, ws, &testschema.Root{})
	p := connect(t, url)
	for i := range 3 {
		p.send(subscribe(fmt.Sprint(i), "subscription{silent}"))
	}
	p.send(subscribe("x", "{ping}"))
	p.expect(`{"id":"x","type":"error","payload":[{"message":"too many operations on this socket","extensions":{"code":"RATE_LIMITED"}}]}`)
	if got := ws.Counters.Operations.Load(); got != 3 {
		t.Errorf("%d operations counted, want 3", got)
	}
	p.send(`{"id":"0","type":"complete"}`, subscribe("x", "{ping}"))
	p.expect(`{"id":"x","type":"next","payload":{"data":{"ping":"pong"}}}`)
}

func TestMessageLimits(t *testing.T) {
	t.Parallel()
	url := serve(t, &transport.WebSocket{}, &testschema.Root{})
	p := connect(t, url)
	p.send(padded(`{"type":"ping"`, 64<<10))
	p.expect(`{"type":"pong"}`)
	p.send(padded(`{"type":"ping"`, 64<<10+1))
	p.expectClose(1009, "Message too big")
	binary := connect(t, url)
	if err := binary.conn.WriteMessage(websocket.BinaryMessage, []byte(`{"type":"ping"}`)); err != nil {
		t.Fatal(err)
	}
	binary.expectClose(4400, "Not a text message")
}

func TestSocketLimit(t *testing.T) {
	t.Parallel()
	ws := &transport.WebSocket{Sockets: 1}
	url := serve(t, ws, &testschema.Root{})
	first := connect(t, url)
	_, response, err := websocket.DefaultDialer.DialContext(t.Context(), url, nil)
	if err == nil || response.StatusCode != 503 || response.Header.Get("Retry-After") == "" {
		t.Fatalf("got %v, %v, want 503 with Retry-After", response, err)
	}
	_ = first.conn.Close()
	await(t, "the place is free again", func() bool { return ws.Counters.Sockets.Load() == 0 })
	connect(t, url)
}

// A client's close is answered with its own code, and its operations end.
func TestClientCloses(t *testing.T) {
	t.Parallel()
	ws := &transport.WebSocket{}
	url := serve(t, ws, &testschema.Root{})
	p := connect(t, url)
	p.send(subscribe("1", "subscription{silent}"))
	frame := websocket.FormatCloseMessage(websocket.CloseNormalClosure, "bye")
	if err := p.conn.WriteControl(websocket.CloseMessage, frame, time.Now().Add(patience)); err != nil {
		t.Fatal(err)
	}
	p.expectClose(1000, "")
	await(t, "operation and socket are gone", func() bool {
		return ws.Counters.Operations.Load() == 0 && ws.Counters.Sockets.Load() == 0
	})
}

// Both kinds of ping are answered; ours are sent at the interval, and their pongs keep the socket open for longer than
// two of them.
func TestPings(t *testing.T) {
	t.Parallel()
	url := serve(t, &transport.WebSocket{PingInterval: time.Second}, &testschema.Root{})
	p := connect(t, url)
	pings, pongs := 0, make(chan string, 1)
	p.conn.SetPongHandler(func(payload string) error { pongs <- payload; return nil })
	answer := p.conn.PingHandler()
	p.conn.SetPingHandler(func(payload string) error {
		if pings++; pings == 3 {
			p.send(`{"type":"ping"}`)
		}
		return answer(payload)
	})
	if err := p.conn.WriteControl(websocket.PingMessage, []byte("hello"), time.Now().Add(patience)); err != nil {
		t.Fatal(err)
	}
	p.expect(`{"type":"pong"}`)
	if got := <-pongs; got != "hello" {
		t.Errorf("got pong %q", got)
	}
}

// A peer that answers no pings is gone after two intervals.
func TestSilentPeer(t *testing.T) {
	t.Parallel()
	ws := &transport.WebSocket{PingInterval: 20 * time.Millisecond}
	url := serve(t, ws, &testschema.Root{})
	connect(t, url) // nobody reads, so nobody answers
	await(t, "the silent socket is gone", func() bool { return ws.Counters.Sockets.Load() == 0 })
}
