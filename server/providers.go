package server

import (
	"github.com/livedesk/livedesk/server/ai"
	"github.com/livedesk/livedesk/server/channel"
	"github.com/livedesk/livedesk/server/channel/cloudapi"
	"github.com/livedesk/livedesk/server/channel/twilio"
	"github.com/livedesk/livedesk/server/egress"
)

// languageModels asks the endpoints that admins enter for AI Agents, through the guarded way out.
func languageModels(guard *egress.Guard) ai.Client {
	return ai.New(guard.Transport(), ai.Options{NotAllowed: egress.ErrRefused})
}

// providers lists the companies that the desk works with. To add one, write server/channel/<name> against the
// contract of server/channel and name it here.
func providers(c *Config, guard *egress.Guard) []channel.Provider {
	return []channel.Provider{
		twilio.New(twilio.Options{BaseURL: c.twilio, Guard: guard}),
		cloudapi.New(cloudapi.Options{BaseURL: c.meta, Guard: guard}),
	}
}
