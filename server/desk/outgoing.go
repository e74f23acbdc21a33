package desk

import (
	"net/url"
	"strconv"
	"time"

	"github.com/livedesk/livedesk/db"
	"github.com/livedesk/livedesk/model"
	"github.com/livedesk/livedesk/server/channel"
)

// What to do about messages whose fate the provider did not explain.
const (
	askingAdvice  = "Livedesk asks the provider whether it was sent. Wait two minutes before you send it again, else it may arrive twice."
	reportAdvice  = "The provider reports by itself if it was sent. Wait two minutes before you send it again, else it may arrive twice."
	unknownAdvice = "The provider does not say whether it was sent. If the customer does not have it, send it again."
	reachAdvice   = "The provider could not be reached. Send it again later."
)

// outgoing puts a message into the provider's hands: where to, what, and where to report.
func (d *Desk) outgoing(c *model.Channel, p channel.Provider, of *db.Parcel) *channel.Outgoing {
	o := &channel.Outgoing{MessageID: of.Message.ID, Attempt: of.Message.Attempt, To: of.Address, Text: of.Message.Text, ReplyTo: of.ReplyTo}
	if of.Message.Data != nil {
		o.Template = of.Message.Data.Template
		o.Choices = offered(c, p, of.Message.Data.Choices)
	}
	until := d.now().Add(model.ProviderURLLife)
	for _, a := range of.Attachments {
		url := d.signer.URL(mediaID(c.AccountID, a.ID), forMessage+string(of.Message.ID), until)
		o.Files = append(o.Files, channel.File{URL: url, ContentType: a.ContentType, Name: a.FileName, Size: a.Size})
	}
	if of.Key != "" {
		o.StatusURL = d.statusURL(p, of)
	}
	return o
}

// offered are the choices if the provider can offer all of them; without them the message is answered with words.
func offered(c *model.Channel, p channel.Provider, choices []model.Choice) []model.Choice {
	if can, ok := p.(channel.Chooser); ok && can.MaxChoices(c.Kind) >= len(choices) {
		return choices
	}
	return nil
}

// statusURL is the channel's webhook URL with our id of the message and the number of the try, so that a report finds
// both even when it comes before the provider's answer.
func (d *Desk) statusURL(p channel.Provider, of *db.Parcel) string {
	u := d.public.JoinPath("webhooks", p.Route(), of.Key)
	u.RawQuery = url.Values{"m": {string(of.Message.ID)}, "a": {strconv.Itoa(of.Message.Attempt)}}.Encode()
	if f := p.Fragment(); f != "" {
		return u.String() + "#" + f
	}
	return u.String()
}

// unsendable says why the provider need not be called at all; nil: it does.
func (d *Desk) unsendable(c *model.Channel, p channel.Provider, of *db.Parcel) *db.Ended {
	failed := db.Ended{Outcome: "REJECTED", Status: model.Failed}
	window := model.ReplyWindowAt(c.Kind, of.LastInboundAt, d.now())
	switch {
	case c.RemovedAt != nil:
		failed.Text, failed.Advice = "The channel was removed.", "Write to the customer on another channel."
	case p == nil:
		failed.Text, failed.Advice = "This server does not know the channel's provider.", "Ask an admin."
	case of.Address == "":
		failed.Text, failed.Advice = "The customer has no address on this channel.", "Write to the customer on another channel."
	case !window.Open && !of.Message.Templated():
		failed.Text, failed.Advice = "The customer wrote more than 24 hours ago.", "Send an approved template, or wait for the customer to write."
	default:
		return nil
	}
	return &failed
}

// crashed is the end of an attempt whose sender died in the middle.
func crashed() db.Ended {
	return db.Ended{Outcome: "AMBIGUOUS", Status: model.Unknown, Text: "The server stopped while it was sending.", Advice: askingAdvice}
}

// doubtful is what to do while it is open whether the provider took a message: not every one can be asked.
func doubtful(p channel.Provider) string {
	if _, ok := p.(channel.Finder); ok {
		return askingAdvice
	}
	return reportAdvice
}

// ended says what an error of the provider means for the message.
func ended(e *channel.SendError, p *db.Parcel, now time.Time) db.Ended {
	r := db.Ended{Code: e.Code, Text: e.Text, Advice: e.Advice}
	switch e.Outcome {
	case channel.NotSent:
		r.Outcome, r.Status = "NOT_SENT", model.Sending
		r.Hold = jitter(max(backoff(p.Tries), e.RetryAfter))
		if now.Sub(p.FirstTry) > giveUpTime {
			r.Status, r.Advice = model.Failed, reachAdvice
		}
	case channel.Rejected:
		r.Outcome, r.Status = "REJECTED", model.Failed
	case channel.Credentials:
		r.Outcome, r.Status, r.Code, r.Text, r.Advice = "CREDENTIALS", model.Queued, "", "", ""
	default:
		r.Outcome, r.Status, r.Advice = "AMBIGUOUS", model.Unknown, askingAdvice
	}
	return r
}
