//go:build !linux && !darwin

package embedded

import (
	"context"
	"errors"
	"runtime"
)

// Server cannot be had here.
type Server struct{}

// Start always fails: the private Postgres runs on Linux and macOS only.
func Start(context.Context, Options) (*Server, error) {
	return nil, errors.New("there is no private Postgres on " + runtime.GOOS + ": set DATABASE_URL to a server")
}

// Running finds none.
func Running(context.Context, string) (string, error) { return "", ErrNotRunning }

// URL is empty.
func (*Server) URL() string { return "" }

// Stop does nothing.
func (*Server) Stop(context.Context) error { return nil }

// Done is never closed.
func (*Server) Done() <-chan struct{} { return nil }

// Err is nil.
func (*Server) Err() error { return nil }
