package desk

import (
	"context"

	"github.com/livedesk/livedesk/db"
	"github.com/livedesk/livedesk/model"
)

// RotateWebhookURL gives a channel a new webhook URL. The one before works for 24 hours more.
func (d *Desk) RotateWebhookURL(ctx context.Context, id model.ID) (*model.Channel, error) {
	v, err := asAdmin(ctx)
	if err != nil {
		return nil, err
	}
	var c *model.Channel
	err = d.changeChannel(ctx, v, id, func(s *db.Store, now *model.Channel) error {
		c = now
		if err := s.ReplaceWebhookKey(ctx, v.Account, id, model.NewKey(v.Account), formerLife); err != nil {
			return err
		}
		return d.audit(ctx, s, v, ofChannel(model.AuditWebhookRotated, id), nil, nil)
	})
	return c, err
}

// WebhookURL returns the address to enter at the provider, "" for a removed channel and for the role AGENT.
func (d *Desk) WebhookURL(ctx context.Context, c *model.Channel) (string, error) {
	urls, err := d.WebhookURLs(ctx, []*model.Channel{c})
	if err != nil {
		return "", err
	}
	return urls[0], nil
}

// WebhookURLs is WebhookURL for many channels at once, in their order.
func (d *Desk) WebhookURLs(ctx context.Context, channels []*model.Channel) ([]string, error) {
	v, err := model.ViewerFrom(ctx)
	urls := make([]string, len(channels))
	if err != nil || !v.SeesAll() {
		return urls, err
	}
	ids := make([]model.ID, len(channels))
	for i, c := range channels {
		ids[i] = c.ID
	}
	keys, err := d.db.WebhookKeys(ctx, v.Account, ids)
	if err != nil {
		return nil, err
	}
	for i, c := range channels {
		if key := keys[c.ID]; key != "" {
			urls[i] = d.webhookURL(c.Provider, key)
		}
	}
	return urls, nil
}

func (d *Desk) webhookURL(name model.ProviderName, key string) string {
	p := d.providers[name]
	if p == nil {
		return ""
	}
	url := d.public.JoinPath("webhooks", p.Route(), key).String()
	if f := p.Fragment(); f != "" {
		url += "#" + f
	}
	return url
}
