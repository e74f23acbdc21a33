package server

import (
	"bufio"
	"bytes"
	"context"
	"crypto/rand"
	"net/url"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/livedesk/livedesk/db/dbtest"
)

// asProgram in the environment makes the test binary the program.
const asProgram = "LIVEDESK_TEST_AS_PROGRAM"

// program prepares a process of the program with these settings and no others.
func program(t testing.TB, settings []string, args ...string) *exec.Cmd {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), os.Args[0], args...)
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) }
	cmd.WaitDelay = patience
	for _, v := range os.Environ() {
		if !strings.HasPrefix(v, "LIVEDESK_") && !strings.HasPrefix(v, "DATABASE_URL=") {
			cmd.Env = append(cmd.Env, v)
		}
	}
	cmd.Env = append(append(cmd.Env, asProgram+"=1", "LIVEDESK_DATA_DIR="+t.TempDir()), settings...)
	return cmd
}

// run runs a command of the program to its end.
func run(t testing.TB, settings []string, args ...string) (code int, out, errs string) {
	t.Helper()
	var stdout, stderr bytes.Buffer
	cmd := program(t, settings, args...)
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	if err := cmd.Run(); err != nil && cmd.ProcessState == nil {
		t.Fatal(err)
	}
	return cmd.ProcessState.ExitCode(), stdout.String(), stderr.String()
}

// serving is a process that serves.
type serving struct {
	t    testing.TB
	cmd  *exec.Cmd
	url  string
	out  chan string // what it printed, when it has ended
	errs bytes.Buffer
}

// serve starts the program on a free port and waits until it says where it is reached.
func startProgram(t testing.TB, settings ...string) *serving {
	t.Helper()
	p := &serving{t: t, cmd: program(t, append([]string{"LIVEDESK_ADDR=127.0.0.1:0"}, settings...)), out: make(chan string, 1)}
	stdout, err := p.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	p.cmd.Stderr = &p.errs
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(stdout)
	var said strings.Builder
	for lines.Scan() {
		said.WriteString(lines.Text() + "\n")
		if _, where, found := strings.Cut(lines.Text(), "GraphQL    "); found {
			p.url, _, _ = strings.Cut(where, "/graphql")
		}
		if strings.HasPrefix(lines.Text(), "Ctrl-C") {
			break
		}
	}
	go func() {
		for lines.Scan() {
			said.WriteString(lines.Text() + "\n")
		}
		p.out <- said.String()
	}()
	if p.url == "" {
		p.cmd.Wait()
		t.Fatalf("the program does not serve: %s%s", said.String(), p.errs.String())
	}
	return p
}

// end stops the program as an operator does, and returns what it printed and how long it took.
func (p *serving) end() (out string, took time.Duration) {
	p.t.Helper()
	start := time.Now()
	if err := p.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		p.t.Fatal(err)
	}
	out = <-p.out
	if err := p.cmd.Wait(); err != nil {
		p.t.Errorf("the program ended with %v: %s", err, p.errs.String())
	}
	return out, time.Since(start)
}

// emptyDatabase makes a database without any schema.
func emptyDatabase(t testing.TB) string {
	t.Helper()
	u, err := url.Parse(dbtest.URL(t))
	if err != nil {
		t.Fatal(err)
	}
	u.Path = "/postgres"
	conn, err := pgx.Connect(t.Context(), u.String())
	if err != nil {
		t.Fatal(err)
	}
	name := "empty_" + strings.ToLower(rand.Text())
	if _, err := conn.Exec(t.Context(), "CREATE DATABASE "+name); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		defer conn.Close(context.Background())
		if _, err := conn.Exec(context.Background(), "DROP DATABASE "+name+" WITH (FORCE)"); err != nil {
			t.Error(err)
		}
	})
	u.Path = "/" + name
	return u.String()
}
