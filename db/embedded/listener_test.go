//go:build linux || darwin

package embedded

import (
	"context"
	"log/slog"
	"time"
)

const lookOften = 20 * time.Millisecond

// listener closes a channel at the one log line with a message.
type listener struct {
	slog.Handler
	message string
	heard   chan struct{}
}

func (l listener) Enabled(context.Context, slog.Level) bool { return true }

func (l listener) Handle(_ context.Context, r slog.Record) error {
	if r.Message == l.message {
		close(l.heard)
	}
	return nil
}
