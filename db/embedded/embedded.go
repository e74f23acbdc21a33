// Package embedded runs a private Postgres as a supervised child process, so that a desk needs
// no database server of its own. It owns the cluster in <data folder>/pg, the search for
// Postgres binaries, and the life of the postmaster: started, watched, restarted, stopped.
// The program's start calls it when no DATABASE_URL is given, and the test harness does.
//
// It must not know what is stored (no schema, no migrations), must never listen on TCP, and
// must never delete or re-create data that it did not make in the same call.
//
// Beside the cluster the data folder holds pg.lock (one process per folder), pg.log and
// pg.log.1 (Postgres' own log, bounded), and pg.sock (the socket's folder).
package embedded

import (
	"errors"
	"log/slog"
	"time"
)

// ErrInUse is wrapped by Start when another process holds the data folder.
var ErrInUse = errors.New("the data folder is in use")

// ErrNotRunning is what Running gives when no process holds the data folder.
var ErrNotRunning = errors.New("no process runs a Postgres in the data folder")

// Options say where the cluster lies and how it runs.
type Options struct {
	// Dir is the data folder; the cluster is Dir/pg. It is made when missing. Empty only
	// together with FastUnsafe: then a temporary folder is used, and removed by Stop.
	Dir string

	// Log gets a line for each start, restart and oddity; nil means slog.Default().
	Log *slog.Logger

	// Bin is the folder of the Postgres binaries, and then the only one looked at.
	// Empty means $LIVEDESK_PG_BIN or, when that is empty too, a search.
	Bin string

	// FastUnsafe turns durability off (fsync and the like) and makes a new cluster from a
	// cached one: for tests only, a power cut or kill can corrupt such a cluster.
	FastUnsafe bool

	// Tuning are further Postgres settings by name, winning over the defaults and over
	// postgresql.conf. The few that the package depends on are refused.
	Tuning map[string]string

	unwatched bool          // no death signal: as on systems that have none
	cache     string        // in place of cacheFolder
	lookEvery time.Duration // between looks at the binaries and the log
	maxDeaths int           // of the postmaster within deathWindow
}
