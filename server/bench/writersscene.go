package bench

import (
	"context"
	"fmt"
	"math/rand/v2"

	"github.com/jackc/pgx/v5"

	"github.com/livedesk/livedesk/db"
	"github.com/livedesk/livedesk/model"
	"github.com/livedesk/livedesk/server/desk"
)

// scene is what the writers work on. It is in the same order in each database that was filled alike.
type scene struct {
	channel       *model.Channel
	agents        []model.ID
	conversations []model.ID
	sent          []post // answers that a provider has
	ended         map[int]bool
}

// post is a message with the provider's id.
type post struct {
	ID       model.ID
	External string
}

// operation is something that a writer does. It returns the message that its event names, if one does.
type operation func(context.Context, *desk.Desk) (model.ID, error)

func readScene(ctx context.Context, d *db.DB, t writersTask) (*scene, error) {
	s := &scene{channel: &model.Channel{AccountID: t.Account, ID: t.Channel}, ended: map[int]bool{}}
	var err error
	if s.agents, err = column(ctx, d, `SELECT agent_id::text FROM channel_agents WHERE account_id = $1 ORDER BY agent_id`, t.Account); err != nil {
		return nil, err
	}
	// The addresses of the contacts are numbers in order.
	if s.conversations, err = column(ctx, d, `SELECT v.id::text FROM conversations v JOIN contacts c ON c.account_id = v.account_id AND c.id = v.contact_id
		WHERE v.account_id = $1 ORDER BY c.address`, t.Account); err != nil {
		return nil, err
	}
	rows, err := d.Pool().Query(ctx, `SELECT id::text, external_id FROM messages WHERE account_id = $1 AND direction = 'OUTBOUND' ORDER BY external_id`, t.Account)
	if err == nil {
		s.sent, err = pgx.CollectRows(rows, pgx.RowToStructByPos[post])
	}
	if err != nil {
		return nil, fmt.Errorf("read the messages: %w", err)
	}
	random := rand.New(rand.NewPCG(seed, 0))
	random.Shuffle(len(s.sent), func(i, j int) { s.sent[i], s.sent[j] = s.sent[j], s.sent[i] })
	return s, nil
}

func column(ctx context.Context, d *db.DB, query string, account int64) ([]model.ID, error) {
	rows, err := d.Pool().Query(ctx, query, account)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowTo[model.ID])
}

// operations are those of a slice: 60 % reports of the provider, 25 % answers, 10 % changes of the status, 5 %
// assignments. A message is reported about once in a slice: DELIVERED, and in a later one READ.
func (s *scene) operations(t writersTask) ([]operation, error) {
	random := rand.New(rand.NewPCG(seed, uint64(t.Slice)))
	perSlice := t.Operations * 6 / 10
	if perSlice > len(s.sent) || (t.Slice+1)*perSlice > 2*len(s.sent) {
		return nil, fmt.Errorf("%d messages are too few for slice %d of %d reports", len(s.sent), t.Slice, perSlice)
	}
	reports := 0
	list := make([]operation, t.Operations)
	for i, place := range random.Perm(t.Operations) {
		n := random.IntN(len(s.conversations))
		switch {
		case place < perSlice:
			list[i] = s.report(t.Slice*perSlice + reports)
			reports++
		case place < t.Operations*85/100:
			list[i] = s.reply(n, sentence(random))
		case place < t.Operations*95/100:
			list[i] = s.setStatus(n)
		default:
			list[i] = s.assign(n, s.agents[random.IntN(len(s.agents))])
		}
	}
	return list, nil
}

// report is the n-th status callback.
func (s *scene) report(n int) operation {
	m := s.sent[n%len(s.sent)]
	status := model.Delivered
	if n >= len(s.sent) {
		status = model.Read
	}
	return func(ctx context.Context, d *desk.Desk) (model.ID, error) {
		return m.ID, d.Track(ctx, s.channel, model.StatusReport{MessageID: m.ID, Attempt: 1, ExternalID: m.External, Status: status})
	}
}

// reply answers the n-th conversation. That opens it again if it had ended.
func (s *scene) reply(n int, text string) operation {
	s.ended[n] = false
	return func(ctx context.Context, d *desk.Desk) (model.ID, error) {
		m, _, err := d.Reply(ctx, desk.Reply{Conversation: s.conversations[n], Text: text})
		if err != nil {
			return "", err
		}
		return m.ID, nil
	}
}

// setStatus ends the n-th conversation, or opens it again.
func (s *scene) setStatus(n int) operation {
	s.ended[n] = !s.ended[n]
	status := model.Open
	if s.ended[n] {
		status = model.Resolved
	}
	return func(ctx context.Context, d *desk.Desk) (model.ID, error) {
		_, err := d.SetStatus(ctx, desk.StatusChange{Conversation: s.conversations[n], Status: status})
		return "", err
	}
}

func (s *scene) assign(n int, agent model.ID) operation {
	return func(ctx context.Context, d *desk.Desk) (model.ID, error) {
		_, err := d.Assign(ctx, desk.Assign{Conversation: s.conversations[n], Agent: agent, Force: true})
		return "", err
	}
}
