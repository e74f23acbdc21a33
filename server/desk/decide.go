package desk

import (
	"context"
	"maps"
	"sync"

	"github.com/livedesk/livedesk/db"
	"github.com/livedesk/livedesk/model"
)

// automations are what the channels decide by, made ready once per version.
type automations struct {
	mu sync.Mutex
	of map[model.ID]*db.Automation
}

func (a *automations) get(channel model.ID) *db.Automation {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.of[channel]
}

func (a *automations) put(read map[model.ID]*db.Automation) {
	a.mu.Lock()
	defer a.mu.Unlock()
	maps.Copy(a.of, read)
}

// decider makes decisions about some conversations of an account in one transaction, one after the other: load, decide,
// save, under the locks of their channels. Each decision sees those before it.
type decider struct {
	*Desk
	s       *db.Store
	account int64
	asks    []*ask
	results []placed
	save    []db.Placed
	keep    []model.ID
	read    map[model.ID]*db.Automation // kept for others only once it is committed: the transaction stores it
}

// decide makes the decisions and stores them. With ErrMissed it is to be done again, in another transaction.
func (r *decider) decide(ctx context.Context) error {
	placings, roster, err := r.lock(ctx)
	if err != nil {
		return err
	}
	r.results = make([]placed, len(r.asks))
	seen := map[*db.Placing]bool{nil: true}
	for i, p := range placings {
		if seen[p] {
			continue // it is not there, or was asked about twice
		}
		seen[p] = true
		if err := r.one(p, roster, r.asks[i], &r.results[i]); err != nil {
			return err
		}
	}
	if err := r.s.KeepPlaced(ctx, r.account, r.keep...); err != nil {
		return err
	}
	return r.s.SavePlacings(ctx, r.account, r.save)
}

// lock reads what the decisions depend on, with settings of the version that was in force at that moment.
func (r *decider) lock(ctx context.Context) ([]*db.Placing, *model.Roster, error) {
	list := make([]db.ToPlace, len(r.asks))
	for i, a := range r.asks {
		by, err := r.automation(ctx, a.channel, 0)
		if err != nil {
			return nil, nil, err
		}
		list[i] = db.ToPlace{Channel: a.channel, Conversation: a.conversation, By: by}
	}
	for {
		placings, roster, err := r.s.LockPlacings(ctx, r.account, list)
		if err != nil {
			return nil, nil, err
		}
		late := false
		for i, p := range placings {
			if p == nil || p.Version == list[i].By.Version {
				continue
			}
			late = true
			if list[i].By, err = r.automation(ctx, r.asks[i].channel, p.Version); err != nil {
				return nil, nil, err
			}
		}
		if !late {
			return placings, roster, nil
		}
	}
}

// automation returns what the channel decides by, of the version or a later one.
func (r *decider) automation(ctx context.Context, channel model.ID, version int64) (*db.Automation, error) {
	for _, by := range []*db.Automation{r.read[channel], r.rules.get(channel)} {
		if by != nil && by.Version >= version {
			return by, nil
		}
	}
	by, err := r.s.Automation(ctx, r.account, channel)
	if err == nil {
		r.read[channel] = by
	}
	return by, err
}

// one makes one decision.
func (r *decider) one(p *db.Placing, roster *model.Roster, a *ask, result *placed) error {
	switch {
	case p.Stage == "", p.Stage == model.StageWaiting && !a.first:
		return nil
	case p.Conversation.Status != model.Open || p.Removed || keepsOwner(p):
		r.keep = append(r.keep, p.Conversation.ID)
		return nil
	}
	p.At(r.moment())
	decision := model.Route(p.Snapshot)
	result.target = p.Target
	others := p.Queued || roster.Waits[p.Conversation.ChannelID]
	if !a.first && others && decision.Outcome == model.OutcomeAssigned {
		result.behind = true
		return nil
	}
	result.decision = &decision
	if p.Stage == model.StageWaiting && decision.Outcome == model.OutcomeWaiting && decision.Target == p.Target {
		return nil // it waits on, and nothing is new
	}
	save, err := p.Decided(&decision)
	if err != nil {
		return err
	}
	r.save = append(r.save, save)
	roster.Note(p.Conversation.ChannelID, &decision)
	return nil
}

// keepsOwner tells whether a conversation that woke up stays with its owner: one who is available, also at the limit, and
// anybody where people give out conversations.
func keepsOwner(c *db.Placing) bool {
	owner := c.Conversation.AgentID
	if owner == "" || c.Automation.Mode == model.Manual {
		return owner != ""
	}
	for i := range c.Candidates {
		if a := &c.Candidates[i]; a.AgentID == owner {
			return a.Availability == model.Online && a.Connected && !a.Disabled
		}
	}
	return false
}
