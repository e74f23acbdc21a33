package desk

import (
	"context"
	"strings"

	"github.com/livedesk/livedesk/db"
	"github.com/livedesk/livedesk/model"
)

// AiAgentChange is what is given of an AI Agent; nil leaves it as it is, or as new ones are.
type AiAgentChange struct {
	AiAgent        model.ID // of one that is changed
	Name           *string
	Instructions   *string
	Model          *string
	BaseURL        *string
	Key            *string // empty: the endpoint asks for none
	KeyHeader      *model.AiKeyHeader
	Temperature    **float64 // to nil: the endpoint's own
	MaxTokens      *int
	TimeoutSeconds *int
	MaxTurns       *int
	HandOverTopics *[]string
	ClosingText    *string
	Disabled       *bool
}

// CreateAiAgent adds an AI Agent whose endpoint, key and model work together.
func (d *Desk) CreateAiAgent(ctx context.Context, in AiAgentChange) (*model.AiAgent, error) {
	v, err := asAdmin(ctx)
	if err != nil {
		return nil, err
	}
	a := model.NewAiAgent(v.Account, d.moment())
	if err := d.applyAi(a, in); err != nil {
		return nil, err
	}
	if err := d.checkAi(ctx, a); err != nil {
		return nil, err
	}
	err = d.commit(ctx, v.Account, func(s *db.Store) error {
		if err := s.SaveAiAgent(ctx, a); err != nil {
			return err
		}
		return d.audit(ctx, s, v, ofAccount(model.AuditAiAgentCreated, model.AuditAiAgent, a.ID), nil, shownAiAgent(a))
	})
	if err != nil {
		return nil, err
	}
	return a, nil
}

// UpdateAiAgent changes an AI Agent. Another endpoint, key or model is checked first. A disabled one hands over what it
// has on every channel. Refused, it returns the AI Agent as it is.
func (d *Desk) UpdateAiAgent(ctx context.Context, in AiAgentChange) (*model.AiAgent, error) {
	v, err := asAdmin(ctx)
	if err != nil {
		return nil, err
	}
	before, err := d.db.AiAgent(ctx, v.Account, in.AiAgent)
	if err != nil {
		return nil, at(err, "aiAgentId")
	}
	next := *before
	if err := d.applyAi(&next, in); err != nil {
		return before, err
	}
	endpoint := next.BaseURL != before.BaseURL || next.Model != before.Model || next.KeyHeader != before.KeyHeader || in.Key != nil
	if endpoint {
		if err := d.checkAi(ctx, &next); err != nil {
			return before, err
		}
	}
	if err := d.replaceAi(ctx, v, before, &next, in.Key != nil); err != nil {
		return before, err
	}
	if endpoint {
		d.aiWorks(ctx, &next)
	}
	return &next, nil
}

// replaceAi stores the next version of an AI Agent, unless somebody else changed it meanwhile.
func (d *Desk) replaceAi(ctx context.Context, v *model.Viewer, before, next *model.AiAgent, anotherKey bool) error {
	next.Version++
	return d.changeAi(ctx, v, before.ID, before.Answers() != next.Answers(), func(s *db.Store, now *model.AiAgent, _ []model.ID) error {
		if now.Version != before.Version {
			return model.Refuse(model.Conflict, "Somebody else changed this AI Agent meanwhile. Look at it again.", "aiAgentId")
		}
		next.UpdatedAt = d.moment()
		if err := s.SaveAiAgent(ctx, next); err != nil {
			return err
		}
		is := shownAiAgent(next)
		if anotherKey {
			is["apiKey"] = "replaced"
		}
		return d.audit(ctx, s, v, ofAccount(model.AuditAiAgentUpdated, model.AuditAiAgent, next.ID), shownAiAgent(before), is)
	})
}

