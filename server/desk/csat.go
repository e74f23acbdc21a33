package desk

import (
	"context"

	"github.com/livedesk/livedesk/db"
	"github.com/livedesk/livedesk/model"
)

// CsatChange is what is changed about the surveys of a channel; nil leaves it as it is.
type CsatChange struct {
	Channel           model.ID
	Enabled           bool
	Question          *string // empty: the desk's own, in the customer's language
	ThankYou          *string
	ExpiresAfterHours *int
	Language          *model.SurveyLanguage
	AskLabels         []model.ID
	SkipLabels        []model.ID
	Template          *model.TemplateCall // one without an id removes it
}

// UpdateCsat says whether and what customers are asked when their conversation is resolved. Surveys that were sent stay
// as they are.
func (d *Desk) UpdateCsat(ctx context.Context, change CsatChange) (*model.Channel, error) {
	return d.changeSetting(ctx, change.Channel, func(s *db.Store, v *model.Viewer) error {
		all, err := s.CsatOf(ctx, v.Account, []model.ID{change.Channel})
		if err != nil {
			return err
		}
		before := all[change.Channel]
		c, err := change.apply(*before)
		if err != nil {
			return err
		}
		if err := knowLabels(ctx, s, v.Account, c); err != nil {
			return err
		}
		if err := s.SaveCsat(ctx, v.Account, change.Channel, c); err != nil {
			return err
		}
		return d.audit(ctx, s, v, ofChannel(model.AuditCsatUpdated, change.Channel), before, c)
	})
}

func (ch CsatChange) apply(c model.Csat) (*model.Csat, error) {
	c.Enabled = ch.Enabled
	for to, from := range map[*string]*string{&c.Question: ch.Question, &c.ThankYou: ch.ThankYou} {
		if from != nil {
			*to = model.CleanText(*from, model.MaxIncomingText)
		}
	}
	if ch.ExpiresAfterHours != nil {
		c.ExpiresAfterHours = *ch.ExpiresAfterHours
	}
	if ch.Language != nil {
		c.Language = *ch.Language
	}
	for to, from := range map[*[]model.ID][]model.ID{&c.AskLabelIDs: ch.AskLabels, &c.SkipLabelIDs: ch.SkipLabels} {
		if from != nil {
			*to = unique(from)
		}
	}
	if err := ch.template(&c); err != nil {
		return nil, err
	}
	return &c, c.Check()
}

func (ch CsatChange) template(c *model.Csat) error {
	if ch.Template == nil {
		return nil
	}
	if c.Template = nil; ch.Template.ID == "" {
		return nil
	}
	data, err := templateData(*ch.Template)
	if err == nil {
		c.Template = data.Template
	}
	return err
}

// knowLabels refuses labels that are not there.
func knowLabels(ctx context.Context, s *db.Store, account int64, c *model.Csat) error {
	for field, ids := range map[string][]model.ID{"askLabelIds": c.AskLabelIDs, "skipLabelIds": c.SkipLabelIDs} {
		labels, err := s.LabelsByID(ctx, account, ids)
		if err != nil {
			return err
		}
		if len(labels) < len(ids) {
			return model.Refuse(model.NotFound, "There is no such label.", field)
		}
	}
	return nil
}
