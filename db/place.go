package db

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/livedesk/livedesk/model"
)

// Placing is a conversation that is decided about, with all that the decision depends on.
type Placing struct {
	Conversation *model.Conversation
	By           *Automation
	Stage        model.Stage // empty: it is neither to be placed nor waiting
	Target       model.Target
	Version      int64 // of the channel's automation
	Removed      bool  // the channel is gone for good
	Queued       bool  // others wait on the channel
	model.Snapshot
}

// ToPlace names a conversation that is to be placed, and what its channel decides by.
type ToPlace struct {
	Channel, Conversation model.ID
	By                    *Automation
}

// LockPlacings takes the locks of the channels and those of the conversations, and reads what decisions by the
// automations depend on, in one round trip. The placings stand in the order of what was asked for, nil for one that is
// not there; those of a channel share their candidates, which the roster keeps up to date.
func (s *Store) LockPlacings(ctx context.Context, account int64, list []ToPlace) ([]*Placing, *model.Roster, error) {
	for made := false; ; made = true {
		r := newPlacingReader(account, list)
		batch := &pgx.Batch{}
		r.queueLock(batch)
		r.queue(batch, " ORDER BY c.id FOR NO KEY UPDATE")
		placings, roster, err := r.read(ctx, s, batch)
		if err != nil || made || len(roster.Turns) == len(r.channels) {
			return placings, roster, err
		}
		if err := r.makeLocks(ctx, s); err != nil {
			return nil, nil, err
		}
	}
}

// Placing reads the same about one conversation, for who only wants to know how it would be decided.
func (s *Store) Placing(ctx context.Context, account int64, one ToPlace) (*Placing, error) {
	r := newPlacingReader(account, []ToPlace{one})
	batch := &pgx.Batch{}
	r.queue(batch, "")
	list, _, err := r.read(ctx, s, batch)
	if err != nil {
		return nil, err
	}
	return list[0], nil
}

// At sets the moment of the decision.
func (p *Placing) At(now time.Time) {
	p.Local, p.Open = now.In(p.By.Zone), p.By.Calendar.IsOpen(now)
}

// complete fills in what follows from the rest. Who had the conversation comes first again, but not when it was given to
// a team: that was to get it to others.
func (p *Placing) complete(candidates []model.Candidate) {
	p.Automation = p.By.Automation
	p.Snapshot.ConversationID, p.Snapshot.Stage, p.Snapshot.Target = p.Conversation.ID, p.Stage, p.Target
	if p.Target.Kind != model.ToTeam {
		p.Snapshot.FormerAgentID = p.Conversation.FormerAgentID
	}
	p.Candidates = candidates
}

// placingReader reads what several conversations' decisions depend on.
type placingReader struct {
	account       int64
	list          []ToPlace
	conversations []model.ID
	channels      []model.ID
	found         map[model.ID]*Placing
	roster        *model.Roster
}

func newPlacingReader(account int64, list []ToPlace) *placingReader {
	r := &placingReader{account: account, list: list, found: map[model.ID]*Placing{}, roster: model.NewRoster()}
	seen := map[model.ID]bool{}
	for _, l := range list {
		r.conversations = append(r.conversations, l.Conversation)
		if !seen[l.Channel] {
			seen[l.Channel] = true
			r.channels = append(r.channels, l.Channel)
		}
	}
	return r
}

func (r *placingReader) read(ctx context.Context, s *Store, batch *pgx.Batch) ([]*Placing, *model.Roster, error) {
	if err := s.hot.SendBatch(ctx, batch).Close(); err != nil {
		return nil, nil, fmt.Errorf("read what decides about conversations: %w", err)
	}
	placings := make([]*Placing, len(r.list))
	for i, l := range r.list {
		p := r.found[l.Conversation]
		if p == nil || p.Conversation.ChannelID != l.Channel {
			continue
		}
		p.By = l.By
		p.complete(r.roster.Candidates[l.Channel])
		placings[i] = p
	}
	return placings, r.roster, nil
}
