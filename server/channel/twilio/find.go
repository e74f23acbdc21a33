package twilio

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"

	openapi "github.com/twilio/twilio-go/rest/api/v2010"

	"github.com/livedesk/livedesk/model"
	"github.com/livedesk/livedesk/server/channel"
)

// findSlack is how much the clocks of desk and Twilio may differ.
const findSlack = 60 * time.Second

// trialPrefix is what Twilio puts before the text of SMS from trial accounts.
const trialPrefix = "Sent from your Twilio trial account - "

var errAmbiguous = errors.New("several messages could be the one")

// Find looks for m among the messages to its customer that Twilio has since shortly before the given time. A message
// of which Twilio took two copies is found as the older one. Of a template Twilio shows only the finished text, so one
// is found only if no other message can be meant; else the error says so. Errors of the API are *channel.SendError in
// the chain.
func (p *Provider) Find(ctx context.Context, c *model.Channel, secret model.Secret, m *channel.Outgoing, since time.Time, known func(string) bool) (*model.StatusReport, error) {
	k, cancel := p.call(ctx, c, secret)
	defer cancel()
	since = since.Add(-findSlack)
	for _, bound := range []time.Time{since, {}} {
		list, err := k.messagesTo(c, m.To, bound)
		if err != nil {
			return nil, fmt.Errorf("find message %s: %w", m.MessageID, k.sendError(err))
		}
		var found []openapi.ApiV2010Message
		for _, row := range list {
			if fits(c, m, &row, since) && !known(value(row.Sid)) {
				found = append(found, row)
			}
		}
		if m.Template != nil && len(found) > 1 {
			return nil, fmt.Errorf("find message %s: %w", m.MessageID, errAmbiguous)
		}
		if len(found) > 0 {
			return report(m, &found[len(found)-1]), nil
		}
	}
	return nil, nil
}

// messagesTo lists the newest messages to a customer. A message that still waits at Twilio has no date of sending and
// may be missing from a list that is bounded by it, so Find asks once more without a bound. The query is written here
// because twilio-go cuts ".1349" out of "whatsapp:US.1349".
func (k *call) messagesTo(c *model.Channel, to string, since time.Time) ([]openapi.ApiV2010Message, error) {
	k.query = url.Values{"To": {prefixed(c.Kind, to)}, "PageSize": {"100"}}
	if c.Sender.Service == "" {
		k.query.Set("From", prefixed(c.Kind, c.Sender.PhoneNumber))
	}
	if !since.IsZero() {
		k.query.Set("DateSent>", since.UTC().Format(time.RFC3339))
	}
	page, err := openapi.NewApiServiceWithClient(k.client()).PageMessage(nil, "", "")
	if err != nil {
		return nil, err
	}
	return page.Messages, nil
}

// fits tells whether the row can be m.
func fits(c *model.Channel, m *channel.Outgoing, row *openapi.ApiV2010Message, since time.Time) bool {
	if value(row.Sid) == "" || !strings.HasPrefix(value(row.Direction), "outbound") {
		return false
	}
	if made, err := time.Parse(time.RFC1123Z, value(row.DateCreated)); err == nil && made.Before(since) {
		return false
	}
	if service := value(row.MessagingServiceSid); c.Sender.Service != "" && service != "" && service != c.Sender.Service {
		return false
	}
	if _, to := address(value(row.To)); to != m.To {
		return false
	}
	if m.Template != nil {
		return true
	}
	files := value(row.NumMedia)
	return plain(value(row.Body)) == plain(m.Text) && (files != "" && files != "0") == (len(m.Files) > 0)
}

// plain is the text as far as Twilio keeps it.
func plain(s string) string {
	s = strings.ReplaceAll(strings.TrimPrefix(s, trialPrefix), "\r\n", "\n")
	return strings.TrimSpace(s)
}

// report says of a found message what a status callback would say.
func report(m *channel.Outgoing, row *openapi.ApiV2010Message) *model.StatusReport {
	r := &model.StatusReport{
		ExternalID: value(row.Sid),
		MessageID:  m.MessageID,
		Status:     delivery(value(row.Status)),
	}
	explain(r, errorCode(row), value(row.ErrorMessage))
	r.Raw, _ = json.Marshal(map[string]string{ // strings always marshal
		"MessageSid": r.ExternalID, "MessageStatus": value(row.Status), "ErrorCode": r.ErrorCode,
	})
	return r
}
