package bench

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/livedesk/livedesk/model"
	"github.com/livedesk/livedesk/server/desk"
)

// flapPause is between an agent's coming and going.
const flapPause = 5 * time.Millisecond

// flap has an agent go and come, until the returned function is called. It ends with the agent there.
func (c *counter) flap(ctx context.Context, t placingTask) (end func() (int, error)) {
	if t.Flapping == "" {
		return func() (int, error) { return 0, nil }
	}
	ctx = model.WithViewer(ctx, &model.Viewer{Account: t.Account, Agent: t.Admin, Role: model.Admin})
	stop, done := make(chan struct{}), make(chan error, 1)
	flaps := 0
	go func() {
		for {
			for _, to := range []model.Availability{model.Offline, model.Online} {
				if _, err := c.desk.SetAvailability(ctx, t.Flapping, to); err != nil {
					done <- err
					return
				}
				flaps++
				pause(ctx, flapPause)
			}
			select {
			case <-stop:
				done <- nil
				return
			default:
			}
		}
	}()
	return func() (int, error) {
		close(stop)
		err := <-done
		return flaps, err
	}
}

// rival is one of two agents who take the same conversations.
type rival struct {
	id   model.ID
	name string
}

// race has two agents take each conversation at once, and fails unless one gets it and the other is told who did.
func (c *counter) race(ctx context.Context, t placingTask, a *placingAnswer) error {
	ids, err := column(ctx, c.db, `SELECT id::text FROM conversations WHERE account_id = $1 AND status = 'OPEN' AND agent_id IS NULL ORDER BY id`, t.Account)
	if err != nil || len(ids) != t.Count {
		return errors.Join(err, fmt.Errorf("%d conversations are free, not %d", len(ids), t.Count))
	}
	agents, err := column(ctx, c.db, `SELECT agent_id::text FROM channel_agents WHERE account_id = $1 ORDER BY agent_id`, t.Account)
	if err != nil {
		return err
	}
	var rivals [2]rival
	for i := range rivals {
		agent, err := c.db.Agent(ctx, t.Account, agents[i])
		if err != nil {
			return err
		}
		rivals[i] = rival{agent.ID, agent.Name}
	}
	start := time.Now()
	for _, id := range ids {
		winner, err := c.take(ctx, t.Account, id, rivals)
		if err != nil {
			return fmt.Errorf("conversation %s: %w", id, err)
		}
		a.Wins[winner]++
	}
	a.Took = time.Since(start)
	_, _, err = c.reader.finish(ctx)
	return err
}

// take has both take the conversation, and returns who got it.
func (c *counter) take(ctx context.Context, account int64, id model.ID, rivals [2]rival) (winner int, err error) {
	var errs [2]error
	var all sync.WaitGroup
	start := make(chan struct{})
	for i, r := range rivals {
		ctx := model.WithViewer(ctx, &model.Viewer{Account: account, Agent: r.id, Role: model.AgentRole})
		all.Go(func() {
			<-start
			_, errs[i] = c.desk.Assign(ctx, desk.Assign{Conversation: id, Agent: r.id})
		})
	}
	close(start)
	all.Wait()
	if errs[0] != nil {
		winner = 1
	}
	if err := oneWon(errs, winner, rivals[winner].name); err != nil {
		return 0, err
	}
	var owner model.ID
	err = c.db.Pool().QueryRow(ctx, `SELECT agent_id::text FROM conversations WHERE account_id = $1 AND id = $2`, account, string(id)).Scan((*string)(&owner))
	if err == nil && owner != rivals[winner].id {
		err = fmt.Errorf("%s won, and %s has it", rivals[winner].id, owner)
	}
	return winner, err
}

func oneWon(errs [2]error, winner int, name string) error {
	var refusal *model.Error
	switch {
	case errs[winner] != nil:
		return fmt.Errorf("nobody won: %w", errors.Join(errs[:]...))
	case errs[1-winner] == nil:
		return errors.New("both won")
	case !errors.As(errs[1-winner], &refusal) || refusal.Code != model.Conflict || !strings.HasPrefix(refusal.Text, name+" has "):
		return fmt.Errorf("the loser was not told that %s has it: %w", name, errs[1-winner])
	}
	return nil
}
