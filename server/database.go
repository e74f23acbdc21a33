package server

import (
	"context"
	"fmt"
	"log/slog"
	"os"

	"github.com/livedesk/livedesk/db"
	"github.com/livedesk/livedesk/db/embedded"
)

// database is the desk's Postgres: the one that DATABASE_URL names, or one of the desk's own.
type database struct {
	*db.DB
	own *embedded.Server // nil with DATABASE_URL
}

func openDatabase(ctx context.Context, c *Config, log *slog.Logger) (*database, error) {
	url, d := c.DatabaseURL, &database{}
	if url == "" {
		if err := os.MkdirAll(c.DataDir, 0o755); err != nil {
			return nil, fmt.Errorf("make the data folder (LIVEDESK_DATA_DIR): %w", err)
		}
		own, err := embedded.Start(ctx, embedded.Options{Dir: c.DataDir, Log: log})
		if err != nil {
			return nil, err
		}
		d.own, url = own, own.URL()
	}
	var err error
	if d.DB, err = db.Open(ctx, url, db.Options{Log: log}); err != nil {
		d.Close(ctx)
		return nil, err
	}
	return d, nil
}

// Close ends the connections, and the desk's own Postgres.
func (d *database) Close(ctx context.Context) {
	if d.DB != nil {
		d.DB.Close()
	}
	if d.own != nil {
		if err := d.own.Stop(ctx); err != nil {
			slog.Error("stop Postgres", "error", err)
		}
	}
}

// ended is closed when the desk's own Postgres is gone for good; it never is with DATABASE_URL.
func (d *database) ended() <-chan struct{} {
	if d.own == nil {
		return nil
	}
	return d.own.Done()
}
