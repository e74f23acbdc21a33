package bench

import (
	"context"
	_ "embed"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/livedesk/livedesk/model"
)

// stock is a desk's past: conversations with their contacts, messages, owners and labels.
type stock struct {
	Conversations int
	Channels      []model.ID    // each has agents
	Ended         bool          // most have ended, and they differ in length; else all are OPEN
	Messages      int           // of the longest, below 100; every second one is an answer that was SENT
	Pace          time.Duration // between the last activity of one and that of the next
}

//go:embed stock/ids.sql
var stockIDs string

//go:embed stock/conversations.sql
var stockConversations string

//go:embed stock/rest.sql
var stockRest string

// fill stores the stock in bulk. The trigger that counts each owner's load row by row rests meanwhile, since it would
// take longer than all else; verify tells whether the loads are right.
func (p *place) fill(ctx context.Context, s stock) error {
	err := pgx.BeginFunc(ctx, p.db.Pool(), func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, "ALTER TABLE conversations DISABLE TRIGGER USER; DROP FUNCTION IF EXISTS pg_temp.new_id;"+stockIDs); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, stockConversations, p.account, s.Conversations, texts(s.Channels), s.Ended, s.Messages, s.Pace, string(p.admin)); err != nil {
			return err
		}
		_, err := tx.Exec(ctx, stockRest+"ALTER TABLE conversations ENABLE TRIGGER USER")
		return err
	})
	if err != nil {
		return fmt.Errorf("fill the account: %w", err)
	}
	return nil
}
