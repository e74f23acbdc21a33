package cloudapi

import (
	"context"
	"encoding/hex"
	"net/url"
	"strings"

	"github.com/livedesk/livedesk/model"
	"github.com/livedesk/livedesk/server/channel"
)

// maxPages is how many pages of an account's numbers are looked through, a hundred on each.
const maxPages = 10

// Check asks Meta whether the token is valid and of the app whose secret was entered, and whether the number, its id and
// the business account belong together.
func (p *Provider) Check(ctx context.Context, c *model.Channel, secret model.Secret) (channel.Checked, error) {
	if err := checkForm(c, secret); err != nil {
		return channel.Checked{}, err
	}
	k, ctx, cancel := p.call(ctx, secret)
	defer cancel()
	warnings, err := k.checkNumber(ctx, c, secret)
	if err == nil {
		err = k.checkAccount(ctx, c)
	}
	if err != nil {
		return channel.Checked{}, err
	}
	more, err := k.checkSubscribed(ctx, c)
	return channel.Checked{Warnings: append(warnings, more...)}, err
}

// checkForm refuses with INVALID what cannot be right, before Meta is asked. It returns nil or a *model.Error.
func checkForm(c *model.Channel, secret model.Secret) error {
	switch {
	case !model.IsPhoneNumber(c.Sender.PhoneNumber):
		return model.Refuse(model.Invalid, "Enter the number in international form, such as +15551234567.", "phoneNumber")
	case !isID(c.Sender.NumberID):
		return model.Refuse(model.Invalid, "A phone number ID is made of digits. It stands in the app's WhatsApp settings at Meta.", "phoneNumberId")
	case !isID(c.Sender.ProviderAccount):
		return model.Refuse(model.Invalid, "A WhatsApp Business Account ID is made of digits. It stands in the app's WhatsApp settings at Meta.", "businessAccountId")
	case !isToken(secret[AccessToken]):
		return model.Refuse(model.Invalid, "An access token is one long word.", AccessToken)
	case len(secret[AppSecret]) != 32 || strings.Trim(secret[AppSecret], "0123456789abcdef") != "":
		return model.Refuse(model.Invalid, "An App Secret is 32 characters of 0-9 and a-f. It stands in the app's basic settings at Meta.", AppSecret)
	}
	return nil
}

func isID(s string) bool {
	return s != "" && len(s) <= 32 && strings.Trim(s, "0123456789") == ""
}

// checkNumber fetches the number, which proves the token. With the proof that Meta checks when there is one, it proves
// the app's secret too: without that no webhook could be verified.
func (k *call) checkNumber(ctx context.Context, c *model.Channel, secret model.Secret) ([]string, error) {
	query := url.Values{
		"fields":          {"id,display_phone_number,verified_name,quality_rating,code_verification_status"},
		"appsecret_proof": {hex.EncodeToString(sum(secret[AppSecret], []byte(secret[AccessToken])))},
	}
	if err := k.get(ctx, query, c.Sender.NumberID); err != nil {
		if strings.Contains(k.answer.at("error", "message").word(), "appsecret_proof") {
			return nil, model.Refuse(model.ProviderRefused, "The App Secret is not that of the app which the access token belongs to.", AppSecret)
		}
		return nil, k.refusal(err, "Meta does not know this phone number ID, or does not show it to this access token.", "phoneNumberId")
	}
	if shown := digits(k.answer.at("display_phone_number").word()); shown != digits(c.Sender.PhoneNumber) {
		return nil, model.Refuse(model.ProviderRefused, "This phone number ID is that of another number.", "phoneNumber")
	}
	if k.answer.at("quality_rating").word() == "RED" {
		return []string{"Meta rates the quality of this number as low: it may limit it."}, nil
	}
	return nil, nil
}

func digits(s string) string {
	return strings.Map(func(c rune) rune {
		if c < '0' || c > '9' {
			return -1
		}
		return c
	}, s)
}

// checkAccount looks for the number among those of the business account.
func (k *call) checkAccount(ctx context.Context, c *model.Channel) error {
	query := url.Values{"fields": {"id,display_phone_number,status"}, "limit": {"100"}}
	for range maxPages {
		if err := k.get(ctx, query, c.Sender.ProviderAccount, "phone_numbers"); err != nil {
			return k.refusal(err, "Meta does not know this WhatsApp Business Account, or does not show it to this access token.", "businessAccountId")
		}
		for _, number := range k.answer.at("data").list() {
			if number.at("id").word() == c.Sender.NumberID {
				return nil
			}
		}
		after := k.answer.at("paging", "cursors", "after").word()
		if after == "" || k.answer.at("paging", "next").word() == "" {
			break
		}
		query.Set("after", after)
	}
	return model.Refuse(model.ProviderRefused, "This WhatsApp Business Account does not have the number.", "businessAccountId")
}

// checkSubscribed says when no app gets the account's webhooks, a step that is easily forgotten. A list that Meta does not
// show is no reason against the channel.
func (k *call) checkSubscribed(ctx context.Context, c *model.Channel) ([]string, error) {
	err := k.get(ctx, nil, c.Sender.ProviderAccount, "subscribed_apps")
	switch {
	case err != nil && k.status == 0:
		return nil, k.refusal(err, "", "")
	case err == nil && len(k.answer.at("data").list()) == 0:
		return []string{"No app is subscribed to this WhatsApp Business Account: until yours is, no message arrives."}, nil
	}
	return nil, nil
}
