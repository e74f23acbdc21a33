package bench

import (
	"context"
	_ "embed"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
)

//go:embed plain/schema.sql
var plainSchema string

//go:embed plain/message.sql
var plainMessage string

// plainClients is how many clients pgbench has.
const plainClients = 64

// plainBench is pgbench writing one message with five plain statements in one transaction.
type plainBench struct {
	program  string
	script   string
	socket   string
	database string
	user     string
}

// preparePlain makes the plain tables beside the desk's and finds pgbench.
func (s *stage) preparePlain(ctx context.Context, p *place) (*plainBench, error) {
	if _, err := p.db.Pool().Exec(ctx, plainSchema); err != nil {
		return nil, fmt.Errorf("make the plain tables: %w", err)
	}
	config, err := pgx.ParseConfig(p.url)
	if err != nil {
		return nil, err
	}
	program, err := s.findPgbench()
	if err != nil {
		return nil, err
	}
	b := &plainBench{program: program, script: filepath.Join(s.dir, "message.sql"), socket: config.Host, database: config.Database, user: config.User}
	return b, os.WriteFile(b.script, []byte(plainMessage), 0o644)
}

// findPgbench looks beside the binary of the running Postgres, which is of the same version.
func (s *stage) findPgbench() (string, error) {
	pid, _, err := s.postmaster()
	if err != nil {
		return "", err
	}
	postgres, err := os.Readlink(fmt.Sprintf("/proc/%d/exe", pid))
	if err != nil {
		return "", fmt.Errorf("find the folder of Postgres: %w", err)
	}
	program := filepath.Join(filepath.Dir(postgres), "pgbench")
	if _, err := os.Stat(program); err != nil {
		return "", fmt.Errorf("pgbench, which this benchmark compares with, is missing beside %s: install your system's package of the Postgres server (Debian: postgresql), and name its bin folder by LIVEDESK_PG_BIN if there are several", postgres)
	}
	return program, nil
}

// run lets pgbench work and returns its transactions a second.
func (b *plainBench) run(ctx context.Context, for_ time.Duration) (tps float64, err error) {
	cmd := exec.CommandContext(ctx, b.program, "--no-vacuum", "--protocol=prepared", "--file="+b.script, "--client="+strconv.Itoa(plainClients), "--jobs=2",
		"--time="+strconv.Itoa(max(1, int(for_.Seconds()))), "--random-seed="+strconv.Itoa(seed), "--host="+b.socket, "--username="+b.user, b.database)
	cmd.Env = append(plainEnv(), "PGOPTIONS=-c search_path=plain")
	out, err := cmd.CombinedOutput()
	if err != nil {
		return 0, fmt.Errorf("run pgbench: %w\n%s", err, out)
	}
	for line := range strings.Lines(string(out)) {
		if _, err := fmt.Sscanf(line, "tps = %f (without", &tps); err == nil {
			return tps, nil
		}
	}
	return 0, fmt.Errorf("read what pgbench says:\n%s", out)
}
