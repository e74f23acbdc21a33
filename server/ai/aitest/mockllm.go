//go:build browser

package aitest

import (
	"bytes"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

// MockLLM is a running npm @dwmkerr/mock-llm: an endpoint of chat completions that is not ours.
type MockLLM struct {
	URL     string // base URL
	Address string // "127.0.0.1:port", for the list of private hosts
}

// StartMockLLM runs it until the test ends, with rules in its YAML, of which the last that matches answers; none echoes
// the last message. It checks no keys and no messages, and puts what it echoes into JSON as it is: without quotes and
// line breaks. Node, npm and bash must be on the PATH.
func StartMockLLM(t testing.TB, rules string) *MockLLM {
	t.Helper()
	config := filepath.Join(t.TempDir(), "mock-llm.yaml")
	if err := os.WriteFile(config, []byte(rules), 0o600); err != nil {
		t.Fatal(err)
	}
	modules, err := nodeModules()
	if err != nil {
		t.Fatalf(".ci/node/install: %v", err)
	}
	for range 3 { // somebody else may take the port that was free
		address := freeAddress(t)
		said, up := runMockLLM(t, modules, config, address)
		if up && healthy(address) {
			return &MockLLM{URL: "http://" + address + "/v1", Address: address}
		}
		t.Logf("mock-llm at %s: %s", address, said)
	}
	t.Fatal("mock-llm does not start")
	return nil
}

// untilStdinEnds makes Node run the program for no longer than the test, also when that is killed.
const untilStdinEnds = `process.stdin.resume().on("end", () => process.exit()); require("@dwmkerr/mock-llm")`

// runMockLLM starts it and tells whether it came up, and what it said.
func runMockLLM(t testing.TB, modules, config, address string) (string, bool) {
	t.Helper()
	host, port, _ := net.SplitHostPort(address)
	out := &watched{want: "server running on", seen: make(chan struct{})}
	node := exec.Command("node", "-e", untilStdinEnds, "--", "--config", config)
	node.Env = append(os.Environ(), "NODE_PATH="+modules, "HOST="+host, "PORT="+port)
	node.Stdout, node.Stderr = out, out
	stdin, err := node.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := node.Start(); err != nil {
		t.Fatal(err)
	}
	exited := make(chan struct{})
	go func() {
		defer close(exited)
		node.Wait()
	}()
	t.Cleanup(func() {
		stdin.Close()
		node.Process.Kill()
		<-exited
	})
	select {
	case <-out.seen:
		return out.String(), true
	case <-exited:
	case <-time.After(time.Minute):
	}
	return out.String(), false
}

func healthy(address string) bool {
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}, Timeout: 10 * time.Second}
	resp, err := client.Get("http://" + address + "/health")
	if err != nil {
		return false
	}
	defer resp.Body.Close()
	io.Copy(io.Discard, resp.Body)
	return resp.StatusCode == http.StatusOK
}

func freeAddress(t testing.TB) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// nodeModules installs the packages that .ci/node names, once, and returns their folder.
var nodeModules = sync.OnceValues(func() (string, error) {
	root, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for !exists(filepath.Join(root, "go.mod")) {
		if root == filepath.Dir(root) {
			return "", fmt.Errorf("no go.mod above the test")
		}
		root = filepath.Dir(root)
	}
	install := exec.Command(filepath.Join(root, ".ci/node/install"))
	install.Stderr = os.Stderr
	folder, err := install.Output()
	return strings.TrimSpace(string(folder)), err
})

func exists(file string) bool {
	_, err := os.Stat(file)
	return err == nil
}

// watched keeps what is written and tells when a text is in it.
type watched struct {
	want string
	seen chan struct{} // closed once

	mu   sync.Mutex
	text bytes.Buffer
	done bool
}

func (w *watched) Write(p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.text.Write(p)
	if !w.done && strings.Contains(w.text.String(), w.want) {
		w.done = true
		close(w.seen)
	}
	return len(p), nil
}

func (w *watched) String() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.text.String()
}
