//go:build linux || darwin

package embedded

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"time"
)

// Server is a running Postgres. It is restarted by itself when it dies or its binaries are
// replaced; connections break then, and the pool's next ones work.
type Server struct {
	opt    Options
	folder folder
	as     runAs
	finder finder
	bin    binaries
	socket string
	args   []string

	lock *os.File
	log  *logFile

	life   context.Context // ends with the first Stop
	end    context.CancelFunc
	urgent context.Context // ends when a Stop has no more time
	hurry  context.CancelFunc
	ready  chan struct{}
	done   chan struct{}
	err    error // set before done is closed
}

// Start finds the binaries, makes the cluster when there is none, and returns when the
// database takes connections. A crashed cluster recovers first, however long that takes; ctx
// bounds the start only. Errors name the way out; they wrap ErrInUse when another process
// holds the data folder.
func Start(ctx context.Context, opt Options) (*Server, error) {
	began := time.Now()
	s, err := prepare(ctx, opt)
	if err != nil {
		return nil, err
	}
	version := s.bin.version
	go s.supervise()
	if err := s.awaitReady(ctx); err != nil {
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		return nil, errors.Join(err, s.Stop(ctx))
	}
	s.opt.Log.Info("postgres ready", "version", version, "cluster", s.folder.cluster(), "took", time.Since(began).Round(time.Millisecond))
	return s, nil
}

// URL is a connection URL for pgx and libpq: the database livedesk, as the role livedesk,
// which owns it and may create further databases. It stays the same across restarts.
func (s *Server) URL() string { return address(s.socket, deskName, deskName) }

// Done is closed when Postgres has ended for good: after Stop, or when it kept dying.
func (s *Server) Done() <-chan struct{} { return s.done }

// Err tells after Done why Postgres ended; nil after Stop.
func (s *Server) Err() error {
	select {
	case <-s.done:
		return s.err
	default:
		return nil
	}
}

// Stop ends open transactions and shuts Postgres down, writing everything to its files. When
// ctx ends before that is done, it is made to quit at once; the next start then replays its
// log, and the error says so. Further calls wait for the same end.
func (s *Server) Stop(ctx context.Context) error {
	s.end()
	select {
	case <-s.done:
		return nil
	case <-ctx.Done():
	}
	s.hurry()
	select {
	case <-s.done:
		return fmt.Errorf("stop postgres: %w; it quit at once and recovers at its next start", ctx.Err())
	case <-time.After(15 * time.Second):
		return fmt.Errorf("stop postgres: %w; it has not even quit at once", ctx.Err())
	}
}

// prepare does everything that comes before the postmaster.
func prepare(ctx context.Context, opt Options) (*Server, error) {
	opt, err := complete(opt)
	if err != nil {
		return nil, err
	}
	s := &Server{opt: opt, ready: make(chan struct{}), done: make(chan struct{})}
	s.life, s.end = context.WithCancel(context.Background())
	s.urgent, s.hurry = context.WithCancel(context.Background())
	if err := s.setUp(ctx); err != nil {
		s.release()
		return nil, err
	}
	return s, nil
}

func complete(opt Options) (Options, error) {
	if opt.Dir == "" && !opt.FastUnsafe {
		return opt, errors.New("embedded postgres: no data folder given")
	}
	if opt.Log == nil {
		opt.Log = slog.Default()
	}
	if opt.lookEvery == 0 {
		opt.lookEvery = 3 * time.Second
	}
	if opt.maxDeaths == 0 {
		opt.maxDeaths = 10
	}
	if opt.cache != "" {
		return opt, nil
	}
	cache, err := cacheFolder()
	opt.cache = cache
	return opt, err
}

func (s *Server) setUp(ctx context.Context) error {
	dir, err := s.opt.Dir, error(nil)
	if dir == "" {
		dir, err = newThrowAway()
	}
	if err != nil {
		return err
	}
	if s.folder, err = openFolder(dir); err != nil {
		return err
	}
	if s.lock, err = awaitLock(ctx, s.folder); err != nil {
		return err
	}
	if s.log, err = openLog(s.folder); err != nil {
		return err
	}
	if err := s.haveCluster(ctx); err != nil {
		return err
	}
	if s.socket, err = prepareSocket(s.folder, s.as); err != nil {
		return err
	}
	s.args, err = settings(s.opt, s.folder.cluster(), s.socket)
	return err
}

// haveCluster settles user and binaries by the cluster that is there, or makes one.
func (s *Server) haveCluster(ctx context.Context) error {
	cluster := s.folder.cluster()
	major, err := clusterVersion(cluster)
	if err != nil {
		return err
	}
	if s.as, err = chooseUser(cluster); err != nil {
		return err
	}
	s.finder = newFinder(s.opt, s.as, s.opt.cache)
	if s.bin, err = s.finder.find(ctx, major); err != nil {
		return explainMissing(err, s.folder, s.as, major)
	}
	if err := dropHalfMade(s.folder); err != nil {
		return err
	}
	if major == 0 {
		return createCluster(ctx, s.folder, s.as, s.bin, s.opt)
	}
	if owner, err := ownerOf(cluster); err == nil && owner == 0 {
		if err := s.as.giveAll(cluster); err != nil {
			return fmt.Errorf("give the cluster to %s: %w", s.as.name, err)
		}
	}
	return clearCluster(ctx, cluster, s.opt.Log)
}

// release lets go of what setUp took, as far as it came.
func (s *Server) release() {
	s.end()
	s.hurry()
	if s.socket != "" && s.socket != s.folder.socket() {
		_ = os.RemoveAll(s.socket)
	}
	if s.opt.Dir == "" && s.folder != "" {
		if err := os.RemoveAll(string(s.folder)); err != nil {
			s.opt.Log.Warn("temporary data folder left behind", "err", err)
		}
	}
	if s.log != nil {
		_ = s.log.close()
	}
	if s.lock != nil {
		_ = s.lock.Close()
	}
}
