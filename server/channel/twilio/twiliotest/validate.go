package twiliotest

import (
	"fmt"
	"net/http"
	"net/url"
	"unicode/utf16"
)

// draft is a message that is being asked for.
type draft struct {
	form     url.Values
	account  *account
	to, from string
	service  *service
	sender   *sender
	content  *Content
	body     string
}

// checks are made in this order; the first refusal is the answer. Codes and texts are those of Twilio's catalogue of
// errors; which of several it would name first is not published.
var checks = []func(*Twilio, *draft) *answer{
	checkTo, checkFrom, checkService, checkSender, checkContent, checkMedia, checkCallback, checkOptOut,
}

// validate reads the form of a message to be created. The caller holds the lock.
func (t *Twilio) validate(a *account, form url.Values) (*draft, *answer) {
	d := &draft{form: form, account: a, to: form.Get("To"), from: form.Get("From"), body: form.Get("Body")}
	for _, check := range checks {
		if refused := check(t, d); refused != nil {
			return nil, refused
		}
	}
	return d, nil
}

func bad(code int, text string, about ...any) *answer {
	a := refuse(http.StatusBadRequest, code, fmt.Sprintf(text, about...))
	return &a
}

func checkTo(_ *Twilio, d *draft) *answer {
	if d.to == "" {
		return bad(21604, "A 'To' phone number is required.")
	}
	// The magic numbers of Twilio's test credentials.
	switch bare(d.to) {
	case "+15005550002":
		return bad(21612, "Message cannot be sent with the current combination of 'To' (%s) and 'From' (%s) parameters", d.to, d.from)
	case "+15005550003":
		return bad(21408, "Permission to send an SMS has not been enabled for the region indicated by the 'To' number: %s", d.to)
	case "+15005550004":
		return bad(21610, "Attempt to send to unsubscribed recipient")
	case "+15005550009":
		return bad(21614, "'To' number is not a valid mobile number")
	}
	if !validAddress(d.to) || bare(d.to) == "+15005550001" {
		return bad(21211, "Invalid 'To' Phone Number: %s", d.to)
	}
	return nil
}

func checkFrom(_ *Twilio, d *draft) *answer {
	switch {
	case d.from == "" && d.form.Get("MessagingServiceSid") == "":
		return bad(21603, "A 'From' phone number is required.")
	case d.from == d.to:
		return bad(21266, "'To' and 'From' number cannot be the same: %s", d.to)
	case d.from == "":
		return nil
	}
	switch bare(d.from) {
	case "+15005550007":
		return bad(21606, "The 'From' phone number provided (%s) is not a valid message-capable Twilio phone number for this destination.", d.from)
	case "+15005550008":
		return bad(21611, "This 'From' number has exceeded the maximum number of queued messages")
	}
	if !isNumber(bare(d.from)) && !isShortCode(d.from) || bare(d.from) == "+15005550001" {
		return bad(21212, "Invalid From Number (caller ID): %s", d.from)
	}
	return nil
}

func checkService(t *Twilio, d *draft) *answer {
	sid := d.form.Get("MessagingServiceSid")
	if sid == "" {
		return nil
	}
	d.service = t.service(sid)
	if d.service == nil || d.service.account != d.account {
		return bad(21701, "The Messaging Service does not exist")
	}
	if len(d.service.pool) == 0 {
		return bad(21704, "The Messaging Service contains no phone numbers.")
	}
	return nil
}

// checkSender finds who sends. A service chooses later; only that it has somebody is asked now.
func checkSender(t *Twilio, d *draft) *answer {
	if d.from == "" {
		for _, s := range d.service.pool {
			if s.whatsApp() == isWhatsApp(d.to) {
				return nil
			}
		}
		return bad(21703, "The Messaging Service does not have a phone number available to send a message.")
	}
	if isWhatsApp(d.from) != isWhatsApp(d.to) {
		return bad(21910, "Invalid From and To pair. From and To should be of the same channel")
	}
	d.sender = t.senders[d.from]
	owned := d.sender != nil && d.sender.account == d.account
	switch {
	case !owned && isWhatsApp(d.from):
		return bad(63007, "Twilio could not find a Channel with the specified From address")
	case !owned, d.service != nil && d.sender.service != d.service:
		return bad(21606, "The 'From' phone number provided (%s) is not a valid message-capable Twilio phone number for this destination.", d.from)
	}
	return nil
}

func checkContent(_ *Twilio, d *draft) *answer {
	if sid := d.form.Get("ContentSid"); sid != "" {
		if d.content = d.account.content(sid); d.content == nil {
			return bad(21655, "The ContentSid is Invalid")
		}
		filled, err := d.content.fill(d.form.Get("ContentVariables"))
		if err != nil {
			return bad(21656, "The Content Variables Parameter is invalid")
		}
		d.body = filled
		return nil
	}
	if d.body == "" && len(d.form["MediaUrl"]) == 0 {
		return bad(21619, "A text message body or media urls must be specified.")
	}
	if len(utf16.Encode([]rune(d.body))) > 1600 {
		return bad(21617, "The concatenated message body exceeds the 1600 character limit")
	}
	return nil
}

// checkMedia knows the limit of ten; WhatsApp takes one file a message.
func checkMedia(_ *Twilio, d *draft) *answer {
	addresses := d.form["MediaUrl"]
	if len(addresses) > 10 || len(addresses) > 1 && isWhatsApp(d.to) {
		return bad(21623, "Number of media files exceeds allowed limit")
	}
	for _, address := range addresses {
		if address == "" || !isURL(address) {
			return bad(21620, "Invalid media URL(s): %s", address)
		}
	}
	return nil
}

func checkCallback(_ *Twilio, d *draft) *answer {
	if address := d.form.Get("StatusCallback"); !isURL(address) {
		return bad(21609, "The 'StatusCallback' URL %s is not a valid URL.", address)
	}
	return nil
}

func checkOptOut(t *Twilio, d *draft) *answer {
	c := t.customers[d.to]
	if c == nil {
		return nil
	}
	pool := []*sender{d.sender}
	if d.sender == nil {
		pool = d.service.pool
	}
	for _, s := range pool {
		if s.optedOut[c] {
			return bad(21610, "Attempt to send to unsubscribed recipient")
		}
	}
	return nil
}
