package transport_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/livedesk/livedesk/graph/transport"
	"github.com/livedesk/livedesk/graph/transport/internal/testschema"
)

func TestInitTimeout(t *testing.T) {
	t.Parallel()
	url := serve(t, &transport.WebSocket{InitTimeout: 20 * time.Millisecond}, &testschema.Root{})
	dial(t, url, "graphql-transport-ws").expectClose(4408, "Connection initialisation timeout")
}

// An Init that hangs is cut off too, and sees its context end.
func TestInitTimeoutCoversInit(t *testing.T) {
	t.Parallel()
	url := serve(t, &transport.WebSocket{InitTimeout: 20 * time.Millisecond,
		Init: func(ctx context.Context, _ json.RawMessage) (context.Context, error) {
			<-ctx.Done()
			return nil, context.Cause(ctx)
		}}, &testschema.Root{})
	p := dial(t, url, "graphql-transport-ws")
	p.send(initMessage)
	p.expectClose(4408, "Connection initialisation timeout")
}

func TestInitDecides(t *testing.T) {
	t.Parallel()
	ws := &transport.WebSocket{Init: func(ctx context.Context, payload json.RawMessage) (context.Context, error) {
		switch {
		case payload == nil:
			return ctx, nil
		case bytes.Contains(payload, []byte("nil context")):
			return nil, nil
		case bytes.Contains(payload, []byte("own code")):
			return nil, fmt.Errorf("look up the session: %w", transport.CloseError{Code: 1013, Reason: "Try again"})
		case bytes.Contains(payload, []byte("panic")):
			panic("secret")
		}
		return nil, errors.New("secret")
	}}
	url := serve(t, ws, &testschema.Root{})
	cases := []struct {
		payload string
		code    int
		reason  string
	}{
		{`{"a":"own code"}`, 1013, "Try again"},
		{`{"a":"panic"}`, 1011, "Internal error"},
		{`{"a":"other"}`, 4403, "Forbidden"},
	}
	for _, c := range cases {
		p := dial(t, url, "graphql-transport-ws")
		p.send(`{"type":"connection_init","payload":` + c.payload + `}`)
		p.expectClose(c.code, c.reason)
	}
	p := dial(t, url, "graphql-transport-ws")
	p.send(`{"type":"connection_init","payload":{"a":"nil context"}}`)
	p.expect(ackMessage)
	connect(t, url)
}

// While Init runs, subscribe is too early and a second init too much.
func TestMessagesDuringInit(t *testing.T) {
	t.Parallel()
	url := serve(t, &transport.WebSocket{InitTimeout: patience,
		Init: func(ctx context.Context, _ json.RawMessage) (context.Context, error) {
			<-ctx.Done()
			return nil, ctx.Err()
		}}, &testschema.Root{})
	early := dial(t, url, "graphql-transport-ws")
	early.send(initMessage, subscribe("1", "{ping}"))
	early.expectClose(4401, "Unauthorized")
	twice := dial(t, url, "graphql-transport-ws")
	twice.send(initMessage, initMessage)
	twice.expectClose(4429, "Too many initialisation requests")
}

// The end of the context that Init returned closes the socket as its cause says.
func TestContextEnds(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name   string
		cause  error
		code   int
		reason string
	}{
		{"token expired", fmt.Errorf("watch the session: %w", transport.CloseError{Code: 4403, Reason: "Token expired"}), 4403, "Token expired"},
		{"signed out", transport.CloseError{Code: 4401, Reason: "Signed out"}, 4401, "Signed out"},
		{"other cause", errors.New("secret"), 4403, "Forbidden"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			cancels := make(chan context.CancelCauseFunc, 1)
			url := serve(t, &transport.WebSocket{Init: func(ctx context.Context, _ json.RawMessage) (context.Context, error) {
				ctx, cancel := context.WithCancelCause(ctx)
				cancels <- cancel
				return ctx, nil
			}}, &testschema.Root{})
			p := connect(t, url)
			p.send(subscribe("1", "subscription{silent}"))
			(<-cancels)(c.cause)
			p.expectClose(c.code, c.reason)
		})
	}
}

func TestDeadlineCause(t *testing.T) {
	t.Parallel()
	url := serve(t, &transport.WebSocket{Init: func(ctx context.Context, _ json.RawMessage) (context.Context, error) {
		ctx, cancel := context.WithDeadlineCause(ctx, time.Now().Add(30*time.Millisecond), transport.CloseError{Code: 4403, Reason: "Token expired"})
		context.AfterFunc(ctx, cancel)
		return ctx, nil
	}}, &testschema.Root{})
	connect(t, url).expectClose(4403, "Token expired")
}

func TestSocketHandle(t *testing.T) {
	t.Parallel()
	sockets := make(chan *transport.Socket, 1)
	ws := &transport.WebSocket{Init: func(ctx context.Context, _ json.RawMessage) (context.Context, error) {
		sockets <- transport.SocketFrom(ctx)
		return ctx, nil
	}}
	url := serve(t, ws, &testschema.Root{OnWaits: func(ctx context.Context) (string, error) {
		transport.SocketFrom(ctx).Close(4403, strings.Repeat("é", 100))
		return "", nil
	}})
	p := connect(t, url)
	s := <-sockets
	p.send(subscribe("1", "{waits}"))
	p.expectClose(4403, strings.Repeat("é", 61))
	<-s.Context().Done()
	if cause := context.Cause(s.Context()); !errors.As(cause, new(transport.CloseError)) {
		t.Errorf("the context ended with %v", cause)
	}
}
