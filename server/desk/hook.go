package desk

import (
	"context"
	"errors"
	"net/http"
	"sync"
	"time"

	"github.com/livedesk/livedesk/model"
	"github.com/livedesk/livedesk/server/channel"
)

// known keeps a channel with its opened secrets for a moment, so that a burst of webhooks reads it once.
type known struct {
	channel *model.Channel
	secrets []model.Secret
	until   time.Time
}

// knownFor is how long a webhook may be checked against what was read before. A webhook that fails the check is
// checked again against the database, so new credentials count at once; a removed key ends within this time.
const knownFor = time.Second

// hooks is the desk's memory of channels that get webhooks.
type hooks struct {
	mu    sync.Mutex
	byKey map[string]known
}

// Webhook takes one request of a provider: checks it, stores its messages, follows its reports. It returns the status
// to answer with. A *channel.Refusal says why it was not taken, with its own status; NOT_FOUND stands for an unknown key.
func (d *Desk) Webhook(ctx context.Context, route, key string, r *channel.Request) (int, error) {
	r.Public, r.Now = d.public, d.now()
	c, got, err := d.open(ctx, route, key, r)
	var refused *channel.Refusal
	if errors.As(err, &refused) {
		d.health.refused(c, refused.Reason, r.Now)
	}
	if err != nil {
		return 0, err
	}
	err = d.take(ctx, c, got)
	if err != nil && (model.CodeOf(err) == "" || got.Status == 0) {
		return 0, err
	}
	if err != nil { // the provider would send all of it again for days
		got.Left = "The database could not hold a part of the webhook."
	}
	if got.Left != "" {
		d.health.refused(c, got.Left, r.Now)
	}
	if len(got.Messages)+len(got.Statuses) > 0 || got.Left == "" {
		d.health.good(c, r.Now)
	}
	if got.Status == 0 {
		return http.StatusNoContent, nil
	}
	return got.Status, nil
}

// take stores what a webhook held. A message or a report that can never be stored does not keep out what stands beside it.
func (d *Desk) take(ctx context.Context, c *model.Channel, got *channel.Received) error {
	err := d.Receive(ctx, c, got.Messages)
	if err != nil && model.CodeOf(err) == "" {
		return err
	}
	for _, report := range got.Statuses {
		tracked := d.Track(ctx, c, report)
		if tracked != nil && model.CodeOf(tracked) == "" {
			return tracked
		}
		err = errors.Join(err, tracked)
	}
	return err
}

// VerifyWebhook answers a provider that asks whether the desk expects its webhooks at the address. The errors are those
// of Webhook.
func (d *Desk) VerifyWebhook(ctx context.Context, route, key string, r *channel.Request) (string, error) {
	r.Public, r.Now = d.public, d.now()
	k, _, err := d.knownByKey(ctx, key, false)
	if err != nil {
		return "", err
	}
	p := d.providers[k.channel.Provider]
	if p == nil || p.Route() != route {
		return "", model.Refuse(model.NotFound, noAddress)
	}
	v, ok := p.(channel.Verifier)
	if !ok {
		return "", &channel.Refusal{Status: http.StatusMethodNotAllowed, Reason: "Webhooks come here with POST."}
	}
	answer, err := v.Verify(r, k.channel.VerifyToken)
	var refused *channel.Refusal
	if errors.As(err, &refused) {
		d.health.refused(k.channel, refused.Reason, r.Now)
	}
	return answer, err
}

const noAddress = "There is no channel at this address."

// open finds the channel and lets its provider verify and read the request.
func (d *Desk) open(ctx context.Context, route, key string, r *channel.Request) (*model.Channel, *channel.Received, error) {
	k, fresh, err := d.knownByKey(ctx, key, false)
	if err != nil {
		return nil, nil, err
	}
	p := d.providers[k.channel.Provider]
	if p == nil || p.Route() != route {
		return nil, nil, model.Refuse(model.NotFound, noAddress)
	}
	got, err := p.Receive(r, k.channel, k.secrets)
	var refused *channel.Refusal
	if !fresh && errors.As(err, &refused) && refused.Status == http.StatusForbidden {
		if k, _, err = d.knownByKey(ctx, key, true); err != nil {
			return nil, nil, err
		}
		got, err = p.Receive(r, k.channel, k.secrets)
	}
	return k.channel, got, err
}

func (d *Desk) knownByKey(ctx context.Context, key string, anew bool) (k known, fresh bool, err error) {
	now := time.Now()
	d.hooks.mu.Lock()
	k, ok := d.hooks.byKey[key]
	d.hooks.mu.Unlock()
	if ok && !anew && now.Before(k.until) {
		return k, false, nil
	}
	k.channel, err = d.db.ChannelByKey(ctx, key)
	if err != nil {
		return known{}, true, err
	}
	if _, k.secrets, err = d.Secrets(ctx, k.channel); err != nil {
		return known{}, true, err
	}
	k.until = now.Add(knownFor)
	d.hooks.mu.Lock()
	defer d.hooks.mu.Unlock()
	if len(d.hooks.byKey) > 10_000 {
		clear(d.hooks.byKey) // keys that ended would stay for good
	}
	d.hooks.byKey[key] = k
	return k, true, nil
}
