package twilio

import (
	"net/http"
	"strings"

	openapi "github.com/twilio/twilio-go/rest/api/v2010"
	messaging "github.com/twilio/twilio-go/rest/messaging/v1"
	senders "github.com/twilio/twilio-go/rest/messaging/v2"

	"github.com/livedesk/livedesk/model"
	"github.com/livedesk/livedesk/server/channel"
)

const (
	sandboxNumber = "+14155238886" // the WhatsApp sandbox that all accounts share
	maxSenders    = 1000           // of an account are looked through
	unverified    = "Twilio did not confirm that this sender belongs to the account: check it when no message arrives."
)

// checkNumber looks for the number among the senders of the account.
func (k *call) checkNumber(c *model.Channel) ([]string, error) {
	switch {
	case c.Kind == model.WhatsApp:
		return k.checkWhatsapp(c.Sender.PhoneNumber)
	case isShortCode(c.Sender.PhoneNumber):
		return k.checkShortCode(c.Sender.PhoneNumber)
	}
	return k.checkPhone(c.Sender.PhoneNumber)
}

func (k *call) checkWhatsapp(number string) ([]string, error) {
	if number == sandboxNumber {
		return []string{"This is the WhatsApp sandbox: customers have to send its join code first."}, nil
	}
	params := (&senders.ListChannelsSenderParams{}).SetChannel(whatsappScheme).SetPageSize(100).SetLimit(maxSenders)
	list, err := senders.NewApiServiceWithClient(k.client()).ListChannelsSender(params)
	if err != nil {
		return k.unlessRefused(err)
	}
	for _, s := range list {
		if _, id := address(value(s.SenderId)); id != number {
			continue
		}
		if status := value(s.Status); !strings.HasPrefix(status, "ONLINE") {
			return []string{"The WhatsApp sender is not online yet (" + clean(status, 64) + ")."}, nil
		}
		return nil, nil
	}
	return []string{unverified}, nil
}

func (k *call) checkPhone(number string) ([]string, error) {
	params := (&openapi.ListIncomingPhoneNumberParams{}).SetPhoneNumber(number).SetLimit(20)
	list, err := openapi.NewApiServiceWithClient(k.client()).ListIncomingPhoneNumber(params)
	if err != nil {
		return k.unlessRefused(err)
	}
	for _, n := range list {
		if value(n.PhoneNumber) != number {
			continue
		}
		if n.Capabilities != nil && !n.Capabilities.Sms {
			return nil, model.Refuse(model.ProviderRefused, "This number cannot send SMS.", numberField...)
		}
		if value(n.SmsApplicationSid) != "" {
			return []string{"A TwiML App is set for this number: Twilio calls the App's address instead of the number's. Set the webhook URL there."}, nil
		}
		return nil, nil
	}
	return nil, model.Refuse(model.ProviderRefused, "The Twilio account does not have this number.", numberField...)
}

func (k *call) checkShortCode(code string) ([]string, error) {
	params := (&openapi.ListShortCodeParams{}).SetShortCode(code).SetLimit(20)
	list, err := openapi.NewApiServiceWithClient(k.client()).ListShortCode(params)
	if err != nil {
		return k.unlessRefused(err)
	}
	for _, s := range list {
		if value(s.ShortCode) == code {
			return nil, nil
		}
	}
	return nil, model.Refuse(model.ProviderRefused, "The Twilio account does not have this short code.", numberField...)
}

// unlessRefused passes over a list that Twilio does not show to this account, now that its credentials are proven; a
// Twilio that does not answer is a refusal.
func (k *call) unlessRefused(err error) ([]string, error) {
	if k.sendError(err).Outcome == channel.Rejected || k.status == http.StatusNotFound {
		return []string{unverified}, nil
	}
	return nil, k.refusal(err, "")
}

// checkService fetches the Messaging Service and says where its messages go.
func (k *call) checkService(c *model.Channel) ([]string, error) {
	service, err := messaging.NewApiServiceWithClient(k.client()).FetchService(c.Sender.Service)
	if err != nil {
		return nil, k.refusal(err, "The Twilio account does not have this Messaging Service.", serviceField...)
	}
	switch {
	case service.UseInboundWebhookOnNumber != nil && *service.UseInboundWebhookOnNumber:
		return []string{"The Messaging Service leaves incoming messages to the webhook of each number: set the webhook URL on every number, or let the service handle them."}, nil
	case value(service.InboundRequestUrl) == "":
		return []string{"The Messaging Service has no address for incoming messages: until it has one, Twilio drops them. Set the webhook URL there."}, nil
	}
	return nil, nil
}
