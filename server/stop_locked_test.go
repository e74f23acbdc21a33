package server

import (
	"context"
	"errors"
	"net"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// lockEverything holds every table of the desk, as somebody else's long transaction may, until release. A program that
// waits for it to end would wait for ever: after twice its time it is let go.
func (p *pound) lockEverything() (release func()) {
	p.t.Helper()
	conn, err := pgx.Connect(p.t.Context(), p.server.config.DatabaseURL)
	if err != nil {
		p.t.Fatal(err)
	}
	p.t.Cleanup(func() { conn.Close(context.Background()) })
	const lock = `BEGIN; LOCK TABLE account_feed, agents, channels, connections, conversations, event_outbox, processes, river_job, sessions`
	for _, err = conn.Exec(p.t.Context(), lock); err != nil; _, err = conn.Exec(p.t.Context(), lock) {
		var pg *pgconn.PgError
		if !errors.As(err, &pg) || pg.Code != "40P01" { // the program's transactions take them in another order
			p.t.Fatal(err)
		}
		if _, err := conn.Exec(p.t.Context(), `ROLLBACK`); err != nil {
			p.t.Fatal(err)
		}
	}
	release = sync.OnceFunc(func() {
		if _, err := conn.Exec(context.Background(), `COMMIT`); err != nil {
			p.t.Error(err)
		}
	})
	late := time.AfterFunc(2*orderly, release)
	p.t.Cleanup(func() { late.Stop() })
	return release
}

// waiting is how many of the program's statements wait for locks.
func (p *pound) waiting() int {
	return p.number(`SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`)
}

// loaded is a process with everything of the desk under way: sockets, webhooks, events to be numbered.
func loaded(t *testing.T) (p *pound, unlock func()) {
	t.Helper()
	p = newPound(t)
	var load sync.WaitGroup
	p.post(&load)
	p.eventually("enough load", func() bool { return p.count204() >= 20 })
	release := p.lockEverything()
	p.eventually("much waits", func() bool { return p.waiting() >= 4 })
	return p, func() { release(); load.Wait() }
}

// Somebody else's locks make nothing of the end wait for longer than an operator does.
func TestStopWhileTheDatabaseIsLocked(t *testing.T) {
	t.Parallel()
	p, unlock := loaded(t)
	out, took := p.program.end()
	if took > orderly || !strings.Contains(out, "Stopping.") {
		t.Errorf("it ended after %v with %s", took, out)
	}
	unlock()
	p.checkStored()
	if code, out, errs := run(t, []string{"DATABASE_URL=" + p.server.config.DatabaseURL}, "verify"); code != 0 {
		t.Errorf("verify: %s%s", out, errs)
	}
}

func TestASecondInterruptEndsAtOnce(t *testing.T) {
	t.Parallel()
	p, unlock := loaded(t)
	interrupt := func() {
		if err := p.program.cmd.Process.Signal(syscall.SIGINT); err != nil {
			t.Fatal(err)
		}
	}
	interrupt()
	p.eventually("it listens no more", func() bool {
		conn, err := net.DialTimeout("tcp", strings.TrimPrefix(p.program.url, "http://"), time.Second)
		if err == nil {
			conn.Close()
		}
		return err != nil
	})
	start := time.Now()
	interrupt()
	<-p.program.out
	var ended *exec.ExitError
	if err := p.program.cmd.Wait(); !errors.As(err, &ended) || ended.Sys().(syscall.WaitStatus).Signal() != syscall.SIGINT {
		t.Errorf("it ended with %v, want the signal", err)
	}
	if took := time.Since(start); took > 2*time.Second {
		t.Errorf("it ended after %v", took)
	}
	unlock()
	p.checkStored()
}
