package twilio

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"

	openapi "github.com/twilio/twilio-go/rest/api/v2010"

	"github.com/livedesk/livedesk/model"
	"github.com/livedesk/livedesk/server/channel"
)

// Send hands one message to Twilio and returns its SID. The status that Twilio answers with is not reported apart:
// having taken the message is all that it says. Twilio has no field for the message that is answered, so ReplyTo is
// not sent.
func (p *Provider) Send(ctx context.Context, c *model.Channel, secret model.Secret, m *channel.Outgoing) (string, error) {
	if err := p.checkOutgoing(c, secret, m); err != nil {
		return "", err
	}
	k, cancel := p.call(ctx, c, secret)
	defer cancel()
	sent, err := openapi.NewApiServiceWithClient(k.client()).CreateMessage(messageParams(c, m))
	if err != nil {
		return "", k.sendError(err)
	}
	return accepted(sent)
}

// checkOutgoing rejects what Twilio would take for a part only, or could not take at all. It returns nil or a
// *channel.SendError.
func (p *Provider) checkOutgoing(c *model.Channel, secret model.Secret, m *channel.Outgoing) error {
	if secret[AuthToken] == "" {
		return &channel.SendError{Outcome: channel.Credentials, Text: "The channel has no Auth Token.", Advice: tokenAdvice}
	}
	if most := p.MaxMedia(c.Kind); len(m.Files) > most {
		return &channel.SendError{
			Outcome: channel.Rejected,
			Text:    fmt.Sprintf("This channel takes %d file(s) in one message, this one has %d.", most, len(m.Files)),
			Advice:  "Send the files one by one.",
		}
	}
	return nil
}

func messageParams(c *model.Channel, m *channel.Outgoing) *openapi.CreateMessageParams {
	params := (&openapi.CreateMessageParams{}).SetTo(prefixed(c.Kind, m.To))
	if c.Sender.Service != "" {
		params.SetMessagingServiceSid(c.Sender.Service)
	} else {
		params.SetFrom(prefixed(c.Kind, c.Sender.PhoneNumber))
	}
	if m.StatusURL != "" {
		params.SetStatusCallback(m.StatusURL)
	}
	if m.Template != nil {
		params.SetContentSid(m.Template.ID)
		if len(m.Template.Variables) > 0 {
			variables, _ := json.Marshal(m.Template.Variables) // strings always marshal
			params.SetContentVariables(string(variables))
		}
		return params
	}
	if m.Text != "" {
		params.SetBody(m.Text)
	}
	if len(m.Files) > 0 {
		params.SetMediaUrl(addressesOf(m.Files))
	}
	return params
}

func addressesOf(files []channel.File) []string {
	list := make([]string, len(files))
	for i, f := range files {
		list[i] = f.URL
	}
	return list
}

// accepted reads the answer to a send. One without a SID proves nothing; one that failed at once has its reason in it,
// and no callback follows.
func accepted(sent *openapi.ApiV2010Message) (string, error) {
	if sent.Sid == nil || *sent.Sid == "" {
		return "", &channel.SendError{Outcome: channel.Ambiguous, Text: "Twilio's answer holds no message."}
	}
	if delivery(value(sent.Status)) != model.Failed {
		return *sent.Sid, nil
	}
	report := model.StatusReport{Status: model.Failed}
	explain(&report, errorCode(sent), value(sent.ErrorMessage))
	return "", &channel.SendError{Outcome: channel.Rejected, Code: report.ErrorCode, Text: report.ErrorText, Advice: report.Advice}
}

func errorCode(m *openapi.ApiV2010Message) string {
	if m.ErrorCode == nil || *m.ErrorCode == 0 {
		return ""
	}
	return strconv.Itoa(*m.ErrorCode)
}

func value(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}
