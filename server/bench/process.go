package bench

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

// process is a child: this program with another command.
type process struct {
	cmd  *exec.Cmd
	url  string // where a server answers
	done chan struct{}
}

// serve starts the server on the database at the URL, at a free port, and waits until it is ready.
func (s *stage) serve(ctx context.Context, database string) (*process, error) {
	addr, err := freeAddr()
	if err != nil {
		return nil, err
	}
	return s.serveAt(ctx, addr, database)
}

// serveAt is serve at a given port. Without a database the server runs the Postgres of the stage's folder itself.
func (s *stage) serveAt(ctx context.Context, addr, database string) (*process, error) {
	p, err := s.launch(ctx, addr, database)
	if err != nil {
		return nil, err
	}
	return p, p.ready(ctx)
}

func (s *stage) launch(ctx context.Context, addr, database string) (*process, error) {
	env := []string{"LIVEDESK_ADDR=" + addr, "LIVEDESK_DATA_DIR=" + s.dir, "LIVEDESK_TWILIO_URL=" + s.twilio}
	env = append(env, s.more...)
	if database != "" {
		env = append(env, "DATABASE_URL="+database)
	}
	p, err := s.start(ctx, nil, nil, env, "serve")
	if err != nil {
		return nil, err
	}
	p.url = "http://" + addr
	return p, nil
}

// start runs the program with its log in the stage's folder. Settings of whoever runs the benchmark do not reach it.
func (s *stage) start(ctx context.Context, in io.Reader, out io.Writer, env []string, args ...string) (*process, error) {
	log, err := os.OpenFile(filepath.Join(s.dir, args[len(args)-1]+".log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
	if err != nil {
		return nil, err
	}
	defer log.Close()
	p := &process{cmd: exec.CommandContext(ctx, s.program, args...), done: make(chan struct{})}
	p.cmd.Env, p.cmd.Stdin, p.cmd.Stdout, p.cmd.Stderr = append(plainEnv(), env...), in, out, log
	if err := p.cmd.Start(); err != nil {
		return nil, err
	}
	s.living = append(s.living, p)
	go func() {
		defer close(p.done)
		_ = p.cmd.Wait() // how it ended is in ProcessState
	}()
	return p, nil
}

// plainEnv is the environment without settings of the desk, but for where Postgres lies.
func plainEnv() []string {
	var env []string
	for _, e := range os.Environ() {
		name, _, _ := strings.Cut(e, "=")
		if name == "LIVEDESK_PG_BIN" || name != "DATABASE_URL" && !strings.HasPrefix(name, "LIVEDESK_") {
			env = append(env, e)
		}
	}
	return env
}

// ready waits until the server says that it can work.
func (p *process) ready(ctx context.Context) error {
	client := &http.Client{Timeout: 2 * time.Second, Transport: &http.Transport{DisableKeepAlives: true}}
	for {
		r, err := client.Get(p.url + "/readyz")
		if err == nil {
			r.Body.Close()
			if r.StatusCode == http.StatusOK {
				return nil
			}
		}
		select {
		case <-p.done:
			return fmt.Errorf("the server ended while starting: %v", p.cmd.ProcessState)
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-time.After(2 * time.Millisecond):
		}
	}
}

// stop ends the process in order and waits.
func (p *process) stop(ctx context.Context) error {
	if err := p.cmd.Process.Signal(syscall.SIGTERM); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return err
	}
	select {
	case <-p.done:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// kill ends the process at once, as a crash would.
func (p *process) kill() {
	_ = p.cmd.Process.Kill() // it may have ended
	<-p.done
}

func (p *process) pid() int { return p.cmd.Process.Pid }

func freeAddr() (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	defer l.Close()
	return l.Addr().String(), nil
}
