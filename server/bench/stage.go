package bench

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/livedesk/livedesk/db"
	"github.com/livedesk/livedesk/db/embedded"
	"github.com/livedesk/livedesk/server/channel/twilio/twiliotest"
)

// seed is that of everything random in the benchmarks.
const seed = 20260101

// stage is what a benchmark plays on: a folder, a Postgres with fsync on, the fake Twilio, and the processes that the
// benchmark starts. clear ends all of it.
type stage struct {
	program string // the livedesk binary
	dir     string
	out     io.Writer
	pg      *embedded.Server
	keys    *db.KeyRing
	places  []*place
	fake    *twiliotest.Twilio
	server  *http.Server // of the fake
	twilio  string       // its address
	more    []string     // settings of the servers that are started
	living  []*process
}

func newStage(program string, out io.Writer) (*stage, error) {
	dir, err := os.MkdirTemp(diskFolder(), "livedesk-bench-")
	if err != nil {
		return nil, fmt.Errorf("make a folder for the benchmark: %w", err)
	}
	// Postgres may run as another user.
	return &stage{program: program, dir: dir, out: out}, os.Chmod(dir, 0o755)
}

// diskFolder is a temporary folder on a disk, if there is one: in memory fsync would cost nothing.
func diskFolder() string {
	const lasting = "/var/tmp"
	if info, err := os.Stat(lasting); err == nil && info.IsDir() && os.Getenv("TMPDIR") == "" {
		return lasting
	}
	return os.TempDir()
}

// setUp starts Postgres and the fake Twilio.
func (s *stage) setUp(ctx context.Context) error {
	if err := s.startPostgres(ctx); err != nil {
		return err
	}
	var err error
	if s.keys, err = db.LoadKeyRing(filepath.Join(s.dir, "secret.keys")); err != nil {
		return err
	}
	return s.startFake()
}

func (s *stage) startPostgres(ctx context.Context) (err error) {
	s.pg, err = embedded.Start(ctx, embedded.Options{Dir: s.dir, Log: slog.New(slog.DiscardHandler),
		Tuning: map[string]string{"max_connections": "200"}})
	return err
}

func (s *stage) stopPostgres() error {
	for _, p := range s.places {
		p.db.Close()
	}
	s.places = nil
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	pg := s.pg
	s.pg = nil
	return pg.Stop(ctx)
}

// startFake lets the desk find a Twilio that is not the real one.
func (s *stage) startFake() error {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	s.fake = twiliotest.New(twiliotest.Options{LogSize: 10, Seed: seed})
	s.fake.AddDefault()
	s.twilio = "http://" + listener.Addr().String()
	s.server = &http.Server{Handler: s.fake.Handler(), ReadHeaderTimeout: 5 * time.Second}
	go s.server.Serve(listener)
	return nil
}

// clear ends the processes and Postgres and removes the folder.
func (s *stage) clear() {
	for _, p := range s.living {
		p.kill()
	}
	if s.server != nil {
		s.server.Close()
		s.fake.Close()
	}
	if s.pg != nil {
		if err := s.stopPostgres(); err != nil {
			s.say("%v", err)
		}
	}
	if err := os.RemoveAll(s.dir); err != nil {
		s.say("%v", err)
	}
}

// say tells how far the benchmark is.
func (s *stage) say(format string, args ...any) { fmt.Fprintf(s.out, format+"\n", args...) }

// postmaster is the process id of the stage's Postgres, and the folder of its socket.
func (s *stage) postmaster() (pid int, socket string, err error) {
	text, err := os.ReadFile(filepath.Join(s.dir, "pg", "postmaster.pid"))
	if err != nil {
		return 0, "", err
	}
	lines := strings.Split(string(text), "\n")
	if len(lines) < 5 {
		return 0, "", fmt.Errorf("read postmaster.pid: it has %d lines", len(lines))
	}
	pid, err = strconv.Atoi(lines[0])
	return pid, lines[4], err
}

// logTail is the end of a child's log, for errors.
func (s *stage) logTail(name string) string {
	text, err := os.ReadFile(filepath.Join(s.dir, name+".log"))
	if err != nil || len(text) == 0 {
		return ""
	}
	const most = 2000
	text = bytes.TrimSpace(text[max(0, len(text)-most):])
	return "\n" + string(text)
}
