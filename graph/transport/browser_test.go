//go:build browser

package transport_test

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
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

// nodeModules installs the packages that .ci/node names, once, and returns their folder.
var nodeModules = sync.OnceValues(func() (string, error) {
	folder, err := filepath.Abs("../../.ci/node")
	if err != nil {
		return "", err
	}
	modules := filepath.Join(folder, "node_modules")
	if _, err := os.Stat(filepath.Join(modules, "graphql-ws")); err == nil {
		return modules, nil
	}
	install := exec.Command("npm", "install", "--prefix", folder)
	install.Stderr = os.Stderr
	return modules, install.Run()
})

// runNode runs a script of testdata and returns what it printed. Node and npm must be on the PATH.
func runNode(t *testing.T, script string, args ...string) []byte {
	t.Helper()
	modules, err := nodeModules()
	if err != nil {
		t.Fatalf("npm install of .ci/node: %v", err)
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
