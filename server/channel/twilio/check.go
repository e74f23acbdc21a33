package twilio

import (
	"context"
	"strings"

	openapi "github.com/twilio/twilio-go/rest/api/v2010"

	"github.com/livedesk/livedesk/model"
	"github.com/livedesk/livedesk/server/channel"
)

// Check asks Twilio whether the account, and the number or the Messaging Service, are as entered. A sender that Twilio
// does not let us verify, such as the one of the WhatsApp sandbox, is taken with a warning.
func (p *Provider) Check(ctx context.Context, c *model.Channel, secret model.Secret) (channel.Checked, error) {
	if err := checkForm(c, secret); err != nil {
		return channel.Checked{}, err
	}
	k, cancel := p.call(ctx, c, secret)
	defer cancel()
	checks := []func(*model.Channel) ([]string, error){k.checkAccount, k.checkNumber}
	if c.Sender.Service != "" {
		checks[1] = k.checkService
	}
	var checked channel.Checked
	for _, check := range checks {
		warnings, err := check(c)
		if err != nil {
			return channel.Checked{}, err
		}
		checked.Warnings = append(checked.Warnings, warnings...)
	}
	return checked, nil
}

// checkForm refuses with INVALID what cannot be right, before Twilio is asked. It returns nil or a *model.Error.
func checkForm(c *model.Channel, secret model.Secret) error {
	s := c.Sender
	switch {
	case strings.HasPrefix(s.ProviderAccount, "SK"):
		return model.Refuse(model.Invalid, "This is the SID of an API key. Enter the Account SID (AC…) and its Auth Token: only with that can webhooks be verified.", "accountSid")
	case !isSID("AC", s.ProviderAccount):
		return model.Refuse(model.Invalid, "An Account SID is AC and 32 characters of 0-9 and a-f.", "accountSid")
	case !isToken(secret[AuthToken]):
		return model.Refuse(model.Invalid, "An Auth Token is made of letters and digits only.", AuthToken)
	case (s.PhoneNumber == "") == (s.Service == ""):
		return model.Refuse(model.Invalid, "Enter either a phone number or a Messaging Service SID.", "sender")
	case s.Service != "" && !isSID("MG", s.Service):
		return model.Refuse(model.Invalid, "A Messaging Service SID is MG and 32 characters of 0-9 and a-f.", serviceField...)
	case s.PhoneNumber != "" && !isSender(c.Kind, s.PhoneNumber):
		return model.Refuse(model.Invalid, "Enter the number in international form, such as +15551234567.", numberField...)
	}
	return nil
}

// The paths of the sender's values in the credentials input.
var (
	numberField  = []string{"sender", "phoneNumber"}
	serviceField = []string{"sender", "messagingServiceSid"}
)

func isSID(prefix, sid string) bool {
	rest, ok := strings.CutPrefix(sid, prefix)
	return ok && len(rest) == 32 && strings.Trim(rest, "0123456789abcdefABCDEF") == ""
}

// isToken takes what twilio-go sends; it refuses every other character.
func isToken(s string) bool {
	for _, c := range []byte(s) {
		if (c < '0' || c > '9') && (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') {
			return false
		}
	}
	return s != "" && len(s) <= 128
}

// isSender takes numbers, and for SMS short codes. Alphanumeric senders cannot be answered and so make no channel.
func isSender(kind model.ChannelKind, s string) bool {
	return model.IsPhoneNumber(s) || kind == model.SMS && isShortCode(s)
}

func isShortCode(s string) bool {
	return len(s) >= 3 && len(s) <= 8 && strings.Trim(s, "0123456789") == ""
}

// checkAccount fetches the account, which proves the credentials.
func (k *call) checkAccount(c *model.Channel) ([]string, error) {
	account, err := openapi.NewApiServiceWithClient(k.client()).FetchAccount(c.Sender.ProviderAccount)
	if err != nil {
		return nil, k.refusal(err, "Twilio does not know this account.", "accountSid")
	}
	if status := value(account.Status); status == "suspended" || status == "closed" {
		return nil, model.Refuse(model.ProviderRefused, "The Twilio account is "+status+".", "accountSid")
	}
	if strings.EqualFold(value(account.Type), "Trial") {
		return []string{"This is a trial account: it sends to verified numbers only."}, nil
	}
	return nil, nil
}
