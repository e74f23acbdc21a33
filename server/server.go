package server

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/livedesk/livedesk/db"
	"github.com/livedesk/livedesk/graph"
	"github.com/livedesk/livedesk/graph/transport"
	"github.com/livedesk/livedesk/model"
	"github.com/livedesk/livedesk/server/blob"
	"github.com/livedesk/livedesk/server/desk"
	"github.com/livedesk/livedesk/server/egress"
	"github.com/livedesk/livedesk/server/worker"
)

// How long an orderly end may take, counted from its beginning, whatever does not answer.
const (
	requestsEnd = 4500 * time.Millisecond // of requests, sockets and jobs under way
	workEnd     = 6 * time.Second         // of the sockets' leases
	notesEnd    = 7 * time.Second         // of what is still to be written
	stopTime    = 9 * time.Second         // of the database
)

// Server is a running desk.
type Server struct {
	config  *Config
	log     *slog.Logger
	db      *database
	feed    *db.Feed
	blobs   *blob.Store
	desk    *desk.Desk
	hooks   map[string]int64 // the routes of the providers' webhooks
	worker  *worker.Worker
	metrics *metrics
	health  *health
	sockets *sockets
	ws      *transport.WebSocket
	graphql http.Handler
	process model.ID

	http     *http.Server
	listener net.Listener
	keep     sync.WaitGroup
	endKeep  context.CancelFunc
	first    *FirstAdmin
}

// FirstAdmin is the account's first sign-in, made when there was none.
type FirstAdmin struct {
	Email    string
	Password string // empty when it came from the settings
}

// Start brings everything up and serves. Call Stop in the end, also after an error of Serve.
func Start(ctx context.Context, c *Config, log *slog.Logger) (*Server, error) {
	s := &Server{config: c, log: log, process: model.NewID(model.KindProcess), metrics: newMetrics()}
	// The first admin is last: their password is lost when a step after it fails.
	steps := []func(context.Context) error{s.listen, s.openStores, s.makeDesk, s.makeAPI, s.startWork, s.makeFirstAdmin}
	for _, step := range steps {
		if err := step(ctx); err != nil {
			s.Stop(context.WithoutCancel(ctx))
			return nil, err
		}
	}
	return s, nil
}

func (s *Server) openStores(ctx context.Context) (err error) {
	if s.db, err = openDatabase(ctx, s.config, s.log); err != nil {
		return err
	}
	if err := s.db.Migrate(ctx); err != nil {
		return err
	}
	s.blobs, err = blob.Open(ctx, s.config.BlobURL, filepath.Join(s.config.DataDir, "attachments"))
	return err
}

// keyRing reads the sealing keys from the settings, or from a file in the data folder that is made when missing.
func keyRing(c *Config) (*db.KeyRing, error) {
	if c.SecretKeys != "" {
		return db.ParseKeyRing(c.SecretKeys)
	}
	if err := os.MkdirAll(c.DataDir, 0o755); err != nil {
		return nil, fmt.Errorf("make the data folder (LIVEDESK_DATA_DIR): %w", err)
	}
	return db.LoadKeyRing(filepath.Join(c.DataDir, "secret.keys"))
}

func (s *Server) makeDesk(ctx context.Context) error {
	keys, err := keyRing(s.config)
	if err != nil {
		return err
	}
	media, err := keys.Derive("media")
	if err != nil {
		return err
	}
	signer, err := blob.NewSigner(s.config.public, media...)
	if err != nil {
		return err
	}
	s.feed = db.NewFeed(s.db.DB, s.log)
	guard := egress.New(egress.Options{Private: s.config.Private(), UserAgent: "Livedesk/" + Version()})
	list := providers(s.config, guard)
	s.hooks = routesOf(list)
	s.desk = desk.New(desk.Options{DB: s.db.DB, Keys: keys, Providers: list, Ai: languageModels(guard), Blobs: s.blobs,
		Signer: signer, Public: s.config.public, Log: s.log, Told: s.feed.Told, Feed: s.feed,
		AiPause: s.config.AiPause, Turned: s.metrics.turn})
	return nil
}

func (s *Server) makeFirstAdmin(ctx context.Context) error {
	password, created, err := s.desk.FirstAdmin(ctx, s.config.AdminEmail, s.config.AdminPassword)
	if created {
		s.first = &FirstAdmin{Email: s.config.AdminEmail, Password: password}
	}
	return err
}

func (s *Server) makeAPI(ctx context.Context) error {
	s.health = &health{db: s.db.DB, blobs: s.blobs}
	s.sockets = newSockets(s.desk, s.db.DB, s.feed, s.process, s.log)
	s.feed.OnEvents = s.sockets.onEvents
	s.ws = &transport.WebSocket{Sockets: maxSockets, CheckOrigin: newOrigins(s.config).check, Init: s.sockets.signIn, Share: graph.Share}
	s.graphql = graph.NewHandler(graph.Options{Desk: s.desk, DB: s.db.DB, Feed: s.feed, WebSocket: s.ws, Log: s.log,
		Development: s.config.Mode == Development, Observe: s.metrics.operation})
	s.metrics.watch(s.ws, s.db.DB)
	s.http = &http.Server{Handler: s.routes(), ReadHeaderTimeout: 5 * time.Second, ReadTimeout: requestTime + 5*time.Second,
		WriteTimeout: time.Minute, IdleTimeout: 2 * time.Minute, MaxHeaderBytes: 32 << 10,
		ErrorLog: slog.NewLogLogger(s.log.Handler(), slog.LevelDebug), BaseContext: func(net.Listener) context.Context { return context.WithoutCancel(ctx) }}
	return s.feed.Start(ctx)
}

