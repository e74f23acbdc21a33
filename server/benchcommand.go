package server

import (
	"context"
	"io"

	"github.com/livedesk/livedesk/server/bench"
)

// bench measures the program; see the package.
func benchmark(ctx context.Context, _ *Config, args []string, out io.Writer) error {
	return bench.Main(ctx, args, out)
}
