package bench

import (
	"bufio"
	"bytes"
	"errors"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"
)

// Whoever runs a benchmark in a script must not take one that was interrupted for one that passed.
func TestAnInterruptedBenchmarkFails(t *testing.T) {
	t.Parallel()
	path, err := program()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), path, "bench", "start")
	cmd.Env, cmd.WaitDelay = plainEnv(), 30*time.Second
	var errs bytes.Buffer
	cmd.Stderr = &errs
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(out)
	lines.Scan() // it is under way
	if err := cmd.Process.Signal(syscall.SIGINT); err != nil {
		t.Fatal(err)
	}
	said := lines.Text()
	for lines.Scan() {
		said += "\n" + lines.Text()
	}
	var failed *exec.ExitError
	if err := cmd.Wait(); !errors.As(err, &failed) || failed.ExitCode() != 130 || errs.String() != "livedesk bench: interrupted before it was done\n" {
		t.Errorf("it ended with %v: %s", err, errs.String())
	}
	if !strings.HasPrefix(said, "bench start: ") || strings.Contains(said, "first=") {
		t.Errorf("it said %s", said)
	}
}