func (s *Server) startWork(ctx context.Context) (err error) {
	kept, cancel := context.WithCancel(context.WithoutCancel(ctx))
	s.endKeep = cancel
	s.keep.Go(func() { s.sockets.keep(kept) })
	s.keep.Go(func() { s.saveHealth(kept) })
	s.worker, err = worker.New(worker.Options{Desk: s.desk, DB: s.db.DB, Log: slog.New(warnings{s.log.Handler()}), Events: s.config.EventRetention, Observe: s.metrics.job})
	if err != nil {
		return err
	}
	return s.worker.Start(kept)
}

func (s *Server) saveHealth(ctx context.Context) {
	tick := time.NewTicker(5 * time.Second)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			if err := s.desk.SaveHealth(ctx); err != nil && ctx.Err() == nil {
				s.log.Error("save the channels' health", "error", err)
			}
		}
	}
}

// listen takes the port before anything else, so that a second start says at once that the first one runs. Requests
// wait until Serve.
func (s *Server) listen(context.Context) (err error) {
	if s.listener, err = net.Listen("tcp", s.config.Addr); err != nil {
		return fmt.Errorf("listen on LIVEDESK_ADDR: %w", err)
	}
	s.config.listensAt(s.listener.Addr().String())
	return nil
}

// Addr is where the server listens.
func (s *Server) Addr() net.Addr { return s.listener.Addr() }

// Serve answers requests until Stop, or until ctx ends. The error is nil after an orderly end.
func (s *Server) Serve(ctx context.Context) error {
	failed := make(chan error, 1)
	go func() { failed <- s.http.Serve(s.listener) }()
	select {
	case <-ctx.Done():
		return nil
	case <-s.db.ended():
		return errors.New("the desk's own Postgres is gone for good: see pg.log in the data folder")
	case err := <-failed:
		if errors.Is(err, http.ErrServerClosed) {
			return nil
		}
		return fmt.Errorf("serve: %w", err)
	}
}

// Stop ends in order, within ten seconds: no new requests; sockets are told to come back; requests under way end;
// jobs under way end or go back; events are numbered; leases are given up; the database is closed.
func (s *Server) Stop(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, stopTime)
	defer cancel()
	start := time.Now()
	if s.health != nil {
		s.health.stopping.Store(true)
	}
	if s.listener != nil {
		defer s.listener.Close()
	}
	before(ctx, start.Add(requestsEnd), s.endRequests)
	if s.endKeep != nil {
		s.endKeep()
		before(ctx, start.Add(workEnd), s.endWork)
		before(ctx, start.Add(notesEnd), s.writeLast)
	}
	if s.blobs != nil {
		logError(s.log, "close the attachment store", s.blobs.Close())
	}
	if s.db != nil {
		s.db.Close(ctx)
	}
}

// before does one part of the end and lets it take no longer than that.
func before(ctx context.Context, deadline time.Time, do func(context.Context)) {
	ctx, cancel := context.WithDeadline(ctx, deadline)
	defer cancel()
	do(ctx)
}

// endRequests lets nobody in any more and waits for requests, sockets and jobs at the same time.
func (s *Server) endRequests(ctx context.Context) {
	var all sync.WaitGroup
	if s.http != nil {
		all.Go(func() { logError(s.log, "end the requests under way", s.http.Shutdown(ctx)) })
		all.Go(func() { logError(s.log, "close the sockets", s.ws.Shutdown(ctx)) })
	}
	if s.worker != nil {
		all.Go(func() { logError(s.log, "end the jobs under way", s.worker.Stop(ctx)) })
	}
	all.Wait()
	if s.http != nil {
		s.http.Close()
	}
}

// endWork waits for what renews and ends the leases of sockets, and for what tells of messages received.
func (s *Server) endWork(ctx context.Context) {
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		s.keep.Wait()
		s.sockets.ending.Wait()
		s.desk.EndReceiving()
	}()
	select {
	case <-ended:
	case <-ctx.Done():
		logError(s.log, "end the leases of sockets", ctx.Err())
	}
}

// writeLast does at the same time what has nothing to do with one another: one that waits for a lock takes no time from
// the others.
func (s *Server) writeLast(ctx context.Context) {
	var all sync.WaitGroup
	all.Go(func() { logError(s.log, "save the channels' health", s.desk.SaveHealth(ctx)) })
	all.Go(func() { logError(s.log, "give up the leases", s.db.EndProcess(ctx, s.process)) })
	all.Go(func() { logError(s.log, "stop the feed", s.feed.Stop(ctx)) })
	all.Wait()
}

func logError(log *slog.Logger, what string, err error) {
	if err != nil {
		log.Error(what, "error", err)
	}
}
