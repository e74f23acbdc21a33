package db

import (
	"context"
	"database/sql/driver"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/jackc/pgx/v5/stdlib"
)

// simpleConnector hands the pool's connections to database/sql and makes them speak the simple protocol. bun writes
// the arguments into the text of each query, so every text is new: preparing each would cost a round trip and throw
// the prepared statements of the hot queries out of their cache.
type simpleConnector struct{ pool *pgxpool.Pool }

func (c simpleConnector) Connect(ctx context.Context) (driver.Conn, error) {
	conn, err := stdlib.GetPoolConnector(c.pool).Connect(ctx)
	if err != nil {
		return nil, err
	}
	return &simpleConn{conn.(*stdlib.Conn)}, nil
}

func (c simpleConnector) Driver() driver.Driver { return stdlib.GetDefaultDriver() }

// simpleConn is pgx's own database/sql connection but for the protocol.
type simpleConn struct{ *stdlib.Conn }

func (c *simpleConn) QueryContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Rows, error) {
	return c.Conn.QueryContext(ctx, query, simple(args))
}

func (c *simpleConn) ExecContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Result, error) {
	return c.Conn.ExecContext(ctx, query, simple(args))
}

func simple(args []driver.NamedValue) []driver.NamedValue {
	return append([]driver.NamedValue{{Value: pgx.QueryExecModeSimpleProtocol}}, args...)
}
