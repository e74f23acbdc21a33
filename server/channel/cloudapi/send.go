package cloudapi

import (
	"context"
	"fmt"

	"github.com/livedesk/livedesk/model"
	"github.com/livedesk/livedesk/server/channel"
)

// Send hands one message to Meta and returns its id. That Meta took it says nothing about its delivery; that comes in a
// webhook, as do many refusals.
func (p *Provider) Send(ctx context.Context, c *model.Channel, secret model.Secret, m *channel.Outgoing) (string, error) {
	if !isToken(secret[AccessToken]) || c.Sender.NumberID == "" {
		return "", &channel.SendError{Outcome: channel.Credentials, Text: "The channel has no access token.", Advice: tokenAdvice}
	}
	body, refused := bodyOf(m)
	if refused != nil {
		return "", refused
	}
	k, ctx, cancel := p.call(ctx, secret)
	defer cancel()
	if err := k.post(ctx, body, c.Sender.NumberID, "messages"); err != nil {
		return "", k.sendError(err)
	}
	for _, sent := range k.answer.at("messages").list() {
		if id := sent.at("id").word(); id != "" && len(id) <= maxID {
			return id, nil
		}
	}
	return "", &channel.SendError{Outcome: channel.Ambiguous, Text: "Meta's answer holds no message."}
}

// The limits of the Cloud API, in characters.
const (
	maxText    = 4096
	maxCaption = 1024
)

// object is a JSON object that is being written.
type object = map[string]any

// bodyOf writes the message as Meta takes it, or says why it takes no such message.
func bodyOf(m *channel.Outgoing) (object, *channel.SendError) {
	if len(m.Files) > 1 {
		return nil, rejected(fmt.Sprintf("WhatsApp takes 1 file in one message, this one has %d.", len(m.Files)), "Send the files one by one.")
	}
	kind, part, refused := partOf(m)
	if refused != nil {
		return nil, refused
	}
	body := object{"messaging_product": "whatsapp", "recipient_type": "individual", "type": kind, kind: part, "biz_opaque_callback_data": callback(m)}
	if model.IsPhoneNumber(m.To) {
		body["to"] = m.To
	} else {
		body["recipient"] = m.To // a business-scoped user id
	}
	if m.ReplyTo != "" {
		body["context"] = object{"message_id": m.ReplyTo}
	}
	return body, nil
}

// partOf is the type of the message and what it holds.
func partOf(m *channel.Outgoing) (kind string, part object, refused *channel.SendError) {
	switch {
	case m.Template != nil:
		part, refused = templateOf(m.Template)
		return "template", part, refused
	case len(m.Files) == 1:
		return fileOf(m)
	case offerable(m):
		return "interactive", offer(m), nil
	case m.Text == "":
		return "", nil, rejected("The message is empty.", contentAdvice)
	case model.TextUnits(m.Text) > maxText:
		return "", nil, rejected("The message is too long for WhatsApp, which takes 4,096 characters.", "Send it as several shorter messages.")
	}
	return "text", object{"body": m.Text, "preview_url": true}, nil
}

func rejected(text, advice string) *channel.SendError {
	return &channel.SendError{Outcome: channel.Rejected, Text: text, Advice: advice}
}
