package server

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/livedesk/livedesk/model"
)

// admin does what needs no running server, and may be done beside one: resealing secrets, and helping somebody who is
// locked out. It makes no first admin, whose password nobody would see.
func admin(ctx context.Context, c *Config, args []string, out io.Writer) error {
	if len(args) == 0 {
		return errors.New("give rekey, or reset-password EMAIL")
	}
	log := NewLog(io.Discard, c.Mode)
	s := &Server{config: c, log: log, metrics: newMetrics()}
	defer s.Stop(context.WithoutCancel(ctx))
	for _, step := range []func(context.Context) error{s.joinStores, s.makeDesk} {
		if err := step(ctx); err != nil {
			return err
		}
	}
	switch {
	case args[0] == "rekey" && len(args) == 1:
		n, err := s.desk.Rekey(ctx)
		if err != nil {
			return err
		}
		fmt.Fprintf(out, "%d secrets are sealed under the first key now. Keys that no process uses any more can go.\n", n)
		return nil
	case args[0] == "reset-password" && len(args) == 2:
		return s.resetPassword(ctx, args[1], out)
	}
	return errors.New("give rekey, or reset-password EMAIL")
}

// joinStores opens what the commands of admin use.
func (s *Server) joinStores(ctx context.Context) (err error) {
	if s.db, err = joinDatabase(ctx, s.config, s.log); err != nil {
		return err
	}
	return s.db.Migrate(ctx)
}

func (s *Server) resetPassword(ctx context.Context, email string, out io.Writer) error {
	agent, err := s.db.AgentByEmail(ctx, strings.ToLower(strings.TrimSpace(email)))
	if err != nil {
		return err
	}
	if agent == nil {
		return fmt.Errorf("nobody signs in as %s", email)
	}
	ctx = model.WithViewer(ctx, model.SystemViewer(agent.AccountID, "admin"))
	_, link, err := s.desk.ResetPassword(ctx, agent.ID)
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "%s sets a new password at\n  %s\nuntil %s.\n", agent.Name, link.URL, link.ExpiresAt.Format("2006-01-02 15:04 MST"))
	return nil
}
