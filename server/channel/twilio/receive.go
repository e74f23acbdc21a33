package twilio

import (
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/livedesk/livedesk/model"
	"github.com/livedesk/livedesk/server/channel"
)

// Receive verifies a webhook of Twilio and reads it: one customer message, one report on a message of ours, or nothing
// for what Twilio posts besides. The account must be the channel's; an inbound message must be addressed to the
// channel's number or, for a channel by service, have come through that service.
func (p *Provider) Receive(r *channel.Request, c *model.Channel, secrets []model.Secret) (*channel.Received, error) {
	f, refusal := readForm(r)
	if refusal != nil {
		return nil, refusal
	}
	if !genuine(r, f, secrets) {
		return nil, forged(r)
	}
	if account := f.word("AccountSid"); account == "" || account != c.Sender.ProviderAccount {
		return nil, foreign("The webhook belongs to another Twilio account.")
	}
	if !isMessageSID(f.messageSID()) {
		return nil, malformed("The form is about no message.")
	}
	if status := f.deliveryStatus(); status != "" {
		return f.received(status, r.URI), nil
	}
	if refusal := f.checkAddressed(c); refusal != nil {
		return nil, refusal
	}
	return &channel.Received{Messages: []model.Incoming{f.message(r.Now)}}, nil
}

// messageSID is the id of the message that the form is about. The fields besides MessageSid are older names of it.
func (f form) messageSID() string { return f.first("MessageSid", "SmsMessageSid", "SmsSid") }

// isMessageSID takes SM… and MM…, and what else Twilio may name so. The form is checked because Twilio signs fields
// without anything between them: in a captured request MessageSid could swallow its neighbours and look new.
func isMessageSID(sid string) bool {
	return len(sid) == 34 && isSID(sid[:2], sid) && strings.Trim(sid[:2], "ABCDEFGHIJKLMNOPQRSTUVWXYZ") == ""
}

// forged says why a signature was not taken, in words that lead to the mistake.
func forged(r *channel.Request) *channel.Refusal {
	if r.Header.Get("X-Twilio-Signature") == "" {
		return foreign("The signature is missing.")
	}
	return foreign("The signature does not match. Check the Auth Token, and that Twilio calls " +
		r.Public.Scheme + "://" + r.Public.Host + " with the path shown for this channel.")
}

func foreign(reason string) *channel.Refusal {
	return &channel.Refusal{Status: http.StatusForbidden, Reason: reason}
}

// checkAddressed refuses an inbound message that is for another channel. Numbers in a pool send the SID of their
// Messaging Service with every message, so a channel by number does not look at it.
func (f form) checkAddressed(c *model.Channel) *channel.Refusal {
	scheme, from := address(f.word("From"))
	if from == "" {
		return malformed("The message has no sender.")
	}
	if utf8.RuneCountInString(from) > maxAddress {
		return malformed("The address of the message's sender is too long.")
	}
	if c.Kind == model.WhatsApp && scheme != whatsappScheme {
		return foreign("This channel takes WhatsApp, the message came by " + medium(scheme) + ".")
	}
	if c.Kind == model.SMS && scheme != "" && scheme != "rcs" {
		return foreign("This channel takes SMS, the message came by " + medium(scheme) + ".")
	}
	if c.Sender.Service != "" {
		if f.word("MessagingServiceSid") != c.Sender.Service {
			return foreign("The message came through another Messaging Service, or through none.")
		}
		return nil
	}
	_, to := address(f.word("To"))
	if _, own := address(prefixed(c.Kind, c.Sender.PhoneNumber)); to == "" || to != own {
		return foreign("The message is for another number.")
	}
	return nil
}

func medium(scheme string) string {
	switch scheme {
	case "":
		return "SMS"
	case whatsappScheme:
		return "WhatsApp"
	}
	return "another medium"
}

// reported reads which message and which try to send it the address of a status callback names: "m" is our message id,
// "a" the number of the attempt. What is absent or malformed counts as not named: the SID identifies the message too.
func reported(uri string) (id model.ID, attempt int) {
	_, query, _ := strings.Cut(uri, "?")
	values, err := url.ParseQuery(query)
	if err != nil {
		return "", 0
	}
	if id, err = model.ParseID(values.Get("m")); err != nil {
		return "", 0
	}
	if n, err := strconv.ParseUint(values.Get("a"), 10, 15); err == nil {
		attempt = int(n)
	}
	return id, attempt
}
