package desk

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/livedesk/livedesk/db"
	"github.com/livedesk/livedesk/model"
)

// MaxSimulated is how many past conversations a draft is tried on: the newest of the time that is asked about.
const MaxSimulated = 1000

// Draft is what might decide who answers on a channel, and on what it is to be tried.
type Draft struct {
	Channel  model.ID
	Rules    *[]RuleChange // nil: those that are saved
	Mode     *model.AssignmentMode
	From, To time.Time // of past conversations, half-open
	Sample   *Sample   // instead of them
}

// Sample is a new conversation that is described by hand.
type Sample struct {
	Message model.MessageFacts
	Contact model.ContactFacts
	At      *time.Time // nil: now
}

// Simulated is what a draft would have done.
type Simulated struct {
	model.Simulation
	By      *db.Automation // the draft
	Skipped int            // conversations of which too little is kept
	More    bool           // there are older ones that it was not tried on
}

// parallelSimulations is how many drafts a process tries at once: each reads a thousand records and decides a thousand
// times.
const parallelSimulations = 2

// simulations are the drafts that are being tried, by account: one of each, so that no account holds up another.
type simulations struct {
	mu      sync.Mutex
	running map[int64]bool
}

// begin lets the caller try a draft, who calls end afterwards. Nobody is made to wait.
func (s *simulations) begin(account int64) (end func(), err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.running[account]:
		return nil, model.Refuse(model.RateLimited, "Another draft is being tried at this moment. Try again when it is done, in a few seconds.")
	case len(s.running) >= parallelSimulations:
		return nil, model.Refuse(model.RateLimited, "Too many drafts are being tried at this moment. Try again in a few seconds.")
	}
	s.running[account] = true
	return func() { s.end(account) }, nil
}

func (s *simulations) end(account int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.running, account)
}

// Simulate tries a draft on past conversations, or on a sample. For a sample, whom it is moved from is whom the channel
// would give it to as it is saved. It stores nothing, and nothing of it is told.
func (d *Desk) Simulate(ctx context.Context, in Draft) (*Simulated, error) {
	v, err := asLead(ctx)
	if err != nil {
		return nil, err
	}
	end, err := d.tries.begin(v.Account)
	if err != nil {
		return nil, err
	}
	defer end()
	saved, err := d.db.PresentAutomation(ctx, v.Account, in.Channel)
	if err != nil {
		return nil, err
	}
	draft, err := d.draft(ctx, v, in, *saved)
	if err != nil {
		return nil, err
	}
	if in.Sample != nil {
		return d.trySample(ctx, v, in, saved, draft)
	}
	return d.tryHistory(ctx, v, in, draft)
}

func (d *Desk) tryHistory(ctx context.Context, v *model.Viewer, in Draft, draft *db.Automation) (*Simulated, error) {
	if in.To.Before(in.From) {
		return nil, model.Refuse(model.Invalid, "The time has to end after it begins.", "over", "past", "to")
	}
	h, err := d.db.History(ctx, v.Account, in.Channel, in.From, in.To, MaxSimulated, draft.Automation.Rules)
	if err != nil {
		return nil, err
	}
	return &Simulated{model.Simulate(h.Past, draft.Automation), draft, h.Skipped, h.More}, nil
}

func (d *Desk) trySample(ctx context.Context, v *model.Viewer, in Draft, saved, draft *db.Automation) (*Simulated, error) {
	if err := checkSampleLabels(ctx, d.db.Store, v.Account, in.Sample.Contact.LabelIDs); err != nil {
		return nil, err
	}
	s, err := d.db.People(ctx, v.Account, in.Channel, saved.Automation.Rules, draft.Automation.Rules)
	if err != nil {
		return nil, err
	}
	at := d.moment()
	if in.Sample.At != nil {
		at = *in.Sample.At
	}
	s.Automation, s.Message, s.Contact = saved.Automation, in.Sample.Message, in.Sample.Contact
	s.Local, s.Open = at.In(saved.Zone), saved.Calendar.IsOpen(at)
	now := model.Route(s)
	past := model.Past{Snapshot: s, AgentID: now.AgentID, AiAgentID: now.AiAgentID}
	return &Simulated{Simulation: model.Simulate([]model.Past{past}, draft.Automation), By: draft}, nil
}

func checkSampleLabels(ctx context.Context, s *db.Store, account int64, labels []model.ID) error {
	path := []string{"over", "sample", "contactLabelIds"}
	if len(labels) > model.MaxRuleValues {
		return model.Refuse(model.Invalid, fmt.Sprintf("Name at most %d labels.", model.MaxRuleValues), path...)
	}
	return checkLabels(ctx, s, account, labels, path...)
}
