package graph

import (
	"context"

	"github.com/livedesk/livedesk/graph/exec"
	"github.com/livedesk/livedesk/model"
	"github.com/livedesk/livedesk/server/desk"
)

type csatResolver struct{ *Resolver }

// Csat is what each channel asks its customers.
func (r *channelResolver) Csat(ctx context.Context, channels []*model.Channel) ([]*model.Csat, error) {
	return r.load(ctx, channels[0].AccountID).Csat.Get(ctx, idsOf(channels, func(c *model.Channel) model.ID { return c.ID }))
}

// AskLabels are those that have a conversation asked about.
func (r *csatResolver) AskLabels(ctx context.Context, list []*model.Csat) ([][]*model.Label, error) {
	return r.labels(ctx, list, func(c *model.Csat) []model.ID { return c.AskLabelIDs })
}

// SkipLabels are those that keep a conversation from being asked about.
func (r *csatResolver) SkipLabels(ctx context.Context, list []*model.Csat) ([][]*model.Label, error) {
	return r.labels(ctx, list, func(c *model.Csat) []model.ID { return c.SkipLabelIDs })
}

// labels reads those of each setting that were not deleted since.
func (r *csatResolver) labels(ctx context.Context, list []*model.Csat, of func(*model.Csat) []model.ID) ([][]*model.Label, error) {
	v, err := viewer(ctx)
	if err != nil {
		return nil, err
	}
	lists := make([][]*model.Label, len(list))
	for i, c := range list {
		labels, err := r.load(ctx, v.Account).LabelsByID.Get(ctx, of(c))
		if err != nil {
			return nil, err
		}
		for _, l := range labels {
			if l != nil {
				lists[i] = append(lists[i], l)
			}
		}
	}
	return listed(ctx, lists, nil)
}

// Template is what asks outside WhatsApp's window.
func (*csatResolver) Template(_ context.Context, c *model.Csat) (*exec.Template, error) {
	return templateFrom(c.Template), nil
}

// UpdateCsat says what customers are asked.
func (r *mutationResolver) UpdateCsat(ctx context.Context, in exec.UpdateCsatInput) (*exec.UpdateCsatPayload, error) {
	change := desk.CsatChange{Channel: in.ChannelID, Enabled: in.Enabled, Question: in.Question, ThankYou: in.ThankYou, ExpiresAfterHours: in.ExpiresAfterHours,
		Language: in.Language, AskLabels: in.AskLabelIds, SkipLabels: in.SkipLabelIds, Template: templateOf(in.Template)}
	channel, err := r.Desk.UpdateCsat(ctx, change)
	errs, err := refused(err)
	return &exec.UpdateCsatPayload{Channel: channel, UserErrors: errs}, err
}
