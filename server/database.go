package server

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"time"

	"github.com/livedesk/livedesk/db"
	"github.com/livedesk/livedesk/db/embedded"
)

// database is the desk's Postgres: the one that DATABASE_URL names, or one of the desk's own.
type database struct {
	*db.DB
	own *embedded.Server // nil with DATABASE_URL, and for who joined that of another process
}

// joinWait is how long a command waits for the Postgres of a desk that is just starting.
const joinWait = 10 * time.Second

// openDatabase is for the process that serves: a private Postgres is its own, and nobody else may have it.
func openDatabase(ctx context.Context, c *Config, log *slog.Logger) (*database, error) {
	if c.DatabaseURL != "" {
		return connect(ctx, &database{}, c.DatabaseURL, log)
	}
	if err := os.MkdirAll(c.DataDir, 0o755); err != nil {
		return nil, fmt.Errorf("make the data folder (LIVEDESK_DATA_DIR): %w", err)
	}
	own, err := embedded.Start(ctx, embedded.Options{Dir: c.DataDir, Log: log})
	if err != nil {
		return nil, err
	}
	return connect(ctx, &database{own: own}, own.URL(), log)
}

// joinDatabase is for the commands that also work beside a running desk: then they use its private Postgres.
func joinDatabase(ctx context.Context, c *Config, log *slog.Logger) (*database, error) {
	if c.DatabaseURL == "" {
		soon, cancel := context.WithTimeout(ctx, joinWait)
		defer cancel()
		url, err := embedded.Running(soon, c.DataDir)
		if err == nil {
			return connect(ctx, &database{}, url, log)
		}
		if !errors.Is(err, embedded.ErrNotRunning) {
			return nil, err
		}
	}
	return openDatabase(ctx, c, log)
}

func connect(ctx context.Context, d *database, url string, log *slog.Logger) (*database, error) {
	var err error
	if d.DB, err = db.Open(ctx, url, db.Options{Log: log}); err != nil {
		d.Close(ctx)
		return nil, err
	}
	return d, nil
}

// closeTime is how long connections in use are waited for. What they do is cut off by the end of the process, or of the
// desk's own Postgres.
const closeTime = time.Second

// Close ends the connections, and the desk's own Postgres.
func (d *database) Close(ctx context.Context) {
	if d.DB != nil {
		d.closePool(ctx)
	}
	if d.own != nil {
		if err := d.own.Stop(ctx); err != nil {
			slog.Error("stop Postgres", "error", err)
		}
	}
}

func (d *database) closePool(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, closeTime)
	defer cancel()
	closed := make(chan struct{})
	go func() { d.DB.Close(); close(closed) }()
	select {
	case <-closed:
	case <-ctx.Done():
		slog.Warn("connections to the database are still in use")
	}
}

// ended is closed when the desk's own Postgres is gone for good; it never is with DATABASE_URL.
func (d *database) ended() <-chan struct{} {
	if d.own == nil {
		return nil
	}
	return d.own.Done()
}
