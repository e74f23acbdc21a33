package desk_test

import (
	"context"
	"errors"
	"maps"
	"sync"

	"github.com/livedesk/livedesk/model"
	"github.com/livedesk/livedesk/server/channel"
)

// carrier is a provider that says of credentials what a test wants. It carries nothing.
type carrier struct {
	mu       sync.Mutex
	refuse   error // what Check answers
	warnings []string
	checked  []model.Sender
	secret   model.Secret // that of the last check
}

var _ channel.Provider = (*carrier)(nil)

func (*carrier) Name() model.ProviderName { return model.Twilio }
func (*carrier) Route() string            { return "twilio" }
func (*carrier) Fragment() string         { return "rc=5&rp=ct,rt,5xx" }

func (c *carrier) Check(_ context.Context, ch *model.Channel, secret model.Secret) (channel.Checked, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.checked = append(c.checked, ch.Sender)
	c.secret = maps.Clone(secret)
	return channel.Checked{Warnings: c.warnings}, c.refuse
}

func (*carrier) Receive(*channel.Request, *model.Channel, []model.Secret) (*channel.Received, error) {
	return nil, errors.New("this carrier receives nothing")
}

func (*carrier) Send(context.Context, *model.Channel, model.Secret, *channel.Outgoing) (string, error) {
	return "", errors.New("this carrier sends nothing")
}
