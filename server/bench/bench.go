// Package bench measures the program on the machine it runs on: `livedesk bench NAME`.
//
// Each benchmark brings up what it needs (a Postgres of its own with fsync on, the server, a load generator in a
// process of its own), compares with something measured in the same run, prints its figures on its last line as
// key=value with the bars, and fails when it falls short of one, when something was lost or came twice, and when it is
// interrupted. The command calls it and nothing else does. It reads /proc, so it measures on Linux only. It must not be
// lenient: what is timed is the program that ships, through the doors that users have.
package bench

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"
	"time"
)

// benchmark is one measurement. Its run returns an error only when something is wrong beyond speed.
type benchmark struct {
	name string
	what string
	run  func(ctx context.Context, s *stage) (*figures, error)
}

// limit is how long a benchmark may take.
func (b benchmark) limit() time.Duration {
	if b.name == "reports" {
		return reportsLimit
	}
	return 5 * time.Minute
}

func benchmarks() []benchmark {
	return []benchmark{
		{"start", "first and later starts with the private Postgres, and the memory of an idle server", fullStart.run},
		{"ingest", "signed webhooks over HTTP against pgbench writing one message's rows", fullIngest.run},
		{"writers", "64 writers on one account whose events are told, against the same work where they are not", fullWriters.run},
		{"list", "50 conversations for an app: an account with 100,000 against one with 1,000", fullList.run},
		{"kill", "kill -9 under load, 20 times: nothing answered is lost, nothing comes twice", fullKill.run},
		{"push", "from a webhook to the frame at 200 agents' sockets, some of them cut, against one commit and one frame", fullPush.run},
		{"sockets", "5,000 subscriptions: their memory, an event to 1,000 of them, and a reader that stalls", fullSockets.run},
		{"reports", "reports about 30 and 365 days among a million conversations against 100,000, and what facts add to a message", fullReports.run},
		{"place", "decisions, assignments against plain updates, turns while an agent comes and goes, and two who take the same", fullPlacing.run},
		{"ai", "AI Agents: what a turn costs, 500 conversations that wait for a slow model beside others, and kill -9 among 200", fullAi.run},
	}
}

// Main runs the benchmark that args name. The generators are reached by the same way, in processes of their own.
func Main(ctx context.Context, args []string, out io.Writer) error {
	if len(args) == 0 {
		list(out)
		return nil
	}
	if generate, ok := generators[args[0]]; ok {
		return generate(ctx, os.Stdin, out)
	}
	for _, b := range benchmarks() {
		if b.name == args[0] {
			return b.measure(ctx, out)
		}
	}
	list(out)
	return fmt.Errorf("there is no benchmark %q", args[0])
}

func (b benchmark) measure(ctx context.Context, out io.Writer) error {
	if runtime.GOOS != "linux" {
		return errors.New("the benchmarks read /proc: run them on Linux")
	}
	program, err := os.Executable()
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeoutCause(ctx, b.limit(), fmt.Errorf("the benchmark took over %v", b.limit()))
	defer cancel()
	s, err := newStage(program, out)
	if err != nil {
		return err
	}
	defer s.clear()
	s.say("bench %s: %s (seed %d)", b.name, b.what, seed)
	f, err := b.run(ctx, s)
	if err = errors.Join(err, context.Cause(ctx)); err != nil {
		return err // also when it ended well: what was cut short has measured nothing
	}
	fmt.Fprintln(out, f)
	return f.verdict()
}

func list(out io.Writer) {
	for _, b := range benchmarks() {
		fmt.Fprintf(out, "  %-8s %s\n", b.name, b.what)
	}
}
