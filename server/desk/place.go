package desk

import (
	"context"
	"fmt"
	"sync"

	"github.com/livedesk/livedesk/db"
	"github.com/livedesk/livedesk/model"
)

// maxMisses is how often a decision is made again because the agent could no longer take the conversation. That takes a
// second channel, or a person, that gave them another one between two statements.
const maxMisses = 10

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

func (a *automations) put(channel model.ID, is *db.Automation) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if is != nil {
		a.of[channel] = is
	}
}

// placed is what became of a conversation that was to be placed.
type placed struct {
	decision *model.Decision // nil: there was nothing to decide
	target   model.Target    // that it had before
	behind   bool            // it was not placed yet: others wait on the channel and come first
}

// nobody tells whether the decision was to wait.
func (p placed) nobody() bool { return p.decision != nil && p.decision.Outcome == model.OutcomeWaiting }

// Place decides who answers the conversation, if that is to be decided, and stores it: load, decide, save, in one
// transaction under the channel's lock. Those who wait on the channel come first; one that waits itself is left to its
// turn, which comes when the queue is served.
func (d *Desk) Place(ctx context.Context, account int64, channel, conversation model.ID) error {
	p, err := d.place(ctx, account, channel, conversation, false)
	if err != nil || !p.behind {
		return err
	}
	if err := d.serve(ctx, account, channel); err != nil {
		return err
	}
	_, err = d.place(ctx, account, channel, conversation, true)
	return err
}

// place is Place that does not look after those who wait, unless first, when the conversation comes before them.
func (d *Desk) place(ctx context.Context, account int64, channel, conversation model.ID, first bool) (p placed, err error) {
	var by *db.Automation
	err = d.db.Tx(ctx, func(s *db.Store) (err error) {
		p, by = placed{}, d.rules.get(channel)
		for range maxMisses {
			var saved bool
			if by, saved, err = d.decide(ctx, s, account, channel, conversation, by, first, &p); err != nil || saved {
				return err
			}
		}
		return fmt.Errorf("place conversation %s: somebody else was quicker %d times", conversation, maxMisses)
	})
	if err != nil {
		return placed{}, err
	}
	d.rules.put(channel, by)
	if p.decision != nil {
		d.told(account)
	}
	return p, nil
}

// decide makes one decision and stores it. done is false when it must be made again, by the automation that it returns.
func (d *Desk) decide(ctx context.Context, s *db.Store, account int64, channel, conversation model.ID, by *db.Automation, first bool, p *placed) (*db.Automation, bool, error) {
	if by == nil {
		var err error
		if by, err = s.Automation(ctx, account, channel); err != nil {
			return nil, false, err
		}
	}
	c, err := s.LockPlacing(ctx, account, channel, conversation, by)
	switch {
	case err != nil || c == nil:
		return by, true, err
	case c.Version != by.Version:
		by, err = s.Automation(ctx, account, channel)
		return by, false, err
	case c.Stage == "", c.Stage == model.StageWaiting && !first:
		return by, true, nil
	case c.Conversation.Status != model.Open || c.Removed || keepsOwner(c):
		return by, true, s.KeepPlaced(ctx, c.Conversation)
	}
	c.At(d.moment(), by)
	decision := model.Route(c.Snapshot)
	p.target = c.Target
	p.behind = !first && c.Queued && decision.Outcome == model.OutcomeAssigned
	if p.behind {
		return by, true, nil
	}
	p.decision = &decision
	if c.Stage == model.StageWaiting && decision.Outcome == model.OutcomeWaiting && decision.Target == c.Target {
		return by, true, nil // it waits on, and nothing is new
	}
	saved, err := s.SavePlacing(ctx, c, &decision)
	return by, saved, err
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

// serve gives those who wait on the channel to who is free, the most urgent and then the longest waiting first, until
// nobody is found. One that nobody can take does not hold up those that wait for others.
func (d *Desk) serve(ctx context.Context, account int64, channel model.ID) error {
	var nobody []model.Target
	for {
		id, err := d.db.NextWaiting(ctx, account, channel, nobody)
		if err != nil || id == "" {
			return err
		}
		p, err := d.place(ctx, account, channel, id, true)
		if err != nil {
			return err
		}
		if p.nobody() {
			nobody = append(nobody, p.target, p.decision.Target)
		}
	}
}
