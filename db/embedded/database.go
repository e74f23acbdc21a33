//go:build linux || darwin

package embedded

import (
	"context"
	"errors"
	"fmt"
	"io/fs"

	"github.com/jackc/pgx/v5/pgconn"
)

// deskName is the desk's role and its database. The role is no superuser, as on a managed
// server, but may create databases: tests clone theirs.
const deskName = "livedesk"

// SQLSTATEs a connection may be refused with while all is well.
const (
	noSuchRole     = "28000"
	noSuchDatabase = "3D000"
	startingUp     = "57P03"
)

var errNotYet = errors.New("postgres is starting")

// openDatabase connects once to see that the database is there, and makes it when missing.
// errNotYet means that the server does not take connections yet.
func openDatabase(ctx context.Context, socket string) error {
	err := try(ctx, address(socket, deskName, deskName))
	if code(err) == noSuchRole || code(err) == noSuchDatabase {
		return createDatabase(ctx, socket)
	}
	return err
}

func try(ctx context.Context, url string) error {
	conn, err := pgconn.Connect(ctx, url)
	if errors.Is(err, fs.ErrPermission) {
		return fmt.Errorf("enter the socket's folder: %w", err)
	}
	if c := code(err); err != nil && (c == "" || c == startingUp) {
		return fmt.Errorf("%w: %w", errNotYet, err)
	}
	if err != nil {
		return err
	}
	return conn.Close(ctx)
}

func code(err error) string {
	var refused *pgconn.PgError
	if errors.As(err, &refused) {
		return refused.Code
	}
	return ""
}

// createDatabase looks at each step: a killed process may have done half of them.
func createDatabase(ctx context.Context, socket string) error {
	conn, err := pgconn.Connect(ctx, address(socket, superuser, superuser))
	if err != nil {
		return fmt.Errorf("connect as %s: %w", superuser, err)
	}
	err = createMissing(ctx, conn,
		"SELECT FROM pg_roles WHERE rolname = '"+deskName+"'", "CREATE ROLE "+deskName+" LOGIN CREATEDB")
	if err == nil {
		err = createMissing(ctx, conn,
			"SELECT FROM pg_database WHERE datname = '"+deskName+"'", "CREATE DATABASE "+deskName+" OWNER "+deskName)
	}
	if err != nil {
		err = fmt.Errorf("make database %s: %w", deskName, err)
	}
	return errors.Join(err, conn.Close(ctx))
}

func createMissing(ctx context.Context, conn *pgconn.PgConn, look, create string) error {
	results, err := conn.Exec(ctx, look).ReadAll()
	if err != nil || len(results[0].Rows) > 0 {
		return err
	}
	_, err = conn.Exec(ctx, create).ReadAll()
	return err
}
