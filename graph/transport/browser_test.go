//go:build browser

package transport_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/livedesk/livedesk/graph/transport"
	"github.com/livedesk/livedesk/graph/transport/internal/testschema"
)

// audits is how many audits graphql-http 1.23.1 has; fewer would mean that some did not run.
const audits = 61

func TestHTTPPassesEveryAudit(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(newHandler(&testschema.Root{}, transport.HTTP{}))
	defer server.Close()
	lines := bytes.Split(bytes.TrimSpace(runNode(t, "audit.cjs", server.URL)), []byte("\n"))
	if len(lines) != audits {
		t.Errorf("%d audits ran, want %d", len(lines), audits)
	}
	for _, line := range lines {
		var audit struct{ ID, Name, Status, Reason string }
		if err := json.Unmarshal(line, &audit); err != nil {
			t.Fatalf("%s: %v", line, err)
		}
		if audit.Status != "ok" {
			t.Errorf("audit %s %s: %s: %s", audit.ID, audit.Name, audit.Status, audit.Reason)
		}
	}
}

// npm graphql-ws, the client of most apps, gets what it asks for.
func TestClientIsServed(t *testing.T) {
	t.Parallel()
	ws := &transport.WebSocket{}
	url := serve(t, ws, &testschema.Root{})
	cases := map[string]string{
		"subscription{count(to:2)}": "next {\"data\":{\"count\":1}}\nnext {\"data\":{\"count\":2}}\ncomplete\nclosed 1000\n",
		"{ping}":                    "next {\"data\":{\"ping\":\"pong\"}}\ncomplete\nclosed 1000\n",
		"subscription{refused}": "error [{\"message\":\"the room is full\",\"path\":[\"refused\"],\"locations\":[{\"line\":1,\"column\":14}]}]\n" +
			"closed\n",
	}
	for query, want := range cases {
		if got := string(runNode(t, "client.cjs", url, query, "10000")); got != want {
			t.Errorf("%s: got %q, want %q", query, got, want)
		}
	}
}

// A refused or expired client must not come back without pause: gqlgen's own transport let one open 1,500 sockets in
// two seconds.
func TestNoReconnectStorm(t *testing.T) {
	t.Parallel()
	expires := func(ctx context.Context) (context.Context, error) {
		ctx, cancel := context.WithTimeoutCause(ctx, 10*time.Millisecond, transport.CloseError{Code: transport.CloseForbidden, Reason: "Token expired"})
		context.AfterFunc(ctx, cancel)
		return ctx, nil
	}
	refuses := func(context.Context) (context.Context, error) { return nil, errors.New("unknown token") }
	fallsBehind := func(context.Context) (context.Context, error) {
		return nil, transport.CloseError{Code: transport.CloseResume, Reason: "resume"}
	}
	for name, init := range map[string]func(context.Context) (context.Context, error){"expired": expires, "refused": refuses, "resume": fallsBehind} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var inits atomic.Int64
			ws := &transport.WebSocket{Init: func(ctx context.Context, _ json.RawMessage) (context.Context, error) {
				inits.Add(1)
				return init(ctx)
			}}
			url := serve(t, ws, &testschema.Root{})
			out := runNode(t, "client.cjs", url, "subscription{silent}", "3000")
			if got := inits.Load(); got < 1 || got > 4 {
				t.Errorf("%d sockets in 3 s, want 1 to 4; the client printed %s", got, out)
			}
		})
	}
}

// nodeModules installs the packages that .ci/node names, once, and returns their folder.
var nodeModules = sync.OnceValues(func() (string, error) {
	install := exec.Command("../../.ci/node/install")
	install.Stderr = os.Stderr
	folder, err := install.Output()
	return strings.TrimSpace(string(folder)), err
})

// runNode runs a script of testdata and returns what it printed. Node and npm must be on the PATH.
func runNode(t *testing.T, script string, args ...string) []byte {
	t.Helper()
	modules, err := nodeModules()
	if err != nil {
		t.Fatalf(".ci/node/install: %v", err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	node := exec.CommandContext(ctx, "node", append([]string{filepath.Join("testdata", script)}, args...)...)
	node.Env = append(os.Environ(), "NODE_PATH="+modules)
	node.Stderr = os.Stderr
	out, err := node.Output()
	if err != nil {
		t.Fatalf("node %s: %v", script, err)
	}
	return out
}