// DeleteAiAgent deletes an AI Agent and its key, takes it off its channels, and hands over what it has. Its name stays in
// the history. Rules that name it no longer match.
func (d *Desk) DeleteAiAgent(ctx context.Context, id model.ID) error {
	v, err := asAdmin(ctx)
	if err != nil {
		return err
	}
	return d.changeAi(ctx, v, id, true, func(s *db.Store, a *model.AiAgent, on []model.ID) error {
		before, now := shownAiAgent(a), d.moment()
		a.DeletedAt, a.UpdatedAt, a.Sealed, a.KeyHint = &now, now, "", ""
		if err := s.SaveAiAgent(ctx, a); err != nil {
			return err
		}
		for _, channel := range on {
			if err := s.SaveChannelAi(ctx, v.Account, &model.ChannelAiAgent{}, &model.ChannelAiAgent{ChannelID: channel}); err != nil {
				return err
			}
		}
		return d.audit(ctx, s, v, ofAccount(model.AuditAiAgentDeleted, model.AuditAiAgent, id), before, nil)
	})
}

// changeAi runs change on an AI Agent that is locked, with the channels that it is on, which are told of. When it answers
// otherwise than before, these and those whose rules name it decide afresh.
func (d *Desk) changeAi(ctx context.Context, v *model.Viewer, id model.ID, otherwise bool, change func(s *db.Store, a *model.AiAgent, on []model.ID) error) error {
	var decide []model.ID
	err := d.commit(ctx, v.Account, func(s *db.Store) error {
		decide = nil
		on, named, err := s.LockAiChannels(ctx, v.Account, id)
		if err != nil {
			return err
		}
		a, err := s.LockAiAgent(ctx, v.Account, id)
		if err != nil {
			return at(err, "aiAgentId")
		}
		if err := change(s, a, on); err != nil {
			return err
		}
		if otherwise {
			decide = append(on, named...)
		}
		for _, channel := range decide {
			if err := s.NextAutomation(ctx, v.Account, channel); err != nil {
				return err
			}
		}
		for _, channel := range on {
			if err := s.Tell(ctx, v.Account, model.Event{Kind: model.ChannelChanged, ChannelID: channel}); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	if otherwise {
		d.drain(v.Account, decide...)
		d.handOverSoon()
	}
	return nil
}

// applyAi puts what is given into the AI Agent, and refuses what cannot be.
func (d *Desk) applyAi(a *model.AiAgent, in AiAgentChange) error {
	if in.Name != nil || a.Name == "" {
		name, err := cleanName(given(in.Name), "name")
		if err != nil {
			return err
		}
		a.Name = name
	}
	from := a.BaseURL
	put(&a.Instructions, tidy(in.Instructions, model.MaxInstructions))
	put(&a.Model, tidy(in.Model, model.MaxAiModel))
	put(&a.BaseURL, tidy(in.BaseURL, model.MaxAiURL))
	put(&a.KeyHeader, in.KeyHeader)
	put(&a.Temperature, in.Temperature)
	put(&a.MaxTokens, in.MaxTokens)
	put(&a.TimeoutSeconds, in.TimeoutSeconds)
	put(&a.MaxTurns, in.MaxTurns)
	put(&a.ClosingText, tidy(in.ClosingText, model.MaxIncomingText))
	if in.HandOverTopics != nil {
		a.HandOverTopics = []string{}
		for _, t := range *in.HandOverTopics {
			a.HandOverTopics = append(a.HandOverTopics, *tidy(&t, model.MaxTopic))
		}
	}
	if in.Disabled != nil && *in.Disabled != (a.DisabledAt != nil) {
		a.DisabledAt = nil
		if now := d.moment(); *in.Disabled {
			a.DisabledAt = &now
		}
	}
	if err := a.Check(); err != nil {
		return err
	}
	return d.applyAiKey(a, in.Key, from)
}

// put stores a value that is given.
func put[T any](into, value *T) {
	if value != nil {
		*into = *value
	}
}

func given(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}

// tidy trims a text that is given, and cuts it where it is too long in any case.
func tidy(s *string, characters int) *string {
	if s == nil {
		return nil
	}
	clean := strings.TrimSpace(model.CleanText(*s, 4*characters+4))
	return &clean
}
