//go:build linux || darwin

package embedded

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"go.uber.org/goleak"
)

// helperDir makes the test binary a desk process on that folder; helperWay says how.
const (
	helperDir = "EMBEDDED_TEST_DIR"
	helperWay = "EMBEDDED_TEST_WAY"
)

func TestMain(m *testing.M) {
	if dir := os.Getenv(helperDir); dir != "" {
		os.Exit(helper(dir, os.Getenv(helperWay)))
	}
	goleak.VerifyTestMain(m)
}

// helper starts Postgres, says so on standard output, and runs until standard input ends.
func helper(dir, way string) int {
	if way == "weak" {
		if err := becomeWeak(); err != nil {
			fmt.Println("error:", err)
			return 1
		}
	}
	opt := Options{Dir: dir, Log: quiet(), unwatched: way == "unwatched"}
	s, err := Start(context.Background(), opt)
	if err != nil {
		fmt.Println("error:", err)
		return 1
	}
	fmt.Println("ready:", s.URL())
	_, _ = io.Copy(io.Discard, os.Stdin)
	if err := s.Stop(context.Background()); err != nil {
		fmt.Println("error:", err)
		return 1
	}
	return 0
}

func quiet() *slog.Logger { return slog.New(slog.DiscardHandler) }

// desk is a helper process.
type desk struct {
	cmd   *exec.Cmd
	lines *bufio.Reader
}

func runDesk(t *testing.T, dir, way string) *desk {
	t.Helper()
	cmd := exec.CommandContext(soon(t), os.Args[0])
	cmd.Env = append(os.Environ(), helperDir+"="+dir, helperWay+"="+way)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := cmd.StdinPipe(); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	d := &desk{cmd: cmd, lines: bufio.NewReader(out)}
	t.Cleanup(func() {
		d.kill()
		ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
		defer cancel()
		if err := clearCluster(ctx, folder(dir).cluster(), quiet()); err != nil {
			t.Error(err)
		}
	})
	return d
}

// says returns the rest of its first line, which must begin so.
func (d *desk) says(t *testing.T, begin string) string {
	t.Helper()
	line, err := d.lines.ReadString('\n')
	rest, ok := strings.CutPrefix(line, begin)
	if !ok {
		t.Fatalf("the helper said %q (%v), want %s", line, err, begin)
	}
	return strings.TrimSpace(rest)
}

func (d *desk) kill() {
	_ = d.cmd.Process.Kill()
	_ = d.cmd.Wait()
}

// newDir is a data folder whose parents every user can pass.
func newDir(t testing.TB) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "livedesk-test-*")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := os.RemoveAll(dir); err != nil {
			t.Error(err)
		}
	})
	if err := os.Chmod(dir, 0o711); err != nil {
		t.Fatal(err)
	}
	return filepath.Join(dir, "data")
}

// soon bounds what must not hang.
func soon(t testing.TB) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	t.Cleanup(cancel)
	return ctx
}

func start(t testing.TB, opt Options) *Server {
	t.Helper()
	if opt.Log == nil {
		opt.Log = quiet()
	}
	s, err := Start(soon(t), opt)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { stop(t, s) })
	return s
}

func stop(t testing.TB, s *Server) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	if err := s.Stop(ctx); err != nil {
		t.Error(err)
	}
}

// refused returns the text of a Start that must fail.
func refused(t *testing.T, opt Options) string {
	t.Helper()
	opt.Log = quiet()
	s, err := Start(soon(t), opt)
	if err == nil {
		stop(t, s)
		t.Fatal("it started")
	}
	return err.Error()
}

func mustSay(t *testing.T, text string, parts ...string) {
	t.Helper()
	for _, part := range parts {
		if !strings.Contains(text, part) {
			t.Errorf("the error does not say %q:\n%s", part, text)
		}
	}
}

func connect(t testing.TB, url string) *pgx.Conn {
	t.Helper()
	conn, err := pgx.Connect(soon(t), url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close(context.Background()) })
	return conn
}

func run(t testing.TB, url, sql string) {
	t.Helper()
	conn := connect(t, url)
	defer conn.Close(context.Background())
	if _, err := conn.Exec(soon(t), sql); err != nil {
		t.Fatal(err)
	}
}

func ask[T any](t testing.TB, url, sql string) T {
	t.Helper()
	conn := connect(t, url)
	defer conn.Close(context.Background())
	var answer T
	if err := conn.QueryRow(soon(t), sql).Scan(&answer); err != nil {
		t.Fatal(err)
	}
	return answer
}

func postmaster(t *testing.T, dir string) int {
	t.Helper()
	pid, err := pidFile(filepath.Join(dir, "pg"))
	if err != nil || pid <= 0 {
		t.Fatalf("postmaster's pid: %d, %v", pid, err)
	}
	return pid
}

func kill(t *testing.T, pid int, sig syscall.Signal) {
	t.Helper()
	if err := syscall.Kill(pid, sig); err != nil {
		t.Fatal(err)
	}
}

// eventually waits for what other processes do.
func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for end := soon(t).Done(); !ok(); {
		select {
		case <-end:
			t.Fatal("never: " + what)
		case <-tick.C:
		}
	}
}

// answers tells whether another postmaster than the old one takes connections.
func answers(t *testing.T, s *Server, old int) bool {
	conn, err := pgx.Connect(soon(t), s.URL())
	if err != nil {
		return false
	}
	_ = conn.Close(context.Background())
	return postmaster(t, string(s.folder)) != old
}
