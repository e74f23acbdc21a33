//go:build linux || darwin

package embedded

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"runtime"
	"syscall"
	"time"
)

// deathWindow is the time within which Options.maxDeaths make us give up.
const deathWindow = time.Minute

// supervise is the only goroutine that starts the postmaster. It keeps its thread, since the
// death signal comes when the thread that forked ends, not the process.
func (s *Server) supervise() {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	s.err = s.keepRunning()
	if s.err != nil {
		s.opt.Log.Error("postgres ended for good", "err", s.err)
	}
	s.release()
	close(s.done)
}

// keepRunning returns nil after Stop, and otherwise why it gave up. What ends before it was
// ever ready is not tried again: Start reports it.
func (s *Server) keepRunning() error {
	var recent deaths
	for {
		from := s.log.size()
		replaced, err := s.runOnce()
		switch {
		case s.life.Err() != nil:
			return nil
		case replaced:
			continue
		}
		err = fmt.Errorf("postgres ended: %w\n%s", orClean(err), s.log.tail(from))
		if !s.isReady() {
			return err
		}
		wait, ok := recent.add(time.Now(), s.opt.maxDeaths)
		if !ok {
			return fmt.Errorf("%d deaths within %s, the last: %w", s.opt.maxDeaths, deathWindow, err)
		}
		s.opt.Log.Error("postgres died, starting it again", "err", err, "wait", wait)
		select {
		case <-s.life.Done():
			return nil
		case <-time.After(wait):
		}
	}
}

func orClean(err error) error {
	if err == nil {
		return errors.New("somebody shut it down")
	}
	return err
}

func (s *Server) isReady() bool {
	select {
	case <-s.ready:
		return true
	default:
		return false
	}
}

// deaths are the times of recent ones, the oldest first.
type deaths []time.Time

// add counts one more and says how long to wait before the next try: twice as long after each
// death within the window, from a tenth of a second up to five.
func (d *deaths) add(now time.Time, limit int) (time.Duration, bool) {
	for len(*d) > 0 && now.Sub((*d)[0]) > deathWindow {
		*d = (*d)[1:]
	}
	*d = append(*d, now)
	wait := min(100*time.Millisecond<<min(len(*d)-1, 10), 5*time.Second)
	return wait, len(*d) < limit
}

// runOnce runs one postmaster to its end.
func (s *Server) runOnce() (replaced bool, err error) {
	if err := clearCluster(s.life, s.folder.cluster(), s.opt.Log); err != nil {
		return false, err
	}
	stamp, err := newStamp(s.bin.found)
	if err != nil {
		return false, err
	}
	death := syscall.SIGINT
	if s.opt.unwatched {
		death = 0
	}
	cmd := exec.Command(s.bin.postgres(), s.args...)
	cmd.Dir, cmd.Env = s.folder.cluster(), childEnv()
	cmd.Stdout, cmd.Stderr = s.log.file, s.log.file
	cmd.SysProcAttr = attributes(s.as, death)
	if err := cmd.Start(); err != nil {
		return false, s.as.explain(err, s.folder.cluster())
	}
	return s.watch(cmd, stamp)
}

// watch returns when the postmaster has ended: by itself, because Stop was called, or for a
// restart with replaced binaries.
func (s *Server) watch(cmd *exec.Cmd, stamp *stamp) (replaced bool, err error) {
	exited := make(chan error, 1)
	go func() { exited <- cmd.Wait() }()
	look := time.NewTicker(s.opt.lookEvery)
	defer look.Stop()
	stop, urgent := s.life.Done(), s.urgent.Done()
	for {
		select {
		case err := <-exited:
			return replaced, err
		case <-stop:
			stop = nil
			s.signal(cmd, s.stopSignal())
		case <-urgent:
			urgent = nil
			s.signal(cmd, syscall.SIGQUIT)
		case <-look.C:
			if err := s.log.trim(); err != nil {
				s.opt.Log.Warn("postgres' log cannot be trimmed", "err", err)
			}
			if !replaced && s.isReady() && s.upgraded(stamp) {
				replaced = true
				s.signal(cmd, syscall.SIGINT)
			}
		}
	}
}

// stopSignal asks for a fast shutdown, or to quit at once when the data goes with it.
func (s *Server) stopSignal() syscall.Signal {
	if s.opt.Dir == "" {
		return syscall.SIGQUIT
	}
	return syscall.SIGINT
}

func (s *Server) signal(cmd *exec.Cmd, sig syscall.Signal) {
	if err := cmd.Process.Signal(sig); err != nil {
		s.opt.Log.Debug("postgres was gone before its signal", "signal", sig.String(), "err", err)
	}
}

// upgraded looks whether other binaries are in place and can run this cluster.
func (s *Server) upgraded(stamp *stamp) bool {
	if !stamp.replaced() {
		return false
	}
	major, err := clusterVersion(s.folder.cluster())
	if err != nil {
		s.opt.Log.Error("postgres' binaries were replaced", "err", err)
		return false
	}
	ctx, cancel := context.WithTimeout(s.life, time.Minute)
	defer cancel()
	bin, err := s.finder.find(ctx, major)
	if err != nil {
		s.opt.Log.Error("postgres' binaries were replaced and do not fit, the running ones stay", "err", err)
		return false
	}
	s.opt.Log.Warn("postgres' binaries were replaced, restarting it", "from", s.bin.version, "to", bin.version)
	s.bin = bin
	return true
}

// awaitReady returns when the database takes connections, or why it never will.
func (s *Server) awaitReady(ctx context.Context) error {
	tick, slow := time.NewTicker(10*time.Millisecond), time.NewTicker(10*time.Second)
	defer tick.Stop()
	defer slow.Stop()
	for {
		err := openDatabase(ctx, s.socket)
		if err == nil {
			close(s.ready)
			return nil
		}
		select {
		case <-s.done:
			return s.err
		case <-ctx.Done():
			return fmt.Errorf("wait for postgres: %w\n%s", ctx.Err(), s.log.tail(0))
		case <-slow.C:
			s.opt.Log.Info("postgres is not ready yet, perhaps it replays its log", "err", err)
		case <-tick.C:
		}
		if !errors.Is(err, errNotYet) {
			return err
		}
	}
}
