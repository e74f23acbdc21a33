package server

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"slices"
	"strings"
)

// command is one sub-command of the program.
type command struct {
	name string
	does string
	run  func(ctx context.Context, c *Config, args []string, out io.Writer) error
	goes bool // on until somebody ends it: to be interrupted is no failure
}

// interrupted is the exit code of a command that was ended before it had done what it is for, as shells give it.
const interrupted = 130

func commands() []command {
	return []command{
		{"serve", "start the desk (the default)", serve, true},
		{"migrate", "bring the database's schema up to this program, then end", migrate, false},
		{"admin", "rekey | reset-password EMAIL: reseal secrets under the first key; make a password link", admin, false},
		{"config", "print the settings, secrets masked", printConfig, false},
		{"emulate", "start the desk with a fake Twilio and a connected channel (--only: the fake alone)", emulate, true},
		{"bench", "NAME: measure this program on this machine (without a name: list them)", benchmark, false},
		{"verify", "look for violated invariants in the database", verify, false},
		{"version", "print the version", printVersion, false},
	}
}

// Main runs the sub-command that the arguments name and returns the exit code.
func Main(args []string, out, errs io.Writer) int {
	ctx, stop := interruptible()
	defer stop()
	name := "serve"
	if len(args) > 0 && !strings.HasPrefix(args[0], "-") {
		name, args = args[0], args[1:]
	}
	if name == "help" || name == "serve" && len(args) > 0 && slices.Contains([]string{"-h", "-help", "--help"}, args[0]) {
		usage(out)
		return 0
	}
	for _, cmd := range commands() {
		if cmd.name != name {
			continue
		}
		c, err := ReadConfig()
		if err == nil || name == "version" { // which needs no settings
			err = cmd.run(ctx, c, args, out)
		}
		return cmd.end(ctx, err, errs)
	}
	usage(errs)
	return 2
}

// end says how the command went and returns the exit code.
func (cmd command) end(ctx context.Context, err error, errs io.Writer) int {
	asked := ctx.Err() != nil && errors.Is(err, context.Canceled)
	switch {
	case err == nil || asked && cmd.goes:
		return 0
	case asked:
		fmt.Fprintf(errs, "livedesk %s: interrupted before it was done\n", cmd.name)
		return interrupted
	}
	fmt.Fprintf(errs, "livedesk %s: %v\n", cmd.name, err)
	return 1
}

func usage(w io.Writer) {
	fmt.Fprint(w, "Usage: livedesk [command]\n\n")
	for _, cmd := range commands() {
		fmt.Fprintf(w, "  %-8s %s\n", cmd.name, cmd.does)
	}
}

func serve(ctx context.Context, c *Config, args []string, out io.Writer) error {
	if len(args) > 0 {
		return fmt.Errorf("unknown argument %q: settings come from the environment, see `livedesk config`", args[0])
	}
	s, err := Start(ctx, c, NewLog(os.Stderr, c.Mode))
	if err != nil {
		return err
	}
	s.greet(out)
	err = s.Serve(ctx)
	if ctx.Err() != nil {
		fmt.Fprintln(out, "Stopping.")
	}
	s.Stop(context.WithoutCancel(ctx))
	return err
}

// greet says where to go next.
func (s *Server) greet(out io.Writer) {
	fmt.Fprintf(out, "Livedesk %s runs at %s\n", Version(), s.config.PublicURL)
	fmt.Fprintf(out, "  GraphQL    %s/graphql (HTTP and websocket)\n", s.config.PublicURL)
	if s.config.Mode == Development {
		fmt.Fprintf(out, "  GraphiQL   %s/\n", s.config.PublicURL)
	}
	if s.config.DatabaseURL == "" {
		fmt.Fprintf(out, "  Data       %s (with a Postgres of its own)\n", s.config.DataDir)
	}
	if f := s.first; f != nil && f.Password != "" {
		fmt.Fprintf(out, "  Sign in    %s with the password %s (shown this once)\n", f.Email, f.Password)
	} else if f != nil {
		fmt.Fprintf(out, "  Sign in    %s with the password of LIVEDESK_ADMIN_PASSWORD\n", f.Email)
	}
	fmt.Fprintln(out, "Ctrl-C ends it.")
}

func migrate(ctx context.Context, c *Config, _ []string, out io.Writer) error {
	d, err := joinDatabase(ctx, c, slog.Default())
	if err != nil {
		return err
	}
	defer d.Close(context.WithoutCancel(ctx))
	if err := d.Migrate(ctx); err != nil {
		return err
	}
	fmt.Fprintln(out, "The schema is up to date.")
	return nil
}

func printConfig(_ context.Context, c *Config, _ []string, out io.Writer) error {
	c.Print(out)
	return nil
}

func printVersion(_ context.Context, _ *Config, _ []string, out io.Writer) error {
	fmt.Fprintln(out, Version())
	return nil
}
